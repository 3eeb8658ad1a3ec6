using System.Collections.Concurrent;
using Engine.Actors.Asking;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;
using Engine.Actors.Trials;

namespace Engine.Actors.Kernel;

/// <summary>
/// A set of actors with one mailbox, one thread of control at a time, one sequence of frames and one owner.
/// <code>
///  turn:  last frame durable?  ──►  release its answers and messages  ──►  looks (all of memory is durable now)
///         ──►  a slice of the checkpoint, of looks at all  ──►  decide what waits, as one frame  ──►  hand the frame to the journal
/// </code>
/// One frame is in flight at a time: while it is on the disk the next batch gathers. Whatever goes wrong, the partition drops
/// its memory and is rebuilt from the journal (<see cref="Open"/>).
/// </summary>
public sealed partial class Partition : IThreadPoolWorkItem
{
    readonly IPartitionHost _host;
    readonly Limits _limits;
    readonly Mailbox _mailbox;
    readonly FrameWriter _frame;
    readonly ConcurrentQueue<object> _arrivals = new();
    readonly Batch _batch;
    readonly List<Ask> _drained = [];
    readonly Dictionary<ActorId, List<Ask>> _parked = [];
    readonly Queue<long> _faults = new();

    readonly Residents _residents;
    Dictionary<ActorId, List<object>> _loading = [];
    ActorIndex _index = new();
    Deadlines _deadlines = new();
    Inbox[] _inboxes = [];
    Mark[] _sent = [];
    FrameHash _hash;
    long _epoch, _sequence, _now, _bytesSinceCheckpoint;
    // That of the last lease, also when memory is gone.
    long _heldEpoch;
    long _nextWake = Actor.Never;
    // By the uptime: when new work came last.
    long _askedAt = long.MinValue / 2;
    // Counts the times memory was built: reads begun before are of no use any more.
    int _memory;
    int _pending;
    volatile State _state = State.Closed;
    string? _fault;
    FrameWrite? _inFlight;
    bool _draining;
    // What became of the last frame could not be found out at the first try: nobody is kept waiting for that any more.
    volatile bool _isOutOfReach;

    enum State
    {
        Closed,
        Opening,
        Open,
        Stopped,
    }

    internal Partition(int number, IPartitionHost host)
    {
        Number = number;
        _host = host;
        _limits = host.Limits;
        _mailbox = new Mailbox(_limits);
        _frame = new FrameWriter(number);
        _residents = new Residents(host.Domain);
        _batch = new Batch(this);
    }

    public int Number { get; }
    public PartitionCounters Counters { get; } = new();
    public bool IsOpen => _state == State.Open;
    public bool IsClosed => _state == State.Closed;
    /// <summary>Nobody knows yet what became of its last frame.</summary>
    internal bool IsSettling { get; private set; }
    public string? Fault => _fault;

    /// <summary>Nothing waits, nothing is on its way to the disk, no checkpoint is being made.</summary>
    public bool IsIdle => _pending == 0 && _arrivals.IsEmpty && _mailbox.Count == 0 && _inFlight is null && _checkpoint is null && _loading.Count == 0 && !_warming && InboxCount == 0;

    internal PartitionStatus Status => new(
        Number, _state == State.Closed && !_host.IsWanted(Number) ? "elsewhere" : _state.ToString().ToLowerInvariant(), _epoch, _sequence, _mailbox.Count + InboxCount, _residents.Count, _index.Count, _deadlines.Count, _fault);

    /// <summary>The earliest deadline; read by the node's ticker.</summary>
    internal long NextWake => Volatile.Read(ref _nextWake);

    /// <summary>When the next answer has waited long enough, by the node's uptime.</summary>
    internal long NextGiveUp => Volatile.Read(ref _nextGiveUp);

    // ── coming in, from any thread ──

    internal void Post(Ask ask)
    {
        if (IsAway) ask.Complete(new Answer(Away));
        else if (_isOutOfReach || !_host.Journal.IsWritable) ask.Complete(new Answer(AnswerKind.StoreUnavailable));
        else if (IsBehind(ask.Options.Lane) || !_mailbox.TryPost(ask))
        {
            Counters.Overloaded++;
            ask.Complete(new Answer(AnswerKind.Overloaded));
        }
        else Schedule();
    }

    /// <summary>True, and counted, where a command would be refused for load.</summary>
    internal bool Refuses(Lane lane, string tenant)
    {
        var refuses = !IsAway && (IsBehind(lane) || _mailbox.IsFull(lane, tenant));
        if (refuses) Counters.Overloaded++;
        return refuses;
    }

    bool IsBehind(Lane lane) => lane == Lane.Normal && InboxCount > _limits.InboxLength;

    internal void Post(Look look)
    {
        if (IsAway || _isOutOfReach)
        {
            look.Fail(IsAway ? Away : AnswerKind.StoreUnavailable);
            return;
        }
        _arrivals.Enqueue(look);
        Schedule(byAsker: look.Id != default);
    }

    public void Receive(Delivery delivery)
    {
        // Not open: the journal of the sender keeps it, and it is asked for when this partition opens.
        if (_state != State.Open) return;
        _arrivals.Enqueue(delivery);
        Schedule();
    }

    /// <summary>A sender's link has got so far; whatever is missing is asked for.</summary>
    internal void Hear(int from, long number)
    {
        if (_state != State.Open) return;
        _arrivals.Enqueue(new Announcement(from, number));
        Schedule();
    }

    /// <summary>What the sender's journal held behind the mark has been brought; not all of it where the store failed.</summary>
    internal void Resent(int from, bool complete)
    {
        if (_state != State.Open) return;
        _arrivals.Enqueue(new ResendDone(from, complete));
        Schedule();
    }

    /// <summary>Time has passed: look for deadlines.</summary>
    internal void Tick() => Schedule();

    /// <param name="byAsker">Whoever asks may run the turn: handing it to another thread takes longer than a look.</param>
    void Schedule(bool byAsker = false)
    {
        // While a frame is on its way a turn could do nothing; its completion, seen or still to come, makes one that finds what was left here.
        Interlocked.MemoryBarrier();
        if (_host.Fault == KernelFault.None && Volatile.Read(ref _inFlight) is { IsComplete: false }) return;
        if (Interlocked.Increment(ref _pending) != 1) return;
        if (byAsker) _host.Scheduler.RunForAsker(this);
        else _host.Scheduler.Run(this);
    }

    bool IsAway => _state is State.Stopped or State.Closed || _leaving == Leaving.Draining;

    AnswerKind Away => _state == State.Stopped ? AnswerKind.Stopped
        : _leaving == Leaving.Draining || !_host.IsWanted(Number) ? AnswerKind.NotOwner : AnswerKind.StoreUnavailable;

    int InboxCount { get; set; }

    sealed record Announcement(int From, long Number);

    sealed record ResendDone(int From, bool Complete);

    // ── the turn ──

    public void Execute()
    {
        var seen = Volatile.Read(ref _pending);
        try
        {
            Turn();
        }
        catch (Exception e)
        {
            // Anything unexpected stops this partition only: its memory goes and is rebuilt from what is durable, unless that is damaged.
            Crash(e is InvalidDataException ? $"partition {Number}: {e.Message}" : $"{e.GetType().Name}: {e.Message}", AnswerKind.OutcomeUnknown, repair: e is not InvalidDataException);
        }
        if (Interlocked.Add(ref _pending, -seen) > 0) _host.Scheduler.Run(this);
    }

    void Turn()
    {
        if (_state != State.Open)
        {
            LetGoIfOwnedElsewhere();
            Sweep();
            return;
        }
        if (_leaving != Leaving.No && TryLeave()) return;
        // A frame on its way is refused by the store, and told so.
        if (IsOvertaken && _inFlight is null)
        {
            BeTakenOver(AnswerKind.NotOwner);
            return;
        }
        if (_inFlight is { } write)
        {
            if (_host.Fault == KernelFault.ReadUndurable) TakeArrivals();
            // What became of a part of a checkpoint on its way is waited for: see below whether the lease can be kept.
            if (!write.IsComplete || (write.Outcome == WriteOutcome.Failed && _checkpoint is { IsWaiting: true, IsComplete: false })) return;
            _inFlight = null;
            if (!Settle(write, write.Outcome)) return;
        }
        KeepUp();
        _now = Math.Max(_now, _host.Now);
        TakeArrivals();
        if (_state != State.Open) return;
        GiveUpWaiting();
        Checkpoint();
        if (_state != State.Open) return;
        LookAtSome();
        // While the store can't write there is nothing to decide: looks are served, messages wait.
        if (_host.Journal.IsWritable) Decide();
        else RefuseAsks(AnswerKind.StoreUnavailable);
        if (_leaving != Leaving.No && TryLeave()) return;
        Volatile.Write(ref _nextWake, _deadlines.Next);
    }

    /// <summary>What became of the last frame. False when the partition is no longer open.</summary>
    bool Settle(FrameWrite write, WriteOutcome outcome)
    {
        IsSettling = outcome == WriteOutcome.Unknown;
        _isOutOfReach &= IsSettling;
        switch (outcome)
        {
            case WriteOutcome.Durable:
                _sequence = write.Sequence;
                _hash = write.Hash;
                _bytesSinceCheckpoint += write.Frame.Length;
                Counters.Frames++;
                Counters.FrameBytes += write.Frame.Length;
                _host.Tails?.Write(Number, write.Sequence, write.Hash);
                _batch.Release();
                return true;
            case WriteOutcome.Failed:
                // A part of a checkpoint may yet come to the store where its answer was lost, unless the partition is taken over anew.
                var mayHaunt = _checkpoint is { IsComplete: true, Outcome: WriteOutcome.Unknown };
                Crash("the store could not write", AnswerKind.StoreUnavailable, repair: true, isFault: false, keep: mayHaunt ? null : new Lease(_epoch, _sequence));
                return false;
            case WriteOutcome.Refused:
                BeTakenOver(AnswerKind.OutcomeUnknown);
                return false;
            default:
                SettleUnknown(write);
                return false;
        }
    }

    void TakeArrivals()
    {
        while (_state == State.Open && _arrivals.TryDequeue(out var arrival))
        {
            switch (arrival)
            {
                case Delivery delivery: Take(delivery); break;
                case Announcement told when told.Number > _inboxes[told.From].Mark.Number + _inboxes[told.From].Count: AskAgain(told.From); break;
                case Loaded loaded: Take(loaded); break;
                case Warmed warmed: Take(warmed); break;
                case ResendDone done: Take(done); break;
                case Look look: Take(look); break;
                default: break;
            }
        }
    }

    void Take(Delivery delivery)
    {
        if (!IsCurrent(delivery)) return;
        var inbox = _inboxes[delivery.From];
        var dropped = inbox.Dropped;
        var before = inbox.Count;
        if (!inbox.Accept(delivery)) AskAgain(delivery.From);
        InboxCount += inbox.Count - before;
        Counters.MessagesDropped += inbox.Dropped - dropped;
    }

    void Take(ResendDone done)
    {
        _inboxes[done.From].AwaitsResend = false;
        // One that failed is tried again with the node's next round (EngineNode.Tick).
        if (done.Complete && _inboxes[done.From].HasGap) AskAgain(done.From);
    }

    void AskAgain(int from)
    {
        if (_inboxes[from].AwaitsResend) return;
        _inboxes[from].AwaitsResend = true;
        _host.Resend(from, Number, _inboxes[from].Mark);
    }

    void Take(Look look)
    {
        if (look.Id == default)
        {
            _looksAtAll.Enqueue(new Scan(look));
            if (!_warming) WarmUp();
        }
        else if (_residents.Peek(look.Id) is { } actor) look.At(actor, _now);
        else if (_index.TryFind(look.Id, out _)) Load(look.Id, look);
        else look.At(_host.Domain.NewActor(look.Id), _now);
    }

    void Decide()
    {
        _drained.Clear();
        _mailbox.Drain(Lane.Urgent, _limits.UrgentPerBatch, _drained);
        var urgent = _drained.Count;
        _mailbox.Drain(Lane.Normal, _limits.NormalPerBatch, _drained);
        _mailbox.Took(_drained.Count - urgent, _host.Uptime);
        // Taken after the mailbox was looked into: nothing is decided at a time before it came.
        _now = Math.Max(_now, _host.Now);
        _batch.Begin();
        var isPaced = PacesDeadlines();
        if (_host.MayExpire && _leaving != Leaving.Draining) DecideDeadlines(isPaced);
        // One that leaves takes what its mailbox holds with it; messages wait in their senders' journals.
        var part = _leaving == Leaving.Draining ? 0 : Math.Min(1.0, (double)_limits.MessagesPerBatch / InboxCount);
        // Of each sender the same part, so that all wait equally long; what it tells itself is asked and answered here, and waits twice.
        for (var from = 0; from < _inboxes.Length; from++) DecideMessages(_inboxes[from], (int)Math.Ceiling(_inboxes[from].Count * (from == Number ? 2 * part : part)));
        DecideAsks();
        _batch.Finish();
        var more = _mailbox.Count > 0 || (_leaving != Leaving.Draining && (InboxCount > 0 || (_deadlines.Next <= _now && (!isPaced || _host.Questions.MayAsk(_host.Uptime)))));
        if (_inFlight is null && more && _loading.Count == 0 && !_batch.WasEmpty) Schedule();
    }

    /// <summary>New work has come lately, and nothing that is due has become too late for its sake.</summary>
    bool PacesDeadlines()
    {
        if (_drained.Count > 0) _askedAt = _host.Uptime;
        return _host.Uptime - _askedAt < _limits.QuietAfter && _now - _deadlines.Next < _limits.LateMax;
    }

    /// <summary>
    /// A storm of ends steps aside for new work. What it costs are the messages that follow, a lock's to its order and those from there:
    /// ends that say nothing to anybody are cheap, and are only kept from filling a frame.
    /// </summary>
    void DecideDeadlines(bool isPaced)
    {
        if (isPaced && !_host.Questions.MayAsk(_host.Uptime)) return;
        var most = isPaced ? _limits.QuestionsAtOnce : int.MaxValue;
        for (var left = _limits.DeadlinesPerBatch; left > 0 && _batch.Sent < most && _batch.HasRoomForDeadlines && _deadlines.TryTake(_now, out var id); left--) _batch.DecideDeadline(id);
        if (isPaced) _host.Questions.Asked(_batch.Sent, _host.Uptime);
    }

    void DecideMessages(Inbox inbox, int count)
    {
        for (; count > 0 && _batch.HasRoom && inbox.TryPeek(out var letter); count--)
        {
            if (Find(letter.To) is not { } actor)
            {
                // The link waits for this actor; those behind it are loaded meanwhile.
                foreach (var ahead in inbox.Ahead(count)) Preload(ahead.To);
                return;
            }
            inbox.Advance();
            InboxCount--;
            _batch.Decide(actor, letter);
        }
    }

    void DecideAsks()
    {
        foreach (var ask in _drained)
        {
            if (_loading.TryGetValue(ask.To, out var stash)) stash.Add(ask);
            else if (Find(ask.To) is { } actor) _batch.Decide(actor, ask);
            else Load(ask.To, ask);
        }
        _drained.Clear();
    }

    /// <summary>A frame on its way to the disk.</summary>
    sealed class FrameWrite : JournalWrite
    {
        const int Open = -1;
        readonly Partition _owner;
        int _outcome = Open;

        public FrameWrite(Partition owner) => _owner = owner;

        public bool IsComplete => Volatile.Read(ref _outcome) != Open;
        public WriteOutcome Outcome => (WriteOutcome)Volatile.Read(ref _outcome);
        public FrameHash Hash { get; set; }

        public void Reopen() => Volatile.Write(ref _outcome, Open);

        public void CompleteQuietly(WriteOutcome outcome) => Volatile.Write(ref _outcome, (int)outcome);

        public override void Complete(WriteOutcome outcome)
        {
            CompleteQuietly(outcome);
            _owner.Schedule();
        }
    }
}
