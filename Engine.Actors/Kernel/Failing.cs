using Engine.Actors.Asking;
using Engine.Actors.Cluster;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

public sealed partial class Partition
{
    void Refuse(object waits, AnswerKind kind)
    {
        if (waits is Ask ask) ask.Complete(new Answer(kind));
        else ((Look)waits).Fail(kind);
    }

    /// <summary>Nobody serves here: what has come is refused, so that nobody waits for it.</summary>
    void Sweep()
    {
        var kind = Away;
        RefuseLooks(kind);
        if (_state is not (State.Closed or State.Stopped)) return;
        _arrivals.Clear();
        RefuseAsks(kind);
    }

    /// <summary>What else has come stays: while it opens, that may be for the memory that is just made.</summary>
    void RefuseLooks(AnswerKind kind)
    {
        for (var left = _arrivals.Count; left > 0 && _arrivals.TryDequeue(out var arrival); left--)
        {
            if (arrival is Look look) look.Fail(kind);
            else _arrivals.Enqueue(arrival);
        }
    }

    void RefuseAsks(AnswerKind kind)
    {
        _drained.Clear();
        _mailbox.Drain(Lane.Urgent, int.MaxValue, _drained);
        _mailbox.Drain(Lane.Normal, int.MaxValue, _drained);
        foreach (var ask in _drained) ask.Complete(new Answer(kind));
        _drained.Clear();
        foreach (var ask in _ready) ask.Complete(new Answer(kind));
        _ready.Clear();
    }

    /// <summary>Memory goes; what was not durable has not happened. Rebuilt from the journal unless it keeps failing.</summary>
    void Crash(string why, AnswerKind kind, bool repair, bool isFault = true, Lease? keep = null)
    {
        RefuseAll(kind);
        ClearMemory();
        if (isFault)
        {
            Counters.Faults++;
            var now = _host.Time.GetTimestamp();
            _faults.Enqueue(now);
            while (_faults.TryPeek(out var oldest) && _host.Time.GetElapsedTime(oldest, now) > TimeSpan.FromMinutes(1)) _faults.Dequeue();
        }
        if (!repair || _faults.Count > _limits.FaultsPerMinute)
        {
            _fault = why;
            _state = State.Stopped;
            _host.Stopped(Number, why);
            Sweep();
            return;
        }
        _state = State.Opening;
        _host.Scheduler.RunBlocking(() => Open(keep));
    }

    void RefuseAll(AnswerKind kind)
    {
        _batch.Fail(kind);
        foreach (var stash in _loading.Values)
            foreach (var waits in stash) Refuse(waits, AnswerKind.StoreUnavailable);
        foreach (var ask in _ready) ask.Complete(new Answer(AnswerKind.StoreUnavailable));
        // Taken from the mailbox behind the one that failed.
        foreach (var ask in _drained) ask.Complete(new Answer(kind));
        _drained.Clear();
        foreach (var waiting in _parked.Values)
            // What they asked for is durable, only how it went on is not known here.
            foreach (var ask in waiting) ask.Complete(new Answer(AnswerKind.Reply, ask.Reply));
        foreach (var scan in _looksAtAll) scan.Look.Fail(AnswerKind.StoreUnavailable);
    }

    void ClearMemory()
    {
        _residents.Clear();
        _loading = [];
        _cold = new();
        _warming = false;
        _looksAtAll.Clear();
        _index = new ActorIndex();
        _deadlines = new Deadlines();
        _inboxes = [];
        _parked.Clear();
        _giveUps.Clear();
        Volatile.Write(ref _nextGiveUp, Actor.Never);
        _ready.Clear();
        _visiting.Clear();
        _checkpoint = null;
        _inFlight = null;
        InboxCount = 0;
        (IsSettling, _isOutOfReach) = (false, false);
        _leaving = Leaving.No;
        _bytesSinceCheckpoint = 0;
        _epoch = 0;
        Volatile.Write(ref _memory, _memory + 1);
    }

    /// <summary>
    /// The answer to a commit was lost. The partition is taken over anew, which fences the lost attempt; then the journal says
    /// whether it happened. If it did not, the identical frame is submitted again. The store may be away for long: whoever has come
    /// meanwhile is refused from the second try on, not kept waiting.
    /// </summary>
    void SettleUnknown(FrameWrite write)
    {
        _batch.FailAsks(AnswerKind.OutcomeUnknown);
        if (_isOutOfReach)
        {
            RefuseLooks(AnswerKind.StoreUnavailable);
            RefuseAsks(AnswerKind.StoreUnavailable);
        }
        write.Reopen();
        _inFlight = write;
        _host.Scheduler.RunBlocking(() =>
        {
            try
            {
                var lease = _host.Acquire(Number);
                (_epoch, _heldEpoch) = (lease.Epoch, lease.Epoch);
                if (lease.LastSequence == write.Sequence - 1)
                {
                    write.Epoch = lease.Epoch;
                    // What rests on it and was written behind it has failed with its streak.
                    if (write.Streak is not null) write.Complete(WriteOutcome.Failed);
                    else _host.Journal.Submit(write);
                    return;
                }
                // Where the journal has gone on behind it, another owner has come and gone meanwhile.
                var isIt = lease.LastSequence == write.Sequence && _host.Journal.ReadFrames(Number, write.Sequence - 1).First().Bytes.AsSpan().SequenceEqual(write.Frame.Span);
                write.Complete(isIt ? WriteOutcome.Durable : WriteOutcome.Refused);
            }
            catch (NotOwnerException)
            {
                write.Complete(WriteOutcome.Refused);
            }
            catch (StoreUnavailableException)
            {
                // Still not known: the node's ticker comes round and it is tried again.
                _isOutOfReach = true;
                write.CompleteQuietly(WriteOutcome.Unknown);
            }
        });
    }
}
