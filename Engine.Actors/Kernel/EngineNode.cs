using System.Collections.Concurrent;
using Engine.Actors.Asking;
using Engine.Actors.Clocks;
using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Trials;

namespace Engine.Actors.Kernel;

/// <summary>All partitions of one process, and what connects them.</summary>
public sealed class EngineNode : IEngine, IPartitionHost, IAsyncDisposable
{
    static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(20);

    readonly Partition[] _partitions;
    readonly bool[] _wanted;
    readonly long[][] _lastSent;
    readonly ClockGuard _clock;
    readonly QuestionPace _questions;
    readonly ConcurrentQueue<(int From, int To)> _failedResends = new();
    ITimer? _ticker;
    long _nextRound, _openings;
    volatile bool _stopping;

    public EngineNode(IJournal journal, IDomain domain, TimeProvider time, IScheduler? scheduler = null, Limits? limits = null, string owner = "node", KernelFault fault = KernelFault.None)
    {
        (Journal, Domain, Time, Owner, Fault) = (journal, domain, time, owner, fault);
        Scheduler = scheduler ?? new ThreadPoolScheduler();
        Limits = limits ?? new Limits();
        _questions = new QuestionPace(Limits);
        _clock = new ClockGuard(time, Limits.ClockDifference, trustsAny: fault == KernelFault.TrustAnyClock);
        _lastSent = new long[journal.Partitions][];
        for (var i = 0; i < _lastSent.Length; i++) _lastSent[i] = new long[journal.Partitions];
        _partitions = new Partition[journal.Partitions];
        for (var i = 0; i < _partitions.Length; i++) _partitions[i] = new Partition(i, this);
        _wanted = new bool[journal.Partitions];
        Array.Fill(_wanted, true);
    }

    public IDomain Domain { get; }
    public IJournal Journal { get; }
    public IScheduler Scheduler { get; }
    public TimeProvider Time { get; }
    public Limits Limits { get; }
    public KernelFault Fault { get; }
    public string Owner { get; }

    /// <summary>Set before anything is opened where the partitions are shared with other nodes: then the node owns none until it is told to.</summary>
    public IOwnership? Ownership
    {
        get;
        set
        {
            field = value;
            Array.Fill(_wanted, value is null);
        }
    }

    public int Partitions => _partitions.Length;
    public bool IsReady => !_stopping && Journal.IsWritable && !IsSettling && (Ownership?.MayAnswer ?? Array.Exists(_partitions, p => p.IsOpen)) && Array.TrueForAll(_partitions, p => p.IsOpen || p.Fault is not null || !IsWanted(p.Number));
    public bool IsWritable => Journal.IsWritable;
    /// <summary>Somewhere nothing is decided until it is known whether the last frame is durable.</summary>
    public bool IsSettling => Array.Exists(_partitions, p => p.IsSettling);
    /// <summary>Something is being decided, waits to be, or is on its way to the disk.</summary>
    public bool IsBusy => Array.Exists(_partitions, p => p.IsOpen && !p.IsIdle);
    public IReadOnlyList<PartitionStatus> Status => Array.ConvertAll(_partitions, p => p.Status);
    public IReadOnlyList<PartitionCounters> Counters => Array.ConvertAll(_partitions, p => p.Counters);

    /// <summary>Milliseconds by the monotonic clock.</summary>
    public long Uptime => (long)Time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>The time to decide by: the wall clock's, and while it has jumped what it would be without (<see cref="ClockGuard"/>).</summary>
    public long Now => _clock.Now;

    /// <summary>False while wall and monotonic clock disagree: nothing expires by itself then.</summary>
    public bool MayExpire => _clock.Agrees;

    /// <summary>Compares the wall clock with the store's, which read <paramref name="store"/> at some moment between the monotonic timestamp <paramref name="asked"/> and now.</summary>
    public void CompareClock(DateTimeOffset store, long asked) => _clock.Compare(store, asked);

    /// <summary>The wall clock and the store's have agreed at least once.</summary>
    public bool HasComparedClock => _clock.HasCompared;

    public bool IsWanted(int partition) => Volatile.Read(ref _wanted[partition]);

    public bool IsOpen(int partition) => _partitions[partition].IsOpen;

    /// <summary>Takes the partition over and serves it.</summary>
    public void Take(int partition)
    {
        Volatile.Write(ref _wanted[partition], true);
        Scheduler.RunBlocking(_partitions[partition].OpenIfClosed);
    }

    /// <summary>Writes a checkpoint while the partition serves on, then lets what has been taken in be answered, and closes it (<see cref="IOwnership.Left"/>).</summary>
    public void HandOver(int partition) => _partitions[partition].Leave();

    /// <summary>Another node has taken the partition over under that epoch; what is left of it here goes.</summary>
    public void Drop(int partition, long epoch) => _partitions[partition].Drop(epoch);

    /// <summary>Messages have come from a partition that is owned elsewhere.</summary>
    public void Receive(Delivery delivery)
    {
        Volatile.Write(ref _lastSent[delivery.From][delivery.To], Math.Max(delivery.Last, LastSentOf(delivery.From, delivery.To)));
        Scheduler.Deliver(_partitions[delivery.To], delivery);
    }

    /// <summary>A link from a partition that is owned elsewhere has got so far.</summary>
    public void Hear(int from, int to, long number)
    {
        Volatile.Write(ref _lastSent[from][to], Math.Max(number, LastSentOf(from, to)));
        _partitions[to].Hear(from, number);
    }

    /// <summary>Tells the links of the open partitions to one that is owned elsewhere.</summary>
    public void AnnounceTo(int to)
    {
        if (Ownership is not { } ownership || Fault == KernelFault.AnnounceNothing) return;
        foreach (var partition in _partitions)
            if (partition.IsOpen && LastSentOf(partition.Number, to) is var number and > 0) ownership.Announce(partition.Number, to, number);
    }

    long LastSentOf(int from, int to) => Volatile.Read(ref _lastSent[from][to]);

    public ITailRecord? Tails { get; init; }

    /// <summary>Is told which partition stopped and why.</summary>
    public Action<int, string>? PartitionStopped { get; set; }

    /// <summary>Opens the partitions that are this node's; returns when each serves or has stopped for a fault.</summary>
    public async Task OpenAsync()
    {
        await Parallel.ForEachAsync(_partitions, (partition, _) =>
        {
            partition.OpenIfClosed();
            return ValueTask.CompletedTask;
        });
        _ticker = Time.CreateTimer(_ => Tick(), null, TickEvery, TickEvery);
    }

    /// <summary>Opens all partitions one after the other, on this thread and without a ticker: for the simulation.</summary>
    public void Open()
    {
        foreach (var partition in _partitions) partition.Open();
    }

    public bool Refuses(ActorId to, Lane lane, string tenant) => _partitions[to.PartitionOf(Partitions)].Refuses(lane, tenant);

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
        var look = new ActorLook<TActor>(read, this, id.PartitionOf(Partitions)) { Id = id };
        _partitions[id.PartitionOf(Partitions)].Post(look);
        return new ValueTask<Answer>(look.Task);
    }

    public async Task<IReadOnlyList<T>> ScanAsync<TActor, T>(ActorKind kind, Func<TActor, long, T?> pick, bool orFail = false) where TActor : Actor where T : class
    {
        var looks = Array.ConvertAll(_partitions, partition =>
        {
            var look = new ScanLook<TActor, T>(pick, orFail) { Kind = kind };
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
            else if (round && partition.IsClosed && IsWanted(partition.Number) && !_stopping) Scheduler.RunBlocking(() => partition.OpenIfClosed());
        }
    }

    void IPartitionHost.Deliver(Delivery delivery)
    {
        if (IsWanted(delivery.To)) Scheduler.Deliver(_partitions[delivery.To], delivery);
        // One that was to go ahead when this node had lost the partition already goes when it is durable.
        else if (delivery.Streak is null || Fault == KernelFault.SendAheadElsewhere) Ownership!.Deliver(delivery);
    }

    bool IPartitionHost.MayAnswer(int partition) => Ownership is null || Fault == KernelFault.ReadWithoutLease || (Ownership.MayAnswer && !_partitions[partition].IsOvertaken);

    Lease IPartitionHost.Acquire(int partition) => Ownership is null ? Journal.Acquire(partition, Owner) : Ownership.Acquire(partition);

    QuestionPace IPartitionHost.Questions => _questions;

    bool IPartitionHost.Lost(int partition)
    {
        if (Ownership is null) return false;
        Volatile.Write(ref _wanted[partition], false);
        Ownership.Lost(partition);
        return true;
    }

    void IPartitionHost.Left(int partition, long epoch)
    {
        Volatile.Write(ref _wanted[partition], false);
        Ownership!.Left(partition, epoch);
    }

    void IPartitionHost.Sent(int from, int to, long number) => Volatile.Write(ref _lastSent[from][to], number);

    long IPartitionHost.LastSent(int from, int to) => LastSentOf(from, to);

    long IPartitionHost.Upheavals => Journal.Streak.GetValueOrDefault() + Volatile.Read(ref _openings);

    void IPartitionHost.HasOpened() => Interlocked.Increment(ref _openings);

    void IPartitionHost.Announce(int from)
    {
        for (var to = 0; to < _partitions.Length; to++)
        {
            var number = LastSentOf(from, to);
            if (IsWanted(to)) _partitions[to].Hear(from, number);
            else if (number > 0 && Fault != KernelFault.AnnounceNothing) Ownership!.Announce(from, to, number);
        }
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
}
