using Engine.Actors.Asking;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;
using Engine.Actors.Trials;

namespace Engine.Actors.Kernel;

public sealed partial class Partition
{
    const int SegmentRoomMin = 64 * 1024;
    CheckpointBuilder? _checkpoint;
    long _checkpointCost;
    /// <summary>What the next segment will take, by the last. Nothing of it is kept between two checkpoints: of a busy partition it is tens of megabytes.</summary>
    int _segmentRoom = SegmentRoomMin;

    /// <summary>
    /// Checkpoints are made between batches, a slice at a time, when everything in memory is durable: the actors that changed
    /// since the last one go into a new segment, then segment and index become durable in one write. Frames up to the start of
    /// the checkpoint need not be read at the next opening.
    /// </summary>
    void Checkpoint()
    {
        if (_checkpoint is null)
        {
            if (_bytesSinceCheckpoint < Math.Max(_limits.CheckpointBytes, _checkpointCost) && !(_draining && _bytesSinceCheckpoint > 0)) return;
            _checkpoint = new CheckpointBuilder(this);
            (_bytesSinceCheckpoint, _draining) = (0, false);
        }
        if (_checkpoint.IsComplete)
        {
            var done = _checkpoint;
            _checkpoint = null;
            _checkpointCost = done.SegmentBytes.Length + done.Checkpoint!.Length;
            _segmentRoom = Math.Max(SegmentRoomMin, done.SegmentBytes.Length);
            if (done.Outcome == WriteOutcome.Durable) done.Adopt();
            // Under an epoch that is still this owner's own: then somebody else has taken over, and must be left in peace.
            else if (done.Outcome == WriteOutcome.Refused && done.Epoch == _epoch) BeTakenOver(AnswerKind.OutcomeUnknown);
            // The index already names places in a segment that does not exist.
            else Crash("a checkpoint could not be written", AnswerKind.StoreUnavailable, repair: true, isFault: false);
        }
        else if (!_checkpoint.IsSubmitted)
        {
            _checkpoint.Slice();
            Schedule();
        }
    }

    /// <summary>Makes a checkpoint soon, whatever has been written since the last.</summary>
    internal void RequestCheckpoint()
    {
        _draining = true;
        Schedule();
    }

    /// <summary>One checkpoint on its way.</summary>
    sealed class CheckpointBuilder : JournalWrite
    {
        readonly Partition _partition;
        readonly Codec _segment;
        readonly List<(ulong Hash, SnapshotPlace Place)> _entries = [];
        readonly List<(ulong Hash, SnapshotPlace Place)> _moved = [];
        readonly Queue<ulong> _toDo;
        readonly long _sequence;
        readonly long _at;
        readonly FrameHash _hash;
        readonly Mark[] _marks;
        readonly Mark[] _sent;
        readonly long? _victim;
        readonly int _victimLength;
        byte[]? _victimBytes;
        bool _victimRead;
        int _outcome = -1;
        int _ahead;

        public CheckpointBuilder(Partition partition)
        {
            _partition = partition;
            Partition = partition.Number;
            _segment = Codec.Writer(partition._segmentRoom);
            _toDo = partition._residents.Dirty();
            (_sequence, _hash, _at) = (partition._sequence, partition._hash, partition._now);
            _marks = Array.ConvertAll(partition._inboxes, i => i.Mark);
            _sent = [.. partition._sent];
            Segment = partition._index.NewestSegment + 1;
            var (empty, worst) = partition._index.Garbage(partition._limits.SegmentLive);
            RemovedSegments.AddRange(empty);
            _victim = worst;
            if (worst is null)
            {
                _victimRead = true;
                return;
            }
            _victimLength = partition._index.Length(worst.Value);
            partition._host.Scheduler.RunBlocking(ReadVictim);
        }

        public bool IsSubmitted { get; private set; }
        public bool IsComplete => Volatile.Read(ref _outcome) >= 0;
        public WriteOutcome Outcome => (WriteOutcome)Volatile.Read(ref _outcome);

        /// <summary>The bytes of a place in the segment that is on its way, else null.</summary>
        public byte[]? Part(SnapshotPlace place) =>
            IsSubmitted && place.Segment == Segment ? SegmentBytes.Slice(place.Offset, place.Length).ToArray() : null;

        /// <summary>The planted fault <see cref="KernelFault.SnapshotUndurable"/>: a snapshot that runs ahead of its frame.</summary>
        public static void Undurable(Partition partition)
        {
            if (partition._checkpoint is not null) return;
            var builder = new CheckpointBuilder(partition) { _ahead = 1 };
            partition._checkpoint = builder;
            while (!builder.IsSubmitted) builder.Slice();
        }

        void ReadVictim()
        {
            try
            {
                _victimBytes = _partition._host.Journal.ReadSegment(Partition, _victim!.Value, 0, _victimLength);
            }
            catch (Exception e) when (e is StoreUnavailableException or InvalidDataException)
            {
                // It is cleaned another time; it may also be gone, where this checkpoint belongs to memory that is.
                _victimBytes = null;
            }
            Volatile.Write(ref _victimRead, true);
            _partition.Schedule();
        }

        public void Slice()
        {
            for (var i = 0; i < _partition._limits.SnapshotsPerSlice && _toDo.TryDequeue(out var hash); i++)
                if (_partition._residents.TryWrite(hash, _segment, Segment, _partition._sequence + _ahead, out var place)) _entries.Add((hash, place));
            if (_toDo.Count == 0 && (Volatile.Read(ref _victimRead) || _ahead > 0)) Submit();
        }

        void Submit()
        {
            if (_victimBytes is not null) MoveLiving(_victimBytes);
            IsSubmitted = true;
            Epoch = _partition._epoch;
            SegmentBytes = _segment.WrittenMemory;
            foreach (var (hash, place) in _entries) _partition._index.Put(hash, place);
            foreach (var (hash, place) in _moved) _partition._index.Put(hash, place);
            if (_victimBytes is not null)
            {
                if (!_partition._index.IsGarbage(_victim!.Value)) throw new InvalidDataException($"segment {_victim}: it can't be cleaned, some of its entries are not found");
                RemovedSegments.Add(_victim.Value);
            }
            foreach (var removed in RemovedSegments) _partition._index.Remove(removed);
            if (_segment.Position == 0) Segment = 0;
            Checkpoint = Encode();
            _partition._host.Journal.Submit(this);
        }

        /// <summary>Entries of the worst segment that nothing has replaced are copied as they are, so that it can go.</summary>
        void MoveLiving(byte[] victim)
        {
            var renewed = _entries.Select(e => e.Hash).ToHashSet();
            foreach (var (hash, offset, length) in EntryPages.Entries(victim))
            {
                if (renewed.Contains(hash) || _partition._index.Current(hash, _victim!.Value, offset) is not { } old) continue;
                if (old.Length != length) continue;
                old.Check(victim[offset..(offset + length)]);
                var start = _segment.Position;
                _segment.Raw(victim.AsSpan(offset - Snapshots.EntryHeader, length + Snapshots.EntryHeader));
                _moved.Add((hash, old with { Segment = Segment, Offset = start + Snapshots.EntryHeader }));
            }
        }

        byte[] Encode()
        {
            var codec = CheckpointLayout.Writer();
            var header = new CheckpointHeader { Sequence = _sequence, At = _at, Hash = _hash, Marks = _marks, Sent = _sent };
            header.Layout(codec);
            _partition._index.Layout(codec, hasChecksums: true);
            _partition._deadlines.Layout(codec);
            return CheckpointLayout.Seal(codec);
        }

        public override void Complete(WriteOutcome outcome)
        {
            Volatile.Write(ref _outcome, (int)outcome);
            _partition.Schedule();
        }

        /// <summary>The snapshots are durable: what is closed and unchanged since may leave memory.</summary>
        public void Adopt()
        {
            _partition.Counters.Checkpoints++;
            foreach (var (hash, _) in _entries) Leave(hash);
            _partition._visiting.RemoveWhere(Leave);
        }

        // Not one that was read for a command that is decided next.
        bool Leave(ulong hash) => !_partition._ready.Exists(ask => ask.To.Hash == hash) && _partition._residents.Passivate(hash);
    }
}

/// <summary>Up to where a checkpoint covers the journal.</summary>
sealed class CheckpointHeader : IEncoded
{
    public long Sequence;
    public long At;
    public FrameHash Hash;
    public Mark[] Marks = [];
    public Mark[] Sent = [];

    public void Layout(Codec codec)
    {
        codec.Long(ref Sequence);
        codec.Long(ref At);
        var (high, low) = (Hash.High, Hash.Low);
        codec.Fixed64(ref high);
        codec.Fixed64(ref low);
        Hash = new FrameHash(high, low);
        Marks = Links(codec, Marks);
        Sent = Links(codec, Sent);
    }

    static Mark[] Links(Codec codec, Mark[] links)
    {
        var count = codec.Count(links.Length);
        if (!codec.IsWriting) links = new Mark[count];
        for (var i = 0; i < count; i++)
        {
            var (sequence, number) = (links[i].Sequence, links[i].Number);
            codec.Long(ref sequence);
            codec.Long(ref number);
            links[i] = new Mark(sequence, number);
        }
        return links;
    }
}
