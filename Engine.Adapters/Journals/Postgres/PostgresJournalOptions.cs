namespace Engine.Adapters.Journals.Postgres;

public sealed record PostgresJournalOptions
{
    /// <summary>As Npgsql reads it. Holds a password: it is shown nowhere.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>How many partitions a new store gets. One that exists keeps its own (<see cref="PostgresJournal.Partitions"/>).</summary>
    public int Partitions { get; init; } = 16;

    /// <summary>Who connects, for whoever looks at the server's connections.</summary>
    public string Node { get; init; } = "node";

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>How much of what is queued goes into one transaction.</summary>
    public int GroupBytesMax { get; init; } = 8 * 1024 * 1024;

    /// <summary>Also take a server that may lose what it has acknowledged (<c>fsync</c> or the like switched off).</summary>
    public bool AllowUnsafe { get; init; }

    /// <summary>Folder for archived frames, the same for all nodes; null for none.</summary>
    public string? ArchiveDirectory { get; init; }

    /// <summary>Which database of the store this is, from 0, and of how many (<see cref="PostgresShards"/>).</summary>
    public int Shard { get; init; }
    public int Shards { get; init; } = 1;

    /// <summary>Which store it must be, or become; null for whichever.</summary>
    public Guid? Store { get; init; }

    /// <summary>Opens a store that is being filled from another, or makes one to be filled.</summary>
    internal bool Migrates { get; init; }

    /// <summary>Refuse to start while other engines are connected to the database.</summary>
    public bool Alone { get; init; }

    /// <summary>Lets a test fail the journal at a named step.</summary>
    internal Action<WriteStep>? AtStep { get; init; }
}
