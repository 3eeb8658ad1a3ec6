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
    readonly List<Connection> _connections = [];
    readonly Connection _own;
    // Transactions whose answer was lost: the store may yet carry them out, until a new owner fences them.
    readonly List<Attempt[]> _limbo = [];
    readonly List<int> _order = [];

    public CrashDisk(int partitions, Random random)
    {
        _random = random;
        _parts = new Part[partitions];
        for (var i = 0; i < partitions; i++) _parts[i] = new Part();
        _own = Connect();
    }

    public int Partitions => _parts.Length;
    public bool IsWritable { get; private set; } = true;
    public DiskFaults Faults { get; set; } = new();
    public StoreFault Planted { get; init; }
    /// <summary>Every write is carried out as it is submitted, and no fault is made.</summary>
    public bool CommitsAtOnce { get; init; }
    /// <summary>Who may take partitions over, as leases would have it; null for anybody.</summary>
    public string? Owner { get; set; }
    /// <summary>Whether it keeps the order of all that comes over one connection, as one database does, or each partition's alone, as several do.</summary>
    public bool KeepsOrder { get; init; }
    /// <summary>A server of its own may carry a transaction out after its answer was lost; in a file it is there or not when it is looked for.</summary>
    public bool IsServer { get; init; }
    public long? Streak => _own.Streak;

    /// <summary>One node's writes.</summary>
    public Connection Connect()
    {
        _connections.Add(new Connection(this));
        return _connections[^1];
    }

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
        var waiting = _connections.FindAll(c => c.Waiting.Count > 0);
        if (waiting.Count == 0) return false;
        waiting[_random.Next(waiting.Count)].Commit();
        return true;
    }

    /// <summary>Power fails: of what was not synced a part from the front is there all the same.</summary>
    public void Crash()
    {
        foreach (var connection in _connections) connection.Crash();
        foreach (var transaction in _limbo)
            if (_random.Next(2) == 0) Carry(transaction);
        _limbo.Clear();
        IsWritable = true;
        if (Planted != StoreFault.LoseSynced) return;
        for (var partition = 0; partition < _parts.Length; partition++)
        {
            if (_parts[partition].Tail == 0) continue;
            _parts[partition].Frames.RemoveAt(_parts[partition].Frames.Count - 1);
            _order.RemoveAt(_order.LastIndexOf(partition));
        }
    }

    void Haunt()
    {
        if (_limbo.Count == 0 || _random.Next(4) > 0) return;
        Carry(_limbo[0]);
        _limbo.RemoveAt(0);
    }

    /// <summary>All of the transaction, or nothing where a part of it is refused. It holds one frame of a partition at most, so each fits or not by itself.</summary>
    void Carry(Attempt[] transaction)
    {
        if (!Array.TrueForAll(transaction, Fits)) return;
        foreach (var write in transaction) Carry(write);
    }

    /// <summary>What comes over it reaches the disk in the order it was submitted in, or not at all.</summary>
    public sealed class Connection(CrashDisk disk)
    {
        long _streak = 1;

        /// <summary>In order. Of a write that was submitted when its node was cut off already nobody hears: it may have got here, or may yet.</summary>
        internal Queue<(JournalWrite Write, bool IsCutOff)> Waiting { get; } = new();

        public long? Streak => disk.KeepsOrder ? _streak : null;

        public void Submit(JournalWrite write, bool isCutOff = false)
        {
            write.Validate(disk.Partitions);
            if (disk.CommitsAtOnce) write.Complete(Carry(write));
            else Waiting.Enqueue((write, isCutOff));
        }

        internal void Commit()
        {
            if (Waiting.Peek().IsCutOff)
            {
                LoseAnswer([Waiting.Dequeue().Write]);
                return;
            }
            var group = new JournalWrite[disk._random.Next(1, Waiting.TakeWhile(w => !w.IsCutOff).Count() + 1)];
            for (var i = 0; i < group.Length; i++) group[i] = Waiting.Dequeue().Write;
            var luck = disk._random.Next(1000);
            if (!disk.IsWritable || luck < disk.Faults.Failed) Complete(group, WriteOutcome.Failed);
            else if (luck < disk.Faults.Failed + disk.Faults.Unknown) LoseAnswer(group);
            // Nobody hears before all of the group is on the disk.
            else
                foreach (var (write, outcome) in group.Select(write => (write, Carry(write))).ToArray()) write.Complete(outcome);
        }

        /// <summary>Carries out all that waits.</summary>
        internal void Flush()
        {
            while (Waiting.TryDequeue(out var next))
                if (next.IsCutOff) LoseAnswer([next.Write]);
                else next.Write.Complete(Carry(next.Write));
        }

        internal void Crash()
        {
            var kept = disk._random.Next(Waiting.Count + 1);
            while (Waiting.TryDequeue(out var next))
                if (kept-- > 0) Carry(next.Write);
        }

        void LoseAnswer(JournalWrite[] group)
        {
            Attempt[] sent = [.. group.Where(write => !IsBroken(write)).Select(write => new Attempt(write))];
            switch (disk._random.Next(disk.IsServer ? 3 : 2))
            {
                case 0: disk.Carry(sent); break;
                case 1: break;
                // Where no order is kept its parts are in several databases.
                default: disk._limbo.AddRange(disk.KeepsOrder ? [sent] : sent.Select(write => new[] { write })); break;
            }
            Complete(group, WriteOutcome.Unknown);
        }

        void Complete(JournalWrite[] group, WriteOutcome outcome)
        {
            var failed = Array.ConvertAll(group, IsBroken);
            foreach (var write in group) Break(write);
            for (var i = 0; i < group.Length; i++) group[i].Complete(failed[i] ? WriteOutcome.Failed : outcome);
        }

        WriteOutcome Carry(JournalWrite write)
        {
            if (IsBroken(write)) return WriteOutcome.Failed;
            var attempt = new Attempt(write);
            if (disk.Fits(attempt))
            {
                disk.Carry(attempt);
                return WriteOutcome.Durable;
            }
            Break(write);
            return WriteOutcome.Refused;
        }

        bool IsBroken(JournalWrite write) => write.Streak < _streak;

        void Break(JournalWrite write)
        {
            if (write.Streak == _streak) _streak++;
        }
    }

    // ── the journal ──

    public Lease Acquire(int partition, string owner)
    {
        // Writes that wait may be carried out before the take-over or be fenced by it: both keep the contract.
        if (_random.Next(2) == 0 && IsWritable) _connections.ForEach(c => c.Flush());
        if (!IsWritable) throw new StoreUnavailableException("the disk can't be written to");
        if (Owner is not null && owner != Owner) throw new StoreUnavailableException("somebody else holds the lease");
        BeReadable();
        var part = _parts[partition];
        return new Lease(++part.Epoch, part.Tail);
    }

    public void Submit(JournalWrite write) => _own.Submit(write);

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

    bool Fits(Attempt write)
    {
        var part = _parts[write.Partition];
        return (write.Epoch == part.Epoch || Planted == StoreFault.AcceptOldEpochs) && (write.Sequence == 0 || write.Sequence == part.Tail + 1);
    }

    void Carry(Attempt write)
    {
        var part = _parts[write.Partition];
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
