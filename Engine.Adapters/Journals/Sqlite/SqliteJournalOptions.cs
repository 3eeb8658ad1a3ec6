namespace Engine.Adapters.Journals.Sqlite;

public sealed record SqliteJournalOptions
{
    /// <summary>The data folder; made when missing.</summary>
    public required string Directory { get; init; }

    /// <summary>How many partitions a new store gets. One that exists keeps its own (<see cref="SqliteJournal.Partitions"/>).</summary>
    public int Partitions { get; init; } = 16;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// How much of what is queued goes into one transaction. Enough to make a commit's cost small beside its content, and
    /// little enough that those who wait for it are answered soon.
    /// </summary>
    public int GroupBytesMax { get; init; } = 8 * 1024 * 1024;

    /// <summary>The most pages of 8 KiB that the store may take; beyond it the disk counts as full. 0 for no limit.</summary>
    public long MaxPageCount { get; init; }

    /// <summary>Lets a test fail the journal at a named step, as a store would.</summary>
    internal Action<WriteStep>? AtStep { get; init; }
}
