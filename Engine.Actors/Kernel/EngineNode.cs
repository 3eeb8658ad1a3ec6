using System.Collections.Concurrent;
using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

/// <summary>All partitions of one process, and what connects them.</summary>
public sealed class EngineNode : IEngine, IPartitionHost, IAsyncDisposable
{
    static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(20);

    readonly Partition[] _partitions;
    readonly long[][] _lastSent;
    readonly ClockGuard _clock;
    readonly ConcurrentQueue<(int From, int To)> _failedResends = new();
    ITimer? _ticker;
    long _nextRound;
    volatile bool _stopping;

    public EngineNode(IJournal journal, IDomain domain, TimeProvider time, IScheduler? scheduler = null, Limits? limits = null, string owner = "node", KernelFault fault = KernelFault.None)
    {
        (Journal, Domain, Time, Owner, Fault) = (journal, domain, time, owner, fault);
        Scheduler = scheduler ?? new ThreadPoolScheduler();
        Limits = limits ?? new Limits();
        _clock = new ClockGuard(time, Limits.ClockDifference);
        _lastSent = new long[journal.Partitions][];
        for (var i = 0; i < _lastSent.Length; i++) _lastSent[i] = new long[journal.Partitions];
        _partitions = new Partition[journal.Partitions];
        for (var i = 0; i < _partitions.Length; i++) _partitions[i] = new Partition(i, this);
    }

    public IDomain Domain { get; }
    public IJournal Journal { get; }
    public IScheduler Scheduler { get; }
    public TimeProvider Time { get; }
    public Limits Limits { get; }
    public KernelFault Fault { get; }
    public string Owner { get; }

    public int Partitions => _partitions.Length;
    public bool IsReady => !_stopping && Journal.IsWritable && Array.TrueForAll(_partitions, p => p.IsOpen || p.Fault is not null) && Array.Exists(_partitions, p => p.IsOpen);
    public bool IsWritable => Journal.IsWritable;
    public IReadOnlyList<PartitionStatus> Status => Array.ConvertAll(_partitions, p => p.Status);
    public IReadOnlyList<PartitionCounters> Counters => Array.ConvertAll(_partitions, p => p.Counters);

    /// <summary>Milliseconds by the monotonic clock.</summary>
    public long Uptime => (long)Time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>The time to decide by: the wall clock's, and while it has jumped what it would be without (<see cref="ClockGuard"/>).</summary>
    public long Now => _clock.Now;

    /// <summary>False while wall and monotonic clock disagree: nothing expires by itself then.</summary>
    public bool MayExpire => _clock.Agrees;

    /// <summary>Is told which partition stopped and why.</summary>
    public Action<int, string>? PartitionStopped { get; set; }

    /// <summary>Opens all partitions; returns when each serves or has stopped for a fault.</summary>
    public async Task OpenAsync()
    {
        await Parallel.ForEachAsync(_partitions, (partition, _) =>
        {
            partition.Open();
            return ValueTask.CompletedTask;
        });
        _ticker = Time.CreateTimer(_ => Tick(), null, TickEvery, TickEvery);
    }

    /// <summary>Opens all partitions one after the other, on this thread and without a ticker: for the simulation.</summary>
    public void Open()
    {
        foreach (var partition in _partitions) partition.Open();
    }

    public ValueTask<Answer> AskAsync(ActorId to, Command command, AskOptions options = default) => new(Ask(to, command, options).Answer);

    /// <summary>Posts a command; the answer comes through the returned ask.</summary>
    public Ask Ask(ActorId to, Command command, AskOptions options = default)
    {
        var ask = new Ask(to, command, options);
        if (_stopping) ask.Complete(new Answer(AnswerKind.StoreUnavailable));
        else _partitions[to.PartitionOf(Partitions)].Post(ask);
        return ask;
    }

    public ValueTask<Answer> ReadAsync<TActor>(ActorId id, Func<TActor, long, object?> read) where TActor : Actor
    {
        var look = new ActorLook<TActor>(read) { Id = id };
        _partitions[id.PartitionOf(Partitions)].Post(look);
        return new ValueTask<Answer>(look.Task);
    }

    public async Task<IReadOnlyList<T>> ScanAsync<TActor, T>(ActorKind kind, Func<TActor, long, T?> pick) where TActor : Actor where T : class
    {
        var looks = Array.ConvertAll(_partitions, partition =>
        {
            var look = new ScanLook<TActor, T>(pick) { Kind = kind };
            partition.Post(look);
            return look.Task;
        });
        return [.. (await Task.WhenAll(looks)).SelectMany(found => found)];
    }

    /// <summary>Lets what has been taken in be decided and answered, writes checkpoints, and closes. Bounded by <paramref name="patience"/>.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        _stopping = true;
        await WhenIdle(patience);
        foreach (var partition in _partitions) partition.RequestCheckpoint();
        await WhenIdle(patience);
        if (_ticker is not null) await _ticker.DisposeAsync();
    }

    /// <summary>Real time passes here, whatever the engine's clock does: a stopping process can't wait for a clock that a test holds.</summary>
    async Task WhenIdle(TimeSpan patience)
    {
        for (var left = patience; left > TimeSpan.Zero && !Array.TrueForAll(_partitions, p => !p.IsOpen || p.IsIdle); left -= TickEvery) await Task.Delay(TickEvery);
    }

    public async ValueTask DisposeAsync()
    {
        if (_ticker is not null) await _ticker.DisposeAsync();
    }

    /// <summary>Wakes partitions whose time has come; once a second all of them, and those that could not open try again.</summary>
    public void Tick()
    {
        var now = Now;
        // Rounds and waiting answers go by the clock that nobody sets back.
        var uptime = Uptime;
        _clock.Look();
        var round = uptime >= _nextRound;
        if (round)
        {
            _nextRound = uptime + 1000;
            for (var i = _failedResends.Count; i > 0 && _failedResends.TryDequeue(out var link); i--)
                _partitions[link.To].Hear(link.From, Volatile.Read(ref _lastSent[link.From][link.To]));
        }
        foreach (var partition in _partitions)
        {
            if (partition.IsOpen)
            {
                if (round || partition.NextWake <= now || partition.NextGiveUp <= uptime) partition.Tick();
            }
            else if (round && partition.IsClosed && !_stopping) Scheduler.RunBlocking(() => partition.OpenIfClosed());
        }
    }

    void IPartitionHost.Deliver(Delivery delivery) => Scheduler.Deliver(_partitions[delivery.To], delivery);

    void IPartitionHost.Sent(int from, int to, long number) => Volatile.Write(ref _lastSent[from][to], number);

    long IPartitionHost.LastSent(int from, int to) => Volatile.Read(ref _lastSent[from][to]);

    void IPartitionHost.Announce(int from)
    {
        for (var to = 0; to < _partitions.Length; to++) _partitions[to].Hear(from, Volatile.Read(ref _lastSent[from][to]));
    }

    void IPartitionHost.Resend(int from, int to, Mark after) => Scheduler.RunBlocking(() =>
    {
        try
        {
            var reader = new LinkReader(from, to, after.Number, Domain);
            foreach (var delivery in reader.Read(Journal.ReadFrames(from, Math.Max(0, after.Sequence - 1)))) Scheduler.Deliver(_partitions[to], delivery);
        }
        catch (Exception e) when (e is StoreUnavailableException or InvalidDataException)
        {
            _partitions[to].Resent(from, complete: false);
            _failedResends.Enqueue((from, to));
            return;
        }
        _partitions[to].Resent(from, complete: true);
    });

    void IPartitionHost.Stopped(int partition, string fault) => PartitionStopped?.Invoke(partition, fault);

    sealed class ActorLook<TActor>(Func<TActor, long, object?> read) : Look where TActor : Actor
    {
        readonly TaskCompletionSource<Answer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Answer> Task => _answer.Task;

        public override void At(Actor actor, long now) => _answer.TrySetResult(new Answer(AnswerKind.Reply, read((TActor)actor, now)));

        public override void Fail(AnswerKind kind) => _answer.TrySetResult(new Answer(kind));
    }

    sealed class ScanLook<TActor, T>(Func<TActor, long, T?> pick) : Look where TActor : Actor where T : class
    {
        readonly TaskCompletionSource<List<T>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly List<T> _found = [];

        public Task<List<T>> Task => _answer.Task;

        public override void At(Actor actor, long now)
        {
            if (actor is TActor wanted && pick(wanted, now) is { } picked) _found.Add(picked);
        }

        public override void End() => _answer.TrySetResult(_found);

        public override void Fail(AnswerKind kind) => _answer.TrySetResult([]);
    }
}

/// <summary>Reads the messages of one link from the sender's frames.</summary>
sealed class LinkReader : IFrameVisitor
{
    readonly int _from, _to;
    readonly long _after;
    readonly IDomain _domain;
    readonly List<Letter> _letters = [];
    long _first;

    public LinkReader(int from, int to, long after, IDomain domain) => (_from, _to, _after, _domain) = (from, to, after, domain);

    public IEnumerable<Delivery> Read(IEnumerable<StoredFrame> frames)
    {
        foreach (var frame in frames)
        {
            FrameHeader.Read(frame.Bytes);
            FrameHeader.Visit(frame.Bytes, _domain, this);
            if (_letters.Count == 0) continue;
            yield return new Delivery(_from, _to, frame.Sequence, _first, _letters.ToArray());
            _letters.Clear();
        }
    }

    public void OnEvent(ActorId actor, Event happened) { }

    public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message)
    {
        if (partition != _to || number <= _after) return;
        if (_letters.Count == 0) _first = number;
        _letters.Add(new Letter(from, to, message));
    }

    public void OnMark(int sender, long sequence, long number) { }
}

/// <summary>
/// Compares the wall clock with the monotonic one. A jump of the wall clock must not end a lock early: while they differ no
/// timer ends anything, and what is met is judged by the last time they agreed on and what has passed since. A difference that
/// stays is a corrected clock and is accepted after five minutes.
/// </summary>
sealed class ClockGuard
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    readonly TimeProvider _time;
    readonly long _difference;
    Base _base;
    long _since;
    double _drift;
    volatile bool _agrees = true;

    public ClockGuard(TimeProvider time, long difference)
    {
        (_time, _difference) = (time, difference);
        _base = new Base(time.GetUtcNow(), time.GetTimestamp());
    }

    /// <summary>Also between two looks: a jump is seen before the first decision that would rest on it.</summary>
    public bool Agrees => _agrees && Math.Abs(Drift()) <= _difference;

    /// <summary>Milliseconds since 1970 UTC.</summary>
    public long Now
    {
        get
        {
            var (at, wall) = (Volatile.Read(ref _base), _time.GetUtcNow());
            var passed = _time.GetElapsedTime(at.Monotonic);
            var agrees = Math.Abs((wall - at.Wall - passed).TotalMilliseconds) <= _difference;
            return (agrees ? wall : at.Wall + passed).ToUnixTimeMilliseconds();
        }
    }

    public void Look()
    {
        var drift = Drift();
        if (Math.Abs(drift) <= _difference)
        {
            _agrees = true;
            return;
        }
        if (_agrees || Math.Abs(drift - _drift) > _difference) (_agrees, _since, _drift) = (false, _time.GetTimestamp(), drift);
        else if (_time.GetElapsedTime(_since) > Patience) _base = new Base(_time.GetUtcNow(), _time.GetTimestamp());
    }

    double Drift()
    {
        var at = Volatile.Read(ref _base);
        return (_time.GetUtcNow() - at.Wall).TotalMilliseconds - _time.GetElapsedTime(at.Monotonic).TotalMilliseconds;
    }

    sealed record Base(DateTimeOffset Wall, long Monotonic);
}
