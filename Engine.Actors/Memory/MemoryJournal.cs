using System.Collections.Concurrent;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Actors.Memory;

/// <summary>What outlives a <see cref="MemoryJournal"/>: the disk of the in-memory twin. Several journals may share it, as nodes share a database.</summary>
public sealed class MemoryStore
{
    internal sealed class PartitionStore
    {
        public long Epoch;
        public readonly List<StoredFrame> Frames = [];
        public readonly Dictionary<KeyRef, byte[]> Keys = [];
        public readonly Dictionary<long, byte[]> Segments = [];
        public byte[]? Checkpoint;

        public long Tail => Frames.Count == 0 ? 0 : Frames[^1].Sequence;
    }

    internal readonly PartitionStore[] Parts;

    public MemoryStore(int partitions)
    {
        Parts = new PartitionStore[partitions];
        for (var i = 0; i < partitions; i++) Parts[i] = new PartitionStore();
    }
}

public enum MemoryCompletion
{
    /// <summary>Writes are carried out and completed on a thread of the journal, as a real store does.</summary>
    OnOwnThread,
    /// <summary>Writes are carried out and completed within <see cref="MemoryJournal.Submit"/>: nothing runs beside the caller.</summary>
    Inline,
}

/// <summary>
/// The in-memory twin of the durable journals: the whole contract, fencing included, and no disk. For tests, simulation
/// and for measuring what the engine costs without one.
/// </summary>
public sealed class MemoryJournal : IJournal
{
    readonly MemoryStore _store;
    readonly BlockingCollection<JournalWrite>? _queue;
    readonly Thread? _thread;
    readonly Lock _inOrder = new();
    long _streak = 1;

    public MemoryJournal(MemoryStore store, MemoryCompletion completion = MemoryCompletion.OnOwnThread)
    {
        _store = store;
        if (completion == MemoryCompletion.Inline) return;
        _queue = [];
        _thread = new Thread(CarryAll) { IsBackground = true, Name = "memory journal" };
        _thread.Start();
    }

    public MemoryJournal(int partitions, MemoryCompletion completion = MemoryCompletion.OnOwnThread)
        : this(new MemoryStore(partitions), completion) { }

    public int Partitions => _store.Parts.Length;

    /// <summary>Set to false, the store fails every write until it is set to true.</summary>
    public bool IsWritable { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); } = true;

    public long? Streak => Volatile.Read(ref _streak);

    public Lease Acquire(int partition, string owner)
    {
        if (!IsWritable) throw new StoreUnavailableException("the store can't be written to");
        var part = _store.Parts[partition];
        lock (part) return new Lease(++part.Epoch, part.Tail);
    }

    public void Submit(JournalWrite write)
    {
        write.Validate(Partitions);
        if (_queue is null) write.Complete(Carry(write));
        else _queue.Add(write);
    }

    void CarryAll()
    {
        foreach (var write in _queue!.GetConsumingEnumerable())
            write.Complete(Carry(write));
    }

    WriteOutcome Carry(JournalWrite write)
    {
        lock (_inOrder)
        {
            if (write.Streak < _streak) return WriteOutcome.Failed;
            var outcome = TryCarry(write);
            if (outcome != WriteOutcome.Durable && write.Streak == _streak) _streak++;
            return outcome;
        }
    }

    WriteOutcome TryCarry(JournalWrite write)
    {
        if (!IsWritable) return WriteOutcome.Failed;
        var part = _store.Parts[write.Partition];
        lock (part)
        {
            if (write.Epoch != part.Epoch) return WriteOutcome.Refused;
            if (write.Sequence != 0 && write.Sequence != part.Tail + 1) return WriteOutcome.Refused;

            if (write.Sequence != 0) part.Frames.Add(new StoredFrame(write.Sequence, write.Frame.ToArray()));
            for (var i = 0; i < write.Keys.Count; i++)
                part.Keys[new KeyRef(write.Sequence, i)] = [.. write.Keys[i]];
            foreach (var key in write.DroppedKeys) part.Keys.Remove(key);
            if (write.Segment != 0) part.Segments[write.Segment] = write.SegmentBytes.ToArray();
            foreach (var segment in write.RemovedSegments) part.Segments.Remove(segment);
            if (write.Checkpoint is { } checkpoint) part.Checkpoint = [.. checkpoint];
            return WriteOutcome.Durable;
        }
    }

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after)
    {
        var part = _store.Parts[partition];
        for (var index = after; ; index++)
        {
            StoredFrame frame;
            lock (part)
            {
                // Sequences are gapless from 1, so a frame's place follows from its number.
                if (index >= part.Frames.Count) yield break;
                frame = part.Frames[(int)index];
            }
            yield return frame;
        }
    }

    public byte[]? ReadCheckpoint(int partition)
    {
        var part = _store.Parts[partition];
        lock (part) return part.Checkpoint;
    }

    public byte[] ReadSegment(int partition, long segment, int offset, int count)
    {
        var part = _store.Parts[partition];
        lock (part)
        {
            if (!part.Segments.TryGetValue(segment, out var bytes)) throw new InvalidDataException($"segment {segment} of partition {partition} is not there");
            if (offset < 0 || count < 0 || offset > bytes.Length - count)
                throw new InvalidDataException($"segment {segment} of partition {partition} has {bytes.Length} bytes, not {count} from {offset}");
            return bytes[offset..(offset + count)];
        }
    }

    public byte[]? ReadKey(int partition, KeyRef key)
    {
        var part = _store.Parts[partition];
        lock (part) return part.Keys.GetValueOrDefault(key);
    }

    /// <summary>Carries out what was submitted, then ends.</summary>
    public void Dispose()
    {
        if (_queue is null || _queue.IsAddingCompleted) return;
        _queue.CompleteAdding();
        _thread!.Join();
        _queue.Dispose();
    }
}
