using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Adapters.Views;

public sealed record ReadModelOptions
{
    /// <summary>The folder the file lies in.</summary>
    public required string Directory { get; init; }
    /// <summary>Keeps them in the schema <c>views</c> of this PostgreSQL database instead; null for the file.</summary>
    public string? Postgres { get; init; }
    /// <summary>A role of that database that may read the tables.</summary>
    public string? Reader { get; init; }
    /// <summary>Who connects, for whoever looks at the server's connections.</summary>
    public string Node { get; init; } = "node";
    public required IJournalReader Journal { get; init; }
    public required IDomain Domain { get; init; }
    public IPersonIndex Persons { get; init; } = new NoPersonIndex();
    public TimeProvider Time { get; init; } = TimeProvider.System;
    /// <summary>Bytes of an actor's events after which its state is kept again: what the time machine reads to come to any point.</summary>
    public int BytesBetweenStates { get; init; } = DefaultBytesBetweenStates;
    internal const int DefaultBytesBetweenStates = 32 * 1024;
    /// <summary>How far each partition's journal goes, as it is known without reading it.</summary>
    public required Func<IReadOnlyList<long>> Durable { get; init; }
    /// <summary>Whether orders wait for the machine. While they do, projecting steps aside (docs/read-models.md).</summary>
    public Func<bool> IsBusy { get; init; } = static () => false;
    /// <summary>Is told why a file was thrown away and is made anew.</summary>
    public Action<string>? Remade { get; init; }
    /// <summary>Is told what the projection stumbled over; it tries again.</summary>
    public Action<Exception>? Failed { get; init; }
}

/// <summary>One partition of the read models.</summary>
/// <param name="Journal">The newest durable frame.</param>
/// <param name="Fault">Why it goes no further; null while it does.</param>
public sealed record PartitionProgress(int Partition, long Position, long At, long Journal, string? Fault);

public sealed record ReadModelStatus(IReadOnlyList<PartitionProgress> Partitions, bool IsRebuilding, IReadOnlyList<PartitionProgress> Rebuilding, long RowsWritten, long Rebuilds, long DifferenceUnits);
