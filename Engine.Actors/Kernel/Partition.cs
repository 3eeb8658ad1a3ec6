using System.Collections.Concurrent;
using Engine.Actors.Cluster;
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
    long _nextWake = Actor.Never;
    // Counts the times memory was built: reads begun before are of no use any more.
    int _memory;
    int _pending;
    volatile State _state = State.Closed;
    string? _fault;
    FrameWrite? _inFlight;
    bool _draining;
    volatile Leaving _leaving;

    /// <summary>On its way to another node: first a checkpoint is written while the partition serves on, so that little is left for the next owner to read; then nothing new is taken in.</summary>
    enum Leaving { No, Checkpointing, Draining }

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
        else if (!_host.Journal.IsWritable) ask.Complete(new Answer(AnswerKind.StoreUnavailable));
        else if ((ask.Options.Lane == Lane.Normal && InboxCount > _limits.InboxLength) || !_mailbox.TryPost(ask))
        {
            Counters.Overloaded++;
            ask.Complete(new Answer(AnswerKind.Overloaded));
        }
        else Schedule();
    }

    internal void Post(Look look)
    {
        if (IsAway)
        {
            look.Fail(Away);
            return;
        }
        _arrivals.Enqueue(look);
        Schedule();
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

    void Schedule()
    {
        // While a frame is on its way a turn could do nothing; its completion, seen or still to come, makes one that finds what was left here.
        Interlocked.MemoryBarrier();
        if (_host.Fault == KernelFault.None && Volatile.Read(ref _inFlight) is { IsComplete: false }) return;
        if (Interlocked.Increment(ref _pending) == 1) _host.Scheduler.Run(this);
    }

    bool IsAway => _state is State.Stopped or State.Closed || _leaving == Leaving.Draining;

    AnswerKind Away => _state == State.Stopped ? AnswerKind.Stopped
        : _leaving == Leaving.Draining || !_host.IsWanted(Number) ? AnswerKind.NotOwner : AnswerKind.StoreUnavailable;

    int InboxCount { get; set; }

    sealed record Announcement(int From, long Number);

    sealed record ResendDone(int From, bool Complete);

    sealed record Loaded(ActorId Id, SnapshotPlace Place, Actor? Actor, Exception? Failure);

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
            if (!write.IsComplete) return;
            _inFlight = null;
            if (!Settle(write, write.Outcome)) return;
        }
        _now = Math.Max(_now, _host.Now);
        TakeArrivals();
        if (_state != State.Open) return;
        GiveUpWaiting();
        Checkpoint();
        if (_state != State.Open) return;
        LookAtSome();
        // While the store can't write there is nothing to decide: looks are served, the rest waits or is refused.
        if (_host.Journal.IsWritable) Decide();
        if (_leaving != Leaving.No && TryLeave()) return;
        Volatile.Write(ref _nextWake, _deadlines.Next);
    }

    /// <summary>What became of the last frame. False when the partition is no longer open.</summary>
    bool Settle(FrameWrite write, WriteOutcome outcome)
    {
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
                Crash("the store could not write", AnswerKind.StoreUnavailable, repair: true, isFault: false, keep: new Lease(_epoch, _sequence));
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
        _mailbox.Drain(Lane.Normal, _limits.NormalPerBatch, _drained);
        // Taken after the mailbox was looked into: nothing is decided at a time before it came.
        _now = Math.Max(_now, _host.Now);
        _batch.Begin();
        if (_host.MayExpire && _leaving != Leaving.Draining)
        {
            for (var i = 0; i < _limits.DeadlinesPerBatch && _batch.HasRoomForDeadlines && _deadlines.TryTake(_now, out var id); i++) _batch.DecideDeadline(id);
        }
        // One that leaves takes what its mailbox holds with it; messages wait in their senders' journals.
        if (_leaving != Leaving.Draining)
            foreach (var inbox in _inboxes) DecideMessages(inbox, _limits.MessagesPerBatch / _inboxes.Length + 1);
        DecideAsks();
        _batch.Finish();
        var more = _mailbox.Count > 0 || (_leaving != Leaving.Draining && (InboxCount > 0 || _deadlines.Next <= _now));
        if (_inFlight is null && more && _loading.Count == 0 && !_batch.WasEmpty) Schedule();
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

    // ── actors in and out of memory ──

    /// <summary>The actor, new if it never was; null when it must be read first.</summary>
    Actor? Find(ActorId id)
    {
        if (_residents.Find(id) is { } actor) return actor;
        if (_loading.ContainsKey(id)) return null;
        if (_index.TryFind(id, out _) && _host.Fault != KernelFault.ForgetClosed) return null;
        return _host.Domain.NewActor(id);
    }

    void Preload(ActorId id)
    {
        if (!_residents.Contains(id) && !_loading.ContainsKey(id) && _index.TryFind(id, out _)) Load(id, null);
    }

    /// <summary>Reads an actor's snapshot aside; what needs it waits in its stash while the partition goes on.</summary>
    void Load(ActorId id, object? waits)
    {
        if (!_loading.TryGetValue(id, out var stash))
        {
            _loading.Add(id, stash = []);
            StartReading(id);
        }
        if (waits is not null) stash.Add(waits);
    }

    void StartReading(ActorId id)
    {
        _index.TryFind(id, out var place);
        var (memory, unwritten) = (Volatile.Read(ref _memory), _checkpoint?.Part(place));
        _host.Scheduler.RunBlocking(() => Read(id, place, memory, unwritten));
    }

    void Read(ActorId id, SnapshotPlace place, int memory, byte[]? unwritten)
    {
        Loaded loaded;
        try
        {
            var (actor, _) = unwritten is null ? ReadSnapshot(id, place) : Snapshots.Read(Codec.Reader(unwritten), id, _host.Domain);
            loaded = new Loaded(id, place, actor, null);
        }
        catch (Exception e)
        {
            loaded = new Loaded(id, place, null, e);
        }
        if (memory == Volatile.Read(ref _memory)) _arrivals.Enqueue(loaded);
        Schedule();
    }

    (Actor Actor, long Tag) ReadSnapshot(ActorId id, SnapshotPlace place)
    {
        var bytes = _host.Journal.ReadSegment(Number, place.Segment, place.Offset, place.Length);
        return Snapshots.Read(Codec.Reader(place.Check(bytes)), id, _host.Domain);
    }

    void Take(Loaded loaded)
    {
        if (!_loading.TryGetValue(loaded.Id, out var stash)) return;
        if (loaded.Actor is null && _index.TryFind(loaded.Id, out var place) && place != loaded.Place)
        {
            // A checkpoint has moved it meanwhile and removed the segment it lay in.
            StartReading(loaded.Id);
            return;
        }
        if (loaded.Actor is null)
        {
            Crash($"partition {Number}: {loaded.Id} can't be read: {loaded.Failure!.Message}", AnswerKind.StoreUnavailable, repair: loaded.Failure is not InvalidDataException, isFault: loaded.Failure is not StoreUnavailableException);
            return;
        }
        _loading.Remove(loaded.Id);
        Counters.Loads++;
        _residents.Add(loaded.Actor);
        // Read for looking or deciding, it leaves memory again with the next checkpoint.
        if (loaded.Actor.IsPassive) _visiting.Add(loaded.Id.Hash);
        foreach (var waits in stash)
        {
            if (waits is Look look) look.At(loaded.Actor, _now);
            else _ready.Add((Ask)waits);
        }
        if (_ready.Count > 0) Schedule();
    }

    readonly List<Ask> _ready = [];
    readonly HashSet<ulong> _visiting = [];

    // ── waiting answers ──

    readonly PriorityQueue<Ask, long> _giveUps = new();
    long _nextGiveUp = Actor.Never;

    void Park(Ask ask)
    {
        if (!_parked.TryGetValue(ask.To, out var waiting)) _parked.Add(ask.To, waiting = []);
        waiting.Add(ask);
        _giveUps.Enqueue(ask, ask.GiveUpAt);
        Volatile.Write(ref _nextGiveUp, Math.Min(_nextGiveUp, ask.GiveUpAt));
    }

    void AnswerIfSettled(Actor actor)
    {
        if (_parked.Count == 0 || !_parked.TryGetValue(actor.Id, out var waiting) || !actor.IsSettled) return;
        _parked.Remove(actor.Id);
        foreach (var ask in waiting) Answer(ask, actor);
    }

    /// <summary>Between two batches: what is done for now becomes bytes.</summary>
    void LayDown(Actor actor)
    {
        if (!actor.Rests || !actor.IsSettled || _parked.ContainsKey(actor.Id)) return;
        // While a checkpoint gathers snapshots the index still names the ones before.
        _residents.Rest(actor, _sequence, hasSnapshot: _checkpoint is null or { IsSubmitted: true } && _index.TryFind(actor.Id, out _));
    }

    /// <summary>Whoever has waited long enough for an actor to settle is told how far it is.</summary>
    void GiveUpWaiting()
    {
        if (_giveUps.Count == 0) return;
        var uptime = _host.Uptime;
        while (_giveUps.TryPeek(out var ask, out var at) && (at <= uptime || ask.Answer.IsCompleted))
        {
            _giveUps.Dequeue();
            if (ask.Answer.IsCompleted || !_parked.TryGetValue(ask.To, out var waiting) || !waiting.Remove(ask)) continue;
            if (waiting.Count == 0) _parked.Remove(ask.To);
            Answer(ask, _residents.Peek(ask.To));
        }
        Volatile.Write(ref _nextGiveUp, _giveUps.TryPeek(out _, out var next) ? next : Actor.Never);
    }

    void Answer(Ask ask, Actor? actor)
    {
        var view = ask.Options.WithView ? actor?.View(_now) : null;
        // The reply is durable; what is shown beside it must not have been overtaken.
        ask.Complete(new Answer(AnswerKind.Reply, ask.Reply, view is null || _host.MayAnswer(Number) ? view : null));
    }

    // ── leaving ──

    /// <summary>Hands the partition over: see <see cref="Leaving"/>.</summary>
    internal void Leave()
    {
        if (_leaving != Leaving.No) return;
        _leaving = Leaving.Checkpointing;
        RequestCheckpoint();
    }

    /// <summary>Another node owns it under that epoch: what is here is of an earlier one and goes.</summary>
    internal void Drop(long epoch)
    {
        if (epoch <= Volatile.Read(ref _overtaken)) return;
        Volatile.Write(ref _overtaken, epoch);
        Schedule();
    }

    internal bool IsOvertaken => Volatile.Read(ref _epoch) < Volatile.Read(ref _overtaken);

    long _overtaken;

    bool TryLeave()
    {
        if (_leaving == Leaving.Checkpointing)
        {
            if ((_draining && _bytesSinceCheckpoint > 0) || _checkpoint is not null) return false;
            _leaving = Leaving.Draining;
        }
        var isDrained = _inFlight is null && _mailbox.Count == 0 && _loading.Count == 0 && _ready.Count == 0;
        if (!isDrained && _host.Fault != KernelFault.LeaveUndrained) return false;
        var epoch = _epoch;
        Close(AnswerKind.NotOwner);
        _host.Left(Number, epoch);
        Sweep();
        return true;
    }

    void BeTakenOver(AnswerKind kind)
    {
        if (_host.Lost(Number))
        {
            Close(kind);
            Sweep();
        }
        else Crash("another owner has taken the partition over", kind, repair: false);
    }

    void Close(AnswerKind kind)
    {
        RefuseAll(kind);
        ClearMemory();
        _state = State.Closed;
    }

    // ── failing ──

    void Refuse(object waits, AnswerKind kind)
    {
        if (waits is Ask ask) ask.Complete(new Answer(kind));
        else ((Look)waits).Fail(kind);
    }

    /// <summary>Nobody serves here: what has come is refused, so that nobody waits for it.</summary>
    void Sweep()
    {
        var kind = Away;
        while (_arrivals.TryDequeue(out var arrival))
            if (arrival is Look look) look.Fail(kind);
        if (_state == State.Opening) return;
        _drained.Clear();
        _mailbox.Drain(Lane.Urgent, int.MaxValue, _drained);
        _mailbox.Drain(Lane.Normal, int.MaxValue, _drained);
        foreach (var ask in _drained) ask.Complete(new Answer(kind));
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
        _segment = Codec.Writer(SegmentRoom);
        _inFlight = null;
        InboxCount = 0;
        _leaving = Leaving.No;
        _bytesSinceCheckpoint = 0;
        _epoch = 0;
        Volatile.Write(ref _memory, _memory + 1);
    }

    /// <summary>
    /// The answer to a commit was lost. The partition is taken over anew, which fences the lost attempt; then the journal says
    /// whether it happened. If it did not, the identical frame is submitted again.
    /// </summary>
    void SettleUnknown(FrameWrite write)
    {
        _batch.FailAsks(AnswerKind.OutcomeUnknown);
        write.Reopen();
        _inFlight = write;
        _host.Scheduler.RunBlocking(() =>
        {
            try
            {
                var lease = _host.Acquire(Number);
                _epoch = lease.Epoch;
                if (lease.LastSequence == write.Sequence - 1)
                {
                    write.Epoch = lease.Epoch;
                    _host.Journal.Submit(write);
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
                write.CompleteQuietly(WriteOutcome.Unknown);
            }
        });
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
