using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Archives;
using Engine.Adapters.Keys;

namespace Engine.Adapters.Journals;

/// <summary>All that an engine keeps in one place: the journal, the keys that sign, and the books of what was archived.</summary>
public interface IStore : IJournal, IWrappedKeys
{
    /// <summary>Where it is, without secrets.</summary>
    string Name { get; }

    /// <summary>Why the store is not writable, in its own words and without secrets; null while it is.</summary>
    string? Trouble { get; }

    /// <summary>How many transactions the writes so far have cost.</summary>
    long Transactions { get; }

    /// <summary>How many writes have become durable.</summary>
    long DurableWrites { get; }

    /// <summary>How many frames were moved to archives since the store was opened.</summary>
    long FramesArchived { get; }

    /// <summary>
    /// Moves frames behind the checkpoints that are older than <paramref name="before"/> (milliseconds since 1970 UTC) to
    /// compressed files, a slice at a time between the writes of the engine. One run at a time.
    /// </summary>
    /// <exception cref="StoreUnavailableException" />
    /// <exception cref="InvalidDataException">A frame or a checkpoint is damaged.</exception>
    ArchiveReport Archive(long before, Action<long>? progress = null, CancellationToken stop = default);
}
