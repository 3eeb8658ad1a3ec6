using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

/// <summary>What can be read of a store, also of one that no engine runs on.</summary>
public interface IJournalReader : IDisposable
{
    /// <summary>Fixed when the store was made.</summary>
    int Partitions { get; }

    /// <summary>The frames behind <paramref name="after"/> up to the end, in order.</summary>
    /// <exception cref="StoreUnavailableException" />
    IEnumerable<StoredFrame> ReadFrames(int partition, long after);

    /// <summary>The newest checkpoint, or null.</summary>
    /// <exception cref="StoreUnavailableException" />
    byte[]? ReadCheckpoint(int partition);

    /// <summary>A part of a snapshot segment.</summary>
    /// <exception cref="InvalidDataException">The segment is not there or ends before the part does.</exception>
    /// <exception cref="StoreUnavailableException" />
    byte[] ReadSegment(int partition, long segment, int offset, int count);

    /// <summary>The wrapped key, or null when it was dropped or never was.</summary>
    /// <exception cref="StoreUnavailableException" />
    byte[]? ReadKey(int partition, KeyRef key);
}

/// <summary>
/// The durable side of all partitions of a node: frames, snapshots, keys and who owns a partition. One contract suite
/// (Engine.Tests/Kernel/JournalContract) holds for every implementation.
/// </summary>
public interface IJournal : IJournalReader
{
    /// <summary>
    /// Takes the partition over: raises its epoch durably, so that writes of any earlier owner are refused from then on, and
    /// only then reads where the journal ends. Waits for the journal's thread, so it is never called from
    /// <see cref="JournalWrite.Complete"/>.
    /// </summary>
    /// <exception cref="StoreUnavailableException" />
    Lease Acquire(int partition, string owner);

    /// <summary>
    /// Hands a write over. Writes of one partition are carried out in the order they were submitted; writes of several
    /// partitions may share a transaction. <see cref="JournalWrite.Complete"/> is called exactly once, from a thread of
    /// the journal. The write's buffers are borrowed until then.
    /// </summary>
    /// <exception cref="ArgumentException">The write is malformed: no such partition, or keys without a frame to address them by.</exception>
    void Submit(JournalWrite write);

    /// <summary>
    /// Where the journal keeps the order of all writes it is given: the number of the streak that is under way. The frames of a streak become
    /// durable in the order they were submitted in; the first that does not breaks it, and all of it that was submitted behind fails untried. So
    /// what rests on a frame may be decided before that frame is durable. Null where one partition's writes say nothing about another's. A store
    /// that nodes share keeps the order of each node's.
    /// </summary>
    long? Streak => null;

    /// <summary>False while the last write failed for a reason of the store (disk full, read-only); it tries by itself and comes back.</summary>
    bool IsWritable { get; }
}

/// <param name="Epoch">Which ownership a write is made under.</param>
/// <param name="LastSequence">The newest frame, 0 for none.</param>
public readonly record struct Lease(long Epoch, long LastSequence);

public readonly record struct StoredFrame(long Sequence, byte[] Bytes);

public enum WriteOutcome
{
    /// <summary>On disk, all of it.</summary>
    Durable,
    /// <summary>The epoch is not the newest, or the frame does not follow the tail. Nothing was written.</summary>
    Refused,
    /// <summary>The store could not write. Nothing was written.</summary>
    Failed,
    /// <summary>Whether it was written is not known. The owner takes the partition over again to find out.</summary>
    Unknown,
}

/// <summary>All that becomes durable together for one partition: any of its parts may be missing.</summary>
public abstract class JournalWrite
{
    public const int KeysMax = ushort.MaxValue;
    public const int KeyBytesMax = ushort.MaxValue;

    public int Partition { get; init; }
    public long Epoch { get; set; }

    /// <summary>0 when there is no frame.</summary>
    public long Sequence { get; set; }
    public ReadOnlyMemory<byte> Frame { get; set; }

    /// <summary>The streak (<see cref="IJournal.Streak"/>) that the frame was decided in; null for one that rests on nobody's.</summary>
    public long? Streak { get; set; }

    /// <summary>Wrapped keys that came with this frame, addressed by (Sequence, index).</summary>
    public List<byte[]> Keys { get; } = [];
    public List<KeyRef> DroppedKeys { get; } = [];

    /// <summary>0 when there is no segment.</summary>
    public long Segment { get; set; }
    public ReadOnlyMemory<byte> SegmentBytes { get; set; }
    public List<long> RemovedSegments { get; } = [];
    public byte[]? Checkpoint { get; set; }

    /// <exception cref="ArgumentException" />
    public void Validate(int partitions)
    {
        if ((uint)Partition >= (uint)partitions) throw new ArgumentException($"partition {Partition} of {partitions}");
        if (Sequence < 0 || (Sequence == 0 && !Frame.IsEmpty)) throw new ArgumentException($"a frame can't have the sequence {Sequence}");
        if (Keys.Count > 0 && Sequence == 0) throw new ArgumentException("keys need a frame to be addressed by");
        if (Keys.Count > KeysMax) throw new ArgumentException($"{Keys.Count} keys in one frame, at most {KeysMax}");
        foreach (var key in Keys)
            if (key.Length is 0 or > KeyBytesMax) throw new ArgumentException($"a wrapped key of {key.Length} bytes, at most {KeyBytesMax}");
    }

    /// <summary>Tells the owner what became of it. Short: it runs on the journal's thread.</summary>
    public abstract void Complete(WriteOutcome outcome);
}

/// <summary>The store can't be read or reached.</summary>
public class StoreUnavailableException : Exception
{
    public StoreUnavailableException(string message, Exception? inner = null) : base(message, inner) { }
}
