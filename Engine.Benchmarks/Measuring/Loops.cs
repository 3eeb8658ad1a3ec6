using System.Collections.Concurrent;
using System.Diagnostics;
using Engine.Benchmarks.Workloads;

namespace Engine.Benchmarks.Measuring;

/// <summary>The two ways of asking: as fast as one is answered, and at a rate that nobody's answer slows down.</summary>
static class Loops
{
    /// <summary>Each caller asks again when it was answered.</summary>
    public static async Task<Sample> ClosedAsync(IReadOnlyList<Caller> callers, TimeSpan time, Sample? into = null, CancellationToken stop = default)
    {
        var sample = into ?? new Sample();
        var before = callers.Sum(c => c.Units);
        var start = Stopwatch.GetTimestamp();
        var until = start + (long)(time.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(callers.Select(caller => Task.Run(async () =>
        {
            for (var began = Stopwatch.GetTimestamp(); began < until && !stop.IsCancellationRequested; began = Stopwatch.GetTimestamp())
                sample.Record(await caller.StepAsync(), began, began);
        })));
        sample.Elapsed = Stopwatch.GetElapsedTime(start);
        sample.DoneInTime = sample.Done.Count;
        sample.Units = callers.Sum(c => c.Units) - before;
        return sample;
    }

    /// <summary>
    /// So many a second, whatever the engine does: each is timed from the moment it was due, so that one slow answer counts for
    /// all that had to wait behind it (no coordinated omission). What is due is sent every millisecond, and the wait for that
    /// counts too. Ends when all are answered.
    /// </summary>
    /// <param name="make">Makes one more caller: as many as there are answers awaited at once.</param>
    public static async Task<Sample> OpenAsync(Func<Caller> make, double rate, TimeSpan time, Sample? into = null, CancellationToken stop = default)
    {
        var sample = into ?? new Sample();
        var (idle, all) = (new ConcurrentBag<Caller>(), new List<Caller>());
        Exception? failure = null;
        long asked = 0, answered = 0;
        var total = (long)(rate * time.TotalSeconds);
        var start = Stopwatch.GetTimestamp();
        var pacing = new Thread(Pace) { IsBackground = true, Name = "arrivals" };
        pacing.Start();
        await Task.Run(pacing.Join);
        (sample.Elapsed, sample.DoneInTime) = (Stopwatch.GetElapsedTime(start), sample.Done.Count);
        while (Interlocked.Read(ref answered) < asked) await Task.Delay(1);
        if (failure is not null) throw failure;
        sample.Units = all.Sum(c => c.Units);
        return sample;

        void Pace()
        {
            using var never = new ManualResetEventSlim();
            for (long sent = 0; sent < total && !stop.IsCancellationRequested;)
            {
                var due = Math.Min(total, (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * rate) + 1);
                for (; sent < due; sent++, asked++) _ = OneAsync(Take(), start + (long)(sent / rate * Stopwatch.Frequency));
                never.Wait(1);
            }
        }

        Caller Take()
        {
            if (idle.TryTake(out var free)) return free;
            all.Add(make());
            return all[^1];
        }

        async Task OneAsync(Caller caller, long dueAt)
        {
            var sentAt = Stopwatch.GetTimestamp();
            try
            {
                sample.Record(await caller.StepAsync(), dueAt, sentAt);
            }
            catch (Exception e)
            {
                failure = e;
            }
            idle.Add(caller);
            Interlocked.Increment(ref answered);
        }
    }
}
