using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Simulation;

/// <summary>How often the disk of a run misbehaves: of a thousand group commits, or of a thousand calls.</summary>
public sealed record DiskFaults(int Failed = 0, int Unknown = 0, int Unreadable = 0);

/// <summary>
/// A journal whose disk can lose power. What was handed over but not synced is kept apart: the simulator says when a group is
/// committed and what is answered. At a crash the writes that wait are lost from some point on; a torn write is one that is
/// lost whole, for it would fail its checksum.
/// </summary>
public sealed class CrashDisk : IJournal
{
    readonly Random _random;
    readonly Part[] _parts;
    readonly Queue<JournalWrite> _unsynced = new();
    readonly Queue<JournalWrite> _cutOff = new();
    // Attempts whose answer was lost: the store may yet carry them out, until a new owner fences them.
    readonly List<Attempt> _limbo = [];
    readonly List<int> _order = [];
    long _streak = 1;

    public CrashDisk(int partitions, Random random)
    {
        _random = random;
        _parts = new Part[partitions];
        for (var i = 0; i < partitions; i++) _parts[i] = new Part();
    }

    public int Partitions => _parts.Length;
    public bool IsWritable { get; private set; } = true;
    public DiskFaults Faults { get; set; } = new();
    public StoreFault Planted { get; init; }
    /// <summary>Every write is carried out as it is submitted, and no fault is made.</summary>
    public bool CommitsAtOnce { get; init; }
    /// <summary>Who may take partitions over, as leases would have it; null for anybody.</summary>
    public string? Owner { get; set; }
    public int Unsynced => _unsynced.Count;
    /// <summary>Whether it keeps the order of all writes, as the embedded store does, or each partition's alone, as one that nodes share.</summary>
    public bool KeepsOrder { get; init; }
    public long? Streak => KeepsOrder ? _streak : null;

    /// <summary>The disk is full or read-only until it is writable again.</summary>
    public void SetWritable(bool writable) => IsWritable = writable;

    /// <summary>The frames that are on the disk.</summary>
    public IReadOnlyList<StoredFrame> Durable(int partition) => _parts[partition].Frames;

    /// <summary>The partitions of all frames, in the order in which those came to the disk.</summary>
    public IReadOnlyList<int> Order => _order;

    public long Epoch(int partition) => _parts[partition].Epoch;

    // ── what the simulator does ──

    /// <summary>Commits some of what waits as one group. False when nothing waits.</summary>
    public bool Commit()
    {
        Haunt();
        if (_cutOff.TryDequeue(out var lost))
        {
            LoseAnswer([lost]);
            return true;
        }
        if (_unsynced.Count == 0) return false;
        var group = new JournalWrite[_random.Next(1, _unsynced.Count + 1)];
        for (var i = 0; i < group.Length; i++) group[i] = _unsynced.Dequeue();
        var luck = _random.Next(1000);
        if (!IsWritable || luck < Faults.Failed) Complete(group, WriteOutcome.Failed);
        else if (luck < Faults.Failed + Faults.Unknown) LoseAnswer(group);
        // Nobody hears before all of the group is on the disk.
        else
            foreach (var (write, outcome) in group.Select(write => (write, Carry(write))).ToArray()) write.Complete(outcome);
        return true;
    }

    /// <summary>Power fails: of what was not synced a part from the front is there all the same.</summary>
    public void Crash()
    {
        var kept = _random.Next(_unsynced.Count + 1);
        while (_unsynced.TryDequeue(out var write))
            if (kept-- > 0) Carry(write);
        foreach (var attempt in _limbo)
            if (_random.Next(2) == 0) Carry(attempt);
        _limbo.Clear();
        _cutOff.Clear();
        IsWritable = true;
        if (Planted != StoreFault.LoseSynced) return;
        for (var partition = 0; partition < _parts.Length; partition++)
        {
            if (_parts[partition].Tail == 0) continue;
            _parts[partition].Frames.RemoveAt(_parts[partition].Frames.Count - 1);
            _order.RemoveAt(_order.LastIndexOf(partition));
        }
    }

    void Complete(JournalWrite[] group, WriteOutcome outcome)
    {
        foreach (var write in group) Break(write);
        foreach (var write in group) write.Complete(outcome);
    }

    void Break(JournalWrite write)
    {
        if (write.Streak == _streak) _streak++;
    }

    WriteOutcome Carry(JournalWrite write)
    {
        if (write.Streak < _streak) return WriteOutcome.Failed;
        var outcome = Carry(new Attempt(write));
        if (outcome != WriteOutcome.Durable) Break(write);
        return outcome;
    }

    /// <summary>Whoever submitted it is cut off: it may have got here, or may yet.</summary>
    public void LoseAnswer(JournalWrite write)
    {
        write.Validate(Partitions);
        _cutOff.Enqueue(write);
    }

    void LoseAnswer(JournalWrite[] group)
    {
        // One transaction of a store that keeps the order is there or not when it is looked for; it does not come later.
        var fate = _random.Next(KeepsOrder ? 2 : 3);
        foreach (var write in group)
        {
            if (fate == 0) Carry(write);
            else if (fate == 2) _limbo.Add(new Attempt(write));
        }
        Complete(group, WriteOutcome.Unknown);
    }

    void Haunt()
    {
        if (_limbo.Count == 0 || _random.Next(4) > 0) return;
        Carry(_limbo[0]);
        _limbo.RemoveAt(0);
    }

    // ── the journal ──

    public Lease Acquire(int partition, string owner)
    {
        // Writes that wait may be carried out before the take-over or be fenced by it: both keep the contract.
        if (_random.Next(2) == 0)
            while (IsWritable && _unsynced.TryDequeue(out var write)) write.Complete(Carry(write));
        if (!IsWritable) throw new StoreUnavailableException("the disk can't be written to");
        if (Owner is not null && owner != Owner) throw new StoreUnavailableException("somebody else holds the lease");
        BeReadable();
        var part = _parts[partition];
        return new Lease(++part.Epoch, part.Tail);
    }

    public void Submit(JournalWrite write)
    {
        write.Validate(Partitions);
        if (CommitsAtOnce) write.Complete(Carry(write));
        else _unsynced.Enqueue(write);
    }

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after)
    {
        BeReadable();
        var frames = _parts[partition].Frames;
        for (var i = (int)after; i < frames.Count; i++) yield return frames[i];
    }

    public byte[]? ReadCheckpoint(int partition)
    {
        BeReadable();
        return _parts[partition].Checkpoint;
    }

    public byte[] ReadSegment(int partition, long segment, int offset, int count)
    {
        BeReadable();
        if (!_parts[partition].Segments.TryGetValue(segment, out var bytes)) throw new InvalidDataException($"segment {segment} of partition {partition} is not there");
        if (offset < 0 || count < 0 || offset > bytes.Length - count)
            throw new InvalidDataException($"segment {segment} of partition {partition} has {bytes.Length} bytes, not {count} from {offset}");
        return bytes[offset..(offset + count)];
    }

    public byte[]? ReadKey(int partition, KeyRef key)
    {
        BeReadable();
        return _parts[partition].Keys.GetValueOrDefault(key);
    }

    public void Dispose() { }

    void BeReadable()
    {
        if (Faults.Unreadable > 0 && _random.Next(1000) < Faults.Unreadable) throw new StoreUnavailableException("the disk can't be read");
    }

    WriteOutcome Carry(Attempt write)
    {
        var part = _parts[write.Partition];
        if (write.Epoch != part.Epoch && Planted != StoreFault.AcceptOldEpochs) return WriteOutcome.Refused;
        if (write.Sequence != 0 && write.Sequence != part.Tail + 1) return WriteOutcome.Refused;
        if (write.Sequence != 0)
        {
            part.Frames.Add(new StoredFrame(write.Sequence, write.Frame));
            _order.Add(write.Partition);
        }
        for (var i = 0; i < write.Keys.Length; i++) part.Keys[new KeyRef(write.Sequence, i)] = write.Keys[i];
        foreach (var key in write.DroppedKeys) part.Keys.Remove(key);
        if (write.Segment != 0) part.Segments[write.Segment] = write.SegmentBytes;
        foreach (var segment in write.RemovedSegments) part.Segments.Remove(segment);
        if (write.Checkpoint is { } checkpoint) part.Checkpoint = checkpoint;
        return WriteOutcome.Durable;
    }

    sealed class Part
    {
        public long Epoch;
        public readonly List<StoredFrame> Frames = [];
        public readonly Dictionary<KeyRef, byte[]> Keys = [];
        public readonly Dictionary<long, byte[]> Segments = [];
        public byte[]? Checkpoint;

        public long Tail => Frames.Count;
    }

    /// <summary>A copy of a write, whose own buffers may be used again once it is complete.</summary>
    sealed class Attempt(JournalWrite write)
    {
        public readonly int Partition = write.Partition;
        public readonly long Epoch = write.Epoch;
        public readonly long Sequence = write.Sequence;
        public readonly byte[] Frame = write.Frame.ToArray();
        public readonly byte[][] Keys = [.. write.Keys.Select(k => k.ToArray())];
        public readonly KeyRef[] DroppedKeys = [.. write.DroppedKeys];
        public readonly long Segment = write.Segment;
        public readonly byte[] SegmentBytes = write.SegmentBytes.ToArray();
        public readonly long[] RemovedSegments = [.. write.RemovedSegments];
        public readonly byte[]? Checkpoint = write.Checkpoint?.ToArray();
    }
}
