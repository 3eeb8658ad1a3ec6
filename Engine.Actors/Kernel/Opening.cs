using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Trials;

namespace Engine.Actors.Kernel;

public sealed partial class Partition
{
    /// <summary>
    /// Takes the partition over and rebuilds it: the checkpoint's index, then the frames behind it. Actors that those frames
    /// touch are read; all others stay where they are until somebody needs them. Runs beside the partition's turns.
    /// </summary>
    /// <param name="keep">The lease to go on with, where the store is known to hold nothing that memory did not; null to take over.</param>
    internal void Open(Lease? keep = null)
    {
        _state = State.Opening;
        try
        {
            Rebuild(keep);
        }
        catch (StoreUnavailableException e)
        {
            ClearMemory();
            // Otherwise the node's ticker tries again (EngineNode).
            if (e is NotOwnerException) _host.Lost(Number);
            _state = State.Closed;
            Schedule();
            return;
        }
        catch (Exception e)
        {
            // Unreadable or impossible: this partition stays down and says which entry; the others go on.
            ClearMemory();
            _fault = e.Message;
            _state = State.Stopped;
            _host.Stopped(Number, e.Message);
            Schedule();
            return;
        }
        _fault = null;
        for (var to = 0; to < _host.Partitions; to++) _host.Sent(Number, to, _sent[to].Number);
        // Turns run beside the rest of this, and may close it again: what the rest needs is taken before.
        var (epoch, heard, warming) = (_epoch, Array.ConvertAll(_inboxes, inbox => inbox.Mark.Number), NextWarming());
        _state = State.Open;
        _host.HasOpened();
        // Only now: what arrives while it is not open yet is thrown away, and what was read would be.
        if (warming is not null) _host.Scheduler.RunBlocking(warming);
        _host.Ownership?.Opened(Number, epoch);
        if (_host.Fault != KernelFault.LoseMessages)
        {
            _host.Announce(Number);
            for (var from = 0; from < _host.Partitions; from++)
                if (_host.LastSent(from, Number) is var last && last > heard[from]) Hear(from, last);
        }
        Schedule();
    }

    internal void OpenIfClosed()
    {
        // Whoever takes it over and the node's ticker may come at once.
        if (_host.IsWanted(Number) && Interlocked.CompareExchange(ref _state, State.Opening, State.Closed) == State.Closed) Open();
    }

    void Rebuild(Lease? keep)
    {
        ClearMemory();
        _streak = CurrentStreak;
        var lease = keep ?? _host.Acquire(Number);
        _heldEpoch = lease.Epoch;
        var header = ReadCheckpoint();
        var marks = new Mark[_host.Partitions];
        _sent = new Mark[_host.Partitions];
        header.Marks.CopyTo(marks, 0);
        header.Sent.CopyTo(_sent, 0);
        (_sequence, _hash, _now) = (header.Sequence, header.Hash, header.At);

        var replay = new Replay(this, marks);
        // The newest frame that the checkpoint covers is read too: that it is the one the checkpoint was made behind is the proof of both.
        foreach (var stored in _host.Journal.ReadFrames(Number, Math.Max(0, _sequence - 1)))
        {
            if (stored.Sequence > header.Sequence) replay.Frame(stored);
            else if (FrameHash.Of(stored.Bytes) != header.Hash) throw new InvalidDataException($"partition {Number}, frame {stored.Sequence}: it is not the one the checkpoint was made behind");
        }
        // Also under a lease that is new: the node may have been frozen behind it for longer than that holds.
        if (_sequence > lease.LastSequence && _host.Ownership is not null) throw new NotOwnerException($"partition {Number} has been taken over while it was rebuilt");
        if (_sequence != lease.LastSequence) throw new InvalidDataException($"partition {Number}: the journal ends at {lease.LastSequence}, but frames were read up to {_sequence}");

        CheckTail();
        var directory = ActorId.Directory(Number);
        if (!_residents.Contains(directory))
            _residents.Add(_index.TryFind(directory, out var place) ? ReadSnapshot(directory, place).Actor : _host.Domain.NewActor(directory));
        foreach (var actor in replay.Touched)
        {
            if (_host.Fault != KernelFault.LoseTimers) _deadlines.Set(actor.Id, actor.Deadline);
            _residents.MarkDirty(actor);
            LayDown(actor);
        }
        if (_host.Fault == KernelFault.RepeatMessages) marks = Array.ConvertAll(marks, m => m.Number == 0 ? m : new Mark(m.Sequence, m.Number - 1));
        _inboxes = Array.ConvertAll(marks, m => new Inbox(m));
        Volatile.Write(ref _nextWake, _deadlines.Next);
        _cold = AllCold();
        _epoch = lease.Epoch;
    }

    /// <summary>What this node has acknowledged must be there.</summary>
    void CheckTail()
    {
        if (_host.Tails?.Read(Number) is not { } tail) return;
        if (tail.Sequence > _sequence) throw new InvalidDataException($"partition {Number}: the store ends at frame {_sequence}, but frame {tail.Sequence} was acknowledged here: the store has lost its tail");
        var hash = tail.Sequence == _sequence ? _hash : FrameHash.Of(_host.Journal.ReadFrames(Number, tail.Sequence - 1).First().Bytes);
        if (hash != tail.Hash) throw new InvalidDataException($"partition {Number}, frame {tail.Sequence}: it is not the one that was acknowledged here: the store has lost its tail");
    }

    CheckpointHeader ReadCheckpoint()
    {
        var header = new CheckpointHeader();
        if (_host.Journal.ReadCheckpoint(Number) is not { } checkpoint) return header;
        try
        {
            var codec = CheckpointLayout.Open(checkpoint, out var hasChecksums);
            header.Layout(codec);
            if (header.Marks.Length > _host.Partitions || header.Sent.Length > _host.Partitions) throw new InvalidDataException("it names partitions that are not there");
            _index.Layout(codec, hasChecksums);
            if (_host.Fault != KernelFault.LoseTimers) _deadlines.Layout(codec);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new InvalidDataException($"partition {Number}, checkpoint: {e.Message}", e);
        }
        return header;
    }

    /// <summary>Applies the frames behind the checkpoint.</summary>
    sealed class Replay : IFrameVisitor
    {
        readonly Partition _partition;
        readonly Mark[] _marks;
        readonly Dictionary<ActorId, (Actor Actor, long Tag)> _touched = [];
        FrameHeader _header;
        long _at;

        public Replay(Partition partition, Mark[] marks) => (_partition, _marks) = (partition, marks);

        public IEnumerable<Actor> Touched => _touched.Values.Select(t => t.Actor);

        public void Frame(StoredFrame stored)
        {
            try
            {
                _header = FrameHeader.Read(stored.Bytes);
                if (_header.Partition != _partition.Number || _header.Sequence != stored.Sequence) throw new InvalidDataException($"it says it is frame {_header.Sequence} of partition {_header.Partition}");
                if (_header.Sequence != _partition._sequence + 1) throw new InvalidDataException($"it follows frame {_partition._sequence}: frames are missing");
                if (_header.Previous != _partition._hash) throw new InvalidDataException("it is not chained to the frame before it");
                if (_header.At < _at) throw new InvalidDataException("its time is before that of the frame before it");
                FrameHeader.Visit(stored.Bytes, _partition._host.Domain, this);
            }
            catch (Exception e) when (e is InvalidDataException or InvariantBrokenException)
            {
                throw new InvalidDataException($"partition {_partition.Number}, frame {stored.Sequence}: {e.Message}", e);
            }
            // The checkpoint may be of a later moment than the frames behind it, where it was on its way when the partition was rebuilt.
            (_partition._sequence, _partition._hash, _partition._now, _at) = (_header.Sequence, _header.Hash, Math.Max(_partition._now, _header.At), _header.At);
            _partition._bytesSinceCheckpoint += stored.Bytes.Length;
        }

        public void OnEvent(ActorId id, Event happened)
        {
            if (!_touched.TryGetValue(id, out var touched))
            {
                touched = _partition._index.TryFind(id, out var place) ? _partition.ReadSnapshot(id, place) : (_partition._host.Domain.NewActor(id), 0);
                _partition._residents.Add(touched.Actor);
                _touched.Add(id, touched);
            }
            // A snapshot taken while the checkpoint was being made contains some of these frames already.
            if (_header.Sequence > touched.Tag) touched.Actor.Evolve(happened, new Stamp(_header.Sequence, _header.At));
        }

        public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message) => _partition._sent[partition] = new Mark(_header.Sequence, number);

        public void OnMark(int sender, long sequence, long number) => _marks[sender] = new Mark(sequence, number);
    }
}
