using Engine.Actors.Asking;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;
using Engine.Actors.Trials;

namespace Engine.Actors.Kernel;

public sealed partial class Partition
{
    CheckpointBuilder? _checkpoint;
    long _checkpointCost;
    // By the uptime: where the last one could not be written the next waits a moment.
    long _checkpointNotBefore = long.MinValue;
    const long CheckpointRetry = 5_000;
    /// <summary>Of the last checkpoint (bytes): one actor may take more than a segment has.</summary>
    int _largestSnapshot;

    /// <summary>
    /// Checkpoints are made between batches, a slice at a time, when everything in memory is durable: the actors that changed
    /// since the last one go into new segments, then the last of these and the index become durable in one write. Frames up to the start of
    /// the checkpoint need not be read at the next opening.
    /// </summary>
    void Checkpoint()
    {
        if (_checkpoint is null)
        {
            var isTime = _bytesSinceCheckpoint >= Math.Max(_limits.CheckpointBytes, _checkpointCost) && _host.Uptime >= _checkpointNotBefore;
            if (!isTime && !(_draining && _bytesSinceCheckpoint > 0)) return;
            _checkpoint = new CheckpointBuilder(this);
            (_bytesSinceCheckpoint, _draining) = (0, false);
        }
        if (_checkpoint.IsComplete)
        {
            (var done, _checkpoint) = (_checkpoint, null);
            if (done.Outcome == WriteOutcome.Durable) done.Adopt();
            // Under an epoch that is still this owner's own: then somebody else has taken over, and must be left in peace.
            else if (done.Outcome == WriteOutcome.Refused && done.Epoch == _epoch) BeTakenOver(AnswerKind.OutcomeUnknown);
            else
            {
                // The index already names places in a segment that does not exist. Where nothing was written the lease goes on: a full disk
                // takes no other, and what it holds is to be read all the same.
                _checkpointNotBefore = _host.Uptime + CheckpointRetry;
                Crash("a checkpoint could not be written", AnswerKind.StoreUnavailable, repair: true, isFault: false, keep: done.Outcome == WriteOutcome.Failed ? new Lease(_epoch, _sequence) : null);
            }
        }
        else if (!_checkpoint.IsWaiting)
        {
            _checkpoint.Slice();
            if (!_checkpoint.IsWaiting) Schedule();
        }
    }

    /// <summary>Makes a checkpoint soon, whatever has been written since the last.</summary>
    internal void RequestCheckpoint()
    {
        _draining = true;
        Schedule();
    }

    /// <summary>
    /// One checkpoint on its way. It is handed to the journal once for each segment that is full, and with the last of them and the index: nothing refers
    /// to the others before that is durable, and where it never is, they are written over.
    /// </summary>
    sealed class CheckpointBuilder : JournalWrite
    {
        readonly Partition _partition;
        readonly Codec _segment;
        readonly List<(ulong Hash, SnapshotPlace Place)> _entries = [];
        readonly HashSet<ulong> _renewed = [];
        readonly Queue<ulong> _toDo;
        readonly Queue<long> _victims;
        readonly List<long> _cleaned = [];
        readonly long _sequence, _at, _first;
        readonly FrameHash _hash;
        readonly Mark[] _marks, _sent;
        (long Segment, byte[] Bytes)? _victim;
        (Actor Actor, SnapshotPlace Place)? _beside;
        bool _isWaiting;
        int _outcome = -1;
        int _ahead;

        public CheckpointBuilder(Partition partition)
        {
            _partition = partition;
            Partition = partition.Number;
            _segment = Codec.Writer(partition._limits.SegmentBytes + partition._largestSnapshot);
            _toDo = partition._residents.Dirty();
            _victims = partition._index.WorthCleaning(partition._limits.SegmentLive);
            (_sequence, _hash, _at) = (partition._sequence, partition._hash, partition._now);
            _marks = Array.ConvertAll(partition._inboxes, i => i.Mark);
            _sent = [.. partition._sent];
            Segment = _first = partition._index.NewestSegment + 1;
        }

        public bool IsSubmitted { get; private set; }
        public bool IsComplete => Volatile.Read(ref _outcome) >= 0;
        public WriteOutcome Outcome => (WriteOutcome)Volatile.Read(ref _outcome);

        /// <summary>For the journal, which makes a turn when it is done.</summary>
        public bool IsWaiting => Volatile.Read(ref _isWaiting);

        /// <summary>The bytes of a place in the segment that is on its way, else null.</summary>
        public byte[]? Part(SnapshotPlace place) =>
            IsSubmitted && place.Segment == Segment ? SegmentBytes.Slice(place.Offset, place.Length).ToArray() : null;

        /// <summary>The planted fault <see cref="KernelFault.SnapshotUndurable"/>: a snapshot that runs ahead of its frame.</summary>
        public static void Undurable(Partition partition)
        {
            if (partition._checkpoint is not null) return;
            var builder = partition._checkpoint = new CheckpointBuilder(partition) { _ahead = 1 };
            while (!builder.IsSubmitted) builder.Slice();
        }

        bool IsFull => _segment.Position >= _partition._limits.SegmentBytes && _ahead == 0;

        public void Slice()
        {
            if (_beside is { } done)
            {
                done.Actor.Thaw();
                Wrote(done.Actor.Id.Hash, done.Place);
                _beside = null;
            }
            for (var i = 0; i < _partition._limits.SnapshotsPerSlice && !IsFull && _toDo.TryDequeue(out var hash); i++)
            {
                if (_ahead == 0 && _partition._residents.Freeze(hash, _partition._limits.WrittenInTurn) is { } frozen)
                {
                    WriteBeside(frozen.Actor, frozen.State, _partition._sequence);
                    return;
                }
                if (_partition._residents.TryWrite(hash, _segment, Segment, _partition._sequence + _ahead, out var place)) Wrote(hash, place);
            }
            if (IsFull) Submit();
            else if (_toDo.Count == 0 && !Cleans()) Conclude();
        }

        void Wrote(ulong hash, SnapshotPlace place)
        {
            _entries.Add((hash, place));
            _renewed.Add(hash);
        }

        /// <summary>The partition goes on meanwhile: a busy SKU has a hundred thousand reservations.</summary>
        void WriteBeside(Actor actor, IEncoded state, long tag)
        {
            _isWaiting = true;
            _partition._host.Scheduler.RunBlocking(() =>
            {
                _beside = (actor, Snapshots.Write(_segment, Segment, actor, tag, state));
                Volatile.Write(ref _isWaiting, false);
                _partition.Schedule();
            });
        }

        /// <summary>Old segments are cleaned, one and as many more as are filled: as much goes as becomes garbage. False when that is done.</summary>
        bool Cleans()
        {
            if (_victim is { } read) MoveLiving(read.Segment, read.Bytes);
            else if (_ahead > 0 || _cleaned.Count > Segment - _first || !_victims.TryDequeue(out var victim)) return false;
            else
            {
                _isWaiting = true;
                var length = _partition._index.Length(victim);
                _partition._host.Scheduler.RunBlocking(() => Read(victim, length));
            }
            return true;
        }

        void Read(long victim, int length)
        {
            try
            {
                _victim = (victim, _partition._host.Journal.ReadSegment(Partition, victim, 0, length));
            }
            catch (Exception e) when (e is StoreUnavailableException or InvalidDataException)
            {
                // It is cleaned another time; it may also be gone, where this checkpoint belongs to memory that is.
            }
            Volatile.Write(ref _isWaiting, false);
            _partition.Schedule();
        }

        /// <summary>Entries that nothing has replaced are copied as they are, so that their segment can go.</summary>
        void MoveLiving(long victim, byte[] bytes)
        {
            foreach (var (hash, offset, length) in EntryPages.Entries(bytes))
            {
                if (_renewed.Contains(hash) || _partition._index.Current(hash, victim, offset) is not { } old) continue;
                if (old.Length != length) continue;
                old.Check(bytes[offset..(offset + length)]);
                var start = _segment.Position;
                _segment.Raw(bytes.AsSpan(offset - EntryPages.HeaderLength, length + EntryPages.HeaderLength));
                _entries.Add((hash, old with { Segment = Segment, Offset = start + EntryPages.HeaderLength }));
            }
            _cleaned.Add(victim);
            _victim = null;
        }

        void Conclude()
        {
            IsSubmitted = true;
            foreach (var (hash, place) in _entries) _partition._index.Put(hash, place);
            RemovedSegments.AddRange(_partition._index.TakeEmpty());
            if (_cleaned.Except(RemovedSegments).ToList() is [var victim, ..]) throw new InvalidDataException($"segment {victim}: it can't be cleaned, some of its entries are not found");
            if (_segment.Position == 0) Segment = 0;
            Checkpoint = Encode();
            Submit();
        }

        void Submit()
        {
            (Epoch, SegmentBytes, _isWaiting) = (_partition._epoch, _segment.WrittenMemory, true);
            _partition._host.Journal.Submit(this);
        }

        public override void Complete(WriteOutcome outcome)
        {
            if (IsSubmitted || outcome != WriteOutcome.Durable) Volatile.Write(ref _outcome, (int)outcome);
            else
            {
                Segment++;
                _segment.Reset();
                Volatile.Write(ref _isWaiting, false);
            }
            _partition.Schedule();
        }

        byte[] Encode()
        {
            var codec = CheckpointLayout.Writer();
            new CheckpointHeader { Sequence = _sequence, At = _at, Hash = _hash, Marks = _marks, Sent = _sent }.Layout(codec);
            _partition._index.Layout(codec, hasChecksums: true);
            _partition._deadlines.Layout(codec);
            return CheckpointLayout.Seal(codec);
        }

        /// <summary>The snapshots are durable: what is closed and unchanged since may leave memory.</summary>
        public void Adopt()
        {
            _partition._checkpointCost = _entries.Sum(e => (long)e.Place.Length) + Checkpoint!.Length;
            _partition._largestSnapshot = _entries.Select(e => e.Place.Length).DefaultIfEmpty().Max();
            _partition.Counters.Checkpoints++;
            foreach (var (hash, _) in _entries) Leave(hash);
            _partition._visiting.RemoveWhere(Leave);
        }

        // Not one that was read for a command that is decided next.
        bool Leave(ulong hash)
        {
            foreach (var ask in _partition._ready)
                if (ask.To.Hash == hash) return false;
            return _partition._residents.Passivate(hash);
        }
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
