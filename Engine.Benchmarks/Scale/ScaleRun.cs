using Engine.Benchmarks.InProcess;
using Engine.Benchmarks.Measuring;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Workloads;

namespace Engine.Benchmarks.Scale;

/// <param name="Storm">Orders whose locks all end in one moment; 0 for none.</param>
sealed record ScaleOptions(
    IReadOnlyList<int> Skus, IReadOnlyList<int> Orders, IReadOnlyList<int> Partitions, IReadOnlyList<int> Locks, int Storm, int Callers, TimeSpan Time);

/// <summary>One point of one axis.</summary>
/// <param name="Axis"><c>skus</c>, <c>orders</c>, <c>partitions</c> or <c>locks</c>.</param>
/// <param name="BytesEach">Of memory for each open order or lock; NaN where it was not measured.</param>
/// <param name="LongestPause">Of the collector while it was measured, milliseconds.</param>
/// <param name="OpenedWith">Orders that were open at the kill: those of the measuring as well.</param>
sealed record Point(
    string Axis, int Size, double PerSecond, double P50, double P99, double CpuMicros, double JournalBytes, double BytesEach, double LongestPause, double OpenSeconds, int OpenedWith, double LatenessP99);

/// <param name="CalmP99">Of ordinary orders before the storm, milliseconds.</param>
/// <param name="StormP99">Of ordinary orders while it lasted.</param>
sealed record Storm(int Orders, int OpenBeside, double LatenessP50, double LatenessP99, double LatenessMax, double CalmP99, double StormP99);

sealed record ScaleResults(string Commit, string Machine, DateTimeOffset At, double Seconds, int Callers)
{
    public List<Point> Points { get; init; } = [];
    public List<Storm> Storms { get; init; } = [];
}

/// <summary>What the engine costs as the work grows: on the embedded store, in process, without read models.</summary>
sealed class ScaleRun(ScaleOptions options, TextWriter say, CancellationToken stop)
{
    const int Units = 1_000_000_000;
    const int LinesOfOpenOrders = 2;
    const int PartitionsUsual = 16;
    const int Filling = 1024;
    // Of what the engine takes at most: room for the storm beside it.
    const double OrdinaryShare = 0.3;
    static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    static readonly TimeSpan EndMax = TimeSpan.FromMinutes(2);

    readonly ScaleResults _results = new(Machine.Commit(), Machine.Describe(), TimeProvider.System.GetUtcNow(), options.Time.TotalSeconds, options.Callers);
    readonly CollectorPauses _pauses = new();
    int _sources;

    public async Task<ScaleResults> RunAsync()
    {
        foreach (var skus in options.Skus) await BySkusAsync(skus);
        foreach (var partitions in options.Partitions) await ByPartitionsAsync(partitions);
        foreach (var locks in options.Locks) await ByLocksAsync(locks);
        foreach (var orders in options.Orders) await ByOrdersAsync(orders);
        _pauses.Dispose();
        return _results;
    }

    static Task<Rig> OpenAsync(int skus, int partitions) => Rig.OpenAsync(StoreKind.Sqlite, partitions, skus, Units, views: false, sealedAhead: true);

    async Task BySkusAsync(int skus)
    {
        await using var rig = await OpenAsync(skus, PartitionsUsual);
        Add(await MeasureAsync(rig, "skus", skus));
    }

    async Task ByPartitionsAsync(int partitions)
    {
        await using var rig = await OpenAsync(World.SkusUsual, partitions);
        Add(await MeasureAsync(rig, "partitions", partitions));
    }

    /// <summary>Open orders of two lines: what they take, what an order costs beside them, and what a restart takes.</summary>
    async Task ByOrdersAsync(int orders)
    {
        await using var rig = await OpenAsync(World.SkusUsual, PartitionsUsual);
        var each = await FillAsync(orders, () => new OrderCaller(rig.Node, new OrderSource(rig.World, rig.Persons, ++_sources, lines: LinesOfOpenOrders, orderTier: (long)Hour.TotalMilliseconds), pays: false));
        var point = await MeasureAsync(rig, "orders", orders);
        var open = orders + (int)(point.PerSecond * (options.Time + WarmUp).TotalSeconds);
        if (options.Storm > 0 && orders == options.Orders.Max())
        {
            _results.Storms.Add(await StormAsync(rig, point.PerSecond * OrdinaryShare, open));
            Show(_results.Storms[^1]);
        }
        var seconds = (await rig.KillAndOpenAsync()).TotalSeconds;
        Add(point with { BytesEach = each, OpenSeconds = seconds, OpenedWith = open });
    }

    /// <summary>Locks of callers: what they take, and beside them some that end while new ones come.</summary>
    async Task ByLocksAsync(int locks)
    {
        await using var rig = await OpenAsync(World.SkusUsual, PartitionsUsual);
        var each = await FillAsync(locks, () => new LockCaller(rig.Node, rig.World, ++_sources, Hour));
        var audit = new LatenessAudit(rig.Node);
        var ending = Enumerable.Range(0, options.Callers).Select(_ => (Caller)new LockCaller(rig.Node, rig.World, ++_sources, Soon)).ToArray();
        _pauses.Begin();
        var before = Meter.Read(rig);
        var sample = await Loops.ClosedAsync(ending, options.Time, null, stop);
        var used = Meter.Read(rig) - before;
        await UntilEndedAsync(audit);
        Add(new Point("locks", locks, sample.PerSecond, Ms(sample, 0.5), Ms(sample, 0.99), used.Cpu.TotalMicroseconds / sample.Done.Count, (double)used.FrameBytes / sample.Done.Count, each,
            _pauses.Longest.TotalMilliseconds, double.NaN, 0, audit.Lateness.Percentile(0.99).TotalMilliseconds));
    }

    /// <summary>Orders that were all placed in one moment, so that their locks end in one; ordinary ones come beside them all the time.</summary>
    async Task<Storm> StormAsync(Rig rig, double ordinary, int open)
    {
        var audit = new LatenessAudit(rig.Node);
        // Long enough to get them all in before the first one ends, also where the machine is slow for a while.
        var tier = TimeSpan.FromSeconds(Math.Max(40, options.Storm / (ordinary / OrdinaryShare) * 5));
        var placed = TimeProvider.System.GetUtcNow();
        await FillAsync(options.Storm, () => new StormCaller(rig.Node, new OrderSource(rig.World, rig.Persons, ++_sources, lines: 1, orderTier: (long)tier.TotalMilliseconds), placed.ToUnixTimeMilliseconds()));
        var calm = await Loops.OpenAsync(() => Ordinary(rig), ordinary, options.Time, null, stop);
        var left = placed + tier - TimeProvider.System.GetUtcNow();
        if (left < TimeSpan.Zero) throw new InvalidOperationException($"the {options.Storm:N0} orders of the storm took longer to place than their locks hold ({tier.TotalSeconds:F0} s)");
        await Task.Delay(left, stop);
        var during = await Loops.OpenAsync(() => Ordinary(rig), ordinary, options.Time, null, stop);
        await UntilEndedAsync(audit, leaves: (int)(calm.Done.Count + during.Done.Count));
        return new Storm(options.Storm, open, audit.Lateness.Percentile(0.5).TotalMilliseconds, audit.Lateness.Percentile(0.99).TotalMilliseconds, audit.Lateness.Percentile(1).TotalMilliseconds, Ms(calm, 0.99), Ms(during, 0.99));
    }

    Caller Ordinary(Rig rig) => new OrderCaller(rig.Node, new OrderSource(rig.World, rig.Persons, Interlocked.Increment(ref _sources), lines: 1, orderTier: (long)Hour.TotalMilliseconds), pays: false);

    /// <param name="leaves">Locks that go on beside.</param>
    async Task UntilEndedAsync(LatenessAudit audit, int leaves = 0)
    {
        for (var waited = TimeSpan.Zero; ; waited += TimeSpan.FromMilliseconds(500))
        {
            audit.Read();
            if (audit.Open <= leaves) return;
            if (waited > EndMax) throw new InvalidOperationException($"{audit.Open - leaves:N0} locks have not ended");
            await Task.Delay(TimeSpan.FromMilliseconds(500), stop);
        }
    }

    async Task<Point> MeasureAsync(Rig rig, string axis, int size)
    {
        Caller[] callers = [.. Enumerable.Range(0, options.Callers).Select(_ => Caller.Of(Work.W1, rig.Node, rig.World, rig.Persons, ++_sources, (long)Hour.TotalMilliseconds))];
        await Loops.ClosedAsync(callers, WarmUp, null, stop);
        _pauses.Begin();
        var before = Meter.Read(rig);
        var sample = await Loops.ClosedAsync(callers, options.Time, null, stop);
        var used = Meter.Read(rig) - before;
        stop.ThrowIfCancellationRequested();
        if ((await rig.CountAsync()).Oversold > 0) throw new InvalidOperationException("stock is oversold");
        return new Point(axis, size, sample.PerSecond, Ms(sample, 0.5), Ms(sample, 0.99), used.Cpu.TotalMicroseconds / sample.Done.Count, (double)used.FrameBytes / sample.Done.Count, double.NaN,
            _pauses.Longest.TotalMilliseconds, double.NaN, 0, double.NaN);
    }

    /// <returns>Bytes of memory that each has taken.</returns>
    async Task<double> FillAsync(int count, Func<Caller> make)
    {
        var (left, before) = (count, Memory());
        await Task.WhenAll(Enumerable.Range(0, Filling).Select(_ => make()).ToArray().Select(caller => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0 && !stop.IsCancellationRequested)
                while (await caller.StepAsync() == Outcome.Refused) await Task.Delay(10, stop);
        })));
        stop.ThrowIfCancellationRequested();
        return (double)(Memory() - before) / count;
    }

    static long Memory()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    static double Ms(Sample sample, double part) => sample.Done.Percentile(part).TotalMilliseconds;

    void Add(Point p)
    {
        _results.Points.Add(p);
        say.WriteLine(FormattableString.Invariant(
            $"{p.Axis,-10} {p.Size,10:N0}  {p.PerSecond,8:N0}/s  p50 {p.P50,6:F1}  p99 {p.P99,6:F1} ms  {p.CpuMicros,5:F0} µs  {p.JournalBytes,5:F0} B journal  {p.BytesEach,6:F0} B each  pause {p.LongestPause,5:F0} ms  opened in {p.OpenSeconds,5:F1} s with {p.OpenedWith,9:N0}  late p99 {p.LatenessP99,5:F0} ms"));
    }

    void Show(Storm s) => say.WriteLine(FormattableString.Invariant(
        $"storm      {s.Orders,10:N0}  late p50 {s.LatenessP50:F0}  p99 {s.LatenessP99:F0}  max {s.LatenessMax:F0} ms; ordinary orders p99 {s.StormP99:F1} ms, before {s.CalmP99:F1} ms; {s.OpenBeside:N0} orders open beside"));
}

/// <summary>Orders that claim to have been placed in one given moment.</summary>
sealed class StormCaller(Actors.Asking.IEngine engine, OrderSource orders, long placedAt) : Caller(engine)
{
    public override async ValueTask<Outcome> StepAsync()
    {
        var order = orders.Next(placedAt);
        return OutcomeOf(await Engine.AskAsync(OrderSource.Actor(order.PlatformOrderId), order, Settled));
    }
}
