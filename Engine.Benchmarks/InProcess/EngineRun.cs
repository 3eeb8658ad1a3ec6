using System.Diagnostics;
using System.Runtime;
using Engine.Benchmarks.Measuring;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Workloads;

namespace Engine.Benchmarks.InProcess;

/// <param name="Rate">Orders a second for an open loop; 0 for a closed one.</param>
/// <param name="RateIsShare">The rate is a part of what a closed loop, run before, comes to.</param>
/// <param name="OrderTier">How long an unpaid order holds its stock.</param>
sealed record EngineRunOptions(
    Work Work, StoreKind Store, int Callers, double Rate, bool RateIsShare, TimeSpan Warmup, TimeSpan Time, bool Views, bool SealedAhead, int Partitions, int Skus, TimeSpan OrderTier);

/// <summary>
/// The engine in process: orders through mailboxes, deciders and journal, answered when their stock is decided and durable, by
/// callers on the same cores. It checks its own result: what was answered is what is promised, and nothing is oversold.
/// </summary>
sealed class EngineRun(EngineRunOptions options, CancellationToken stop)
{
    const int Units = 1_000_000_000;
    const int OrdersToRead = 20_000;
    static readonly TimeSpan CallersAlone = TimeSpan.FromSeconds(2);
    static readonly TimeSpan CatchUpMax = TimeSpan.FromMinutes(10);

    readonly EngineRunOptions _options = options;
    int _sources;
    long _unitsTaken;

    public async Task<EngineFigures?> RunAsync(TextWriter say)
    {
        await using var rig = await Rig.OpenAsync(_options.Store, _options.Partitions, _options.Skus, Units, _options.Views, _options.SealedAhead);
        using var pauses = new CollectorPauses();
        if (_options.Work == Work.W4) await FillAsync(rig);
        var (callersCpu, callersAllocated) = await CallersAloneAsync(rig);
        var warm = Count(await ClosedAsync(rig, _options.Warmup, null));
        var rate = _options.RateIsShare ? warm.PerSecond * _options.Rate : _options.Rate;

        var sample = new Sample();
        using var timeline = new Timeline(sample, rig);
        pauses.Begin();
        var (before, threads) = (Meter.Read(rig), ThreadTimes.Read());
        Count(rate > 0 ? await Loops.OpenAsync(() => NewCaller(rig), rate, _options.Time, sample, stop) : await ClosedAsync(rig, _options.Time, sample));
        var used = Meter.Read(rig) - before;
        var byThread = ThreadTimes.Since(threads).ToArray();
        var lag = rig.Views?.Lag ?? TimeSpan.Zero;
        var seconds = timeline.End();
        var (orders, longest, caughtUp) = ((double)sample.Done.Count, pauses.Longest, await CatchUpAsync(rig));

        var holds = await HoldsAsync(rig, say);
        return !holds ? null : new EngineFigures
        {
            Work = _options.Work.ToString(), Store = _options.Store.ToString().ToLowerInvariant(), Views = rig.Views is not null, ServerGc = GCSettings.IsServerGC,
            Load = rate > 0 ? FormattableString.Invariant($"{rate:F0} a second") : $"{_options.Callers} callers",
            Seconds = sample.Elapsed.TotalSeconds, Orders = sample.Done.Count, OrdersPerSecond = sample.PerSecond,
            Milliseconds = Latency.Of(sample.Done), Refused = sample.Refused.Count, RefusedMilliseconds = Latency.Of(sample.Refused),
            CpuMicrosPerOrder = used.Cpu.TotalMicroseconds / orders, CallersCpuMicrosPerOrder = callersCpu, CoresBusy = used.Cpu / sample.Elapsed,
            CpuMicrosByThread = byThread.ToDictionary(t => t.Thread, t => t.Millis * 1000 / orders),
            AllocatedPerOrder = used.Allocated / orders, CallersAllocatedPerOrder = callersAllocated,
            FrameBytesPerOrder = used.FrameBytes / orders, KeyBytesPerOrder = _options.Work == Work.W4 ? 0 : rig.Persons.WrappedKeyBytes,
            OrdersPerFrame = orders / Math.Max(1, used.Frames), FramesPerTransaction = used.Frames / Math.Max(1.0, used.Transactions), MessagesPerOrder = used.Messages / orders,
            Gen2 = used.Gen2, PausedMillisPerSecond = used.Paused.TotalMilliseconds / sample.Elapsed.TotalSeconds, LongestPauseMillis = longest.TotalMilliseconds,
            ViewLagSeconds = lag.TotalSeconds, ViewCatchUpSeconds = caughtUp.TotalSeconds, Timeline = seconds,
        };
    }

    /// <summary>Alternating rounds at the knee and beyond it: whether overload costs what was there without it.</summary>
    /// <param name="times">How far beyond.</param>
    public async Task<bool> OverloadAsync(double times, int rounds, TextWriter say)
    {
        await using var rig = await Rig.OpenAsync(_options.Store, _options.Partitions, _options.Skus, Units, _options.Views, _options.SealedAhead);
        Count(await ClosedAsync(rig, _options.Warmup, null));
        var knee = Count(await ClosedAsync(rig, _options.Time, null)).PerSecond;
        say.WriteLine(FormattableString.Invariant($"the knee            {knee:N0} orders/s ({_options.Callers} callers, closed loop)"));
        var (at, beyond, refusals) = (new List<double>(), new List<double>(), new List<Latency>());
        for (var round = 0; round < rounds; round++)
        {
            at.Add(Count(await Loops.OpenAsync(() => NewCaller(rig), knee, _options.Time, null, stop)).PerSecond);
            var over = Count(await Loops.OpenAsync(() => NewCaller(rig), knee * times, _options.Time, null, stop));
            beyond.Add(over.PerSecond);
            refusals.Add(Latency.Of(over.Refused));
            say.WriteLine(FormattableString.Invariant(
                $"round {round + 1}             at the knee {at[^1]:N0}, at {times} times {beyond[^1]:N0}; {over.Refused.Count:N0} refused, answered in ms {refusals[^1]}; the others {Latency.Of(over.Done)}"));
        }
        say.WriteLine(FormattableString.Invariant($"medians             {Statistics.Median(beyond):N0} against {Statistics.Median(at):N0}: {100 * (Statistics.Median(beyond) / Statistics.Median(at) - 1):+0.0;-0.0} %; refusals p99 {refusals.Max(r => r.P99):F1} ms at most"));
        return await HoldsAsync(rig, say);
    }

    Sample Count(Sample sample)
    {
        _unitsTaken += sample.Units;
        return sample;
    }

    Caller NewCaller(Rig rig) => Caller.Of(_options.Work, rig.Node, rig.World, rig.Persons, Interlocked.Increment(ref _sources), (long)_options.OrderTier.TotalMilliseconds);

    Task<Sample> ClosedAsync(Rig rig, TimeSpan time, Sample? sample) =>
        Loops.ClosedAsync([.. Enumerable.Range(0, _options.Callers).Select(_ => NewCaller(rig))], time, sample, stop);

    /// <summary>Something to read.</summary>
    async Task FillAsync(Rig rig)
    {
        var callers = Enumerable.Range(0, 256).Select(_ => Caller.Of(Work.W1, rig.Node, rig.World, rig.Persons, Interlocked.Increment(ref _sources), (long)_options.OrderTier.TotalMilliseconds)).ToArray();
        await Task.WhenAll(callers.Select(async caller =>
        {
            for (var i = 0; i < OrdersToRead / callers.Length; i++) await caller.StepAsync();
        }));
        _unitsTaken += callers.Sum(c => c.Units);
    }

    /// <summary>CPU time (µs) and bytes that the callers themselves cost.</summary>
    async Task<(double Cpu, double Allocated)> CallersAloneAsync(Rig rig)
    {
        var nothing = new NoEngine();
        var callers = Enumerable.Range(0, _options.Callers)
            .Select(_ => Caller.Of(_options.Work, nothing, rig.World, rig.Persons, Interlocked.Increment(ref _sources), (long)_options.OrderTier.TotalMilliseconds)).ToArray();
        await Loops.ClosedAsync(callers, CallersAlone / 2);
        var before = Meter.Read(null);
        var sample = await Loops.ClosedAsync(callers, CallersAlone);
        var used = Meter.Read(null) - before;
        return (used.Cpu.TotalMicroseconds / sample.Done.Count, (double)used.Allocated / sample.Done.Count);
    }

    static async Task<TimeSpan> CatchUpAsync(Rig rig)
    {
        if (rig.Views is null) return TimeSpan.Zero;
        var start = Stopwatch.GetTimestamp();
        if (!await rig.Views.CatchUpAsync(CatchUpMax)) throw new InvalidOperationException($"the read models have not caught up in {CatchUpMax}");
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Every unit that was answered is promised, and none besides; less where locks have ended meanwhile.</summary>
    async Task<bool> HoldsAsync(Rig rig, TextWriter say)
    {
        var (promised, oversold) = await rig.CountAsync();
        var holds = oversold == 0 && (promised == _unitsTaken || (promised < _unitsTaken && _options.OrderTier < TimeSpan.FromMinutes(15)));
        if (!holds) say.WriteLine($"WRONG: orders of {_unitsTaken:N0} units were taken, {promised:N0} are promised, {oversold} SKUs are oversold");
        return holds;
    }
}
