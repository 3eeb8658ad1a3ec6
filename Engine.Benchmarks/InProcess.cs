using System.Diagnostics;
using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Adapters.Journals.Sqlite;

namespace Engine.Benchmarks;

/// <summary>
/// Orders through mailboxes, deciders and journal, answered when their stock is decided and durable; a closed loop of callers
/// on the same cores. Prints throughput, latency, bytes and allocations per order, and checks that nothing was oversold.
/// </summary>
static class InProcess
{
    public static async Task<int> RunAsync(string[] args)
    {
        var seconds = Option(args, "--seconds", 10);
        var callers = Option(args, "--callers", 256);
        var memory = Array.IndexOf(args, "memory") >= 0;
        var folder = Path.Combine(Path.GetTempPath(), $"engine-bench-{Environment.ProcessId}");
        try
        {
            using IJournal journal = memory ? new MemoryJournal(16) : new SqliteJournal(new SqliteJournalOptions { Directory = folder, Partitions = 16, TimeProvider = TimeProvider.System });
            await using var node = new EngineNode(journal, EngineDomain.Instance, TimeProvider.System);
            await node.OpenAsync();
            await World.StockAsync(node, 1_000_000);
            await RunFor(node, callers, 2, "warm");
            var frames = node.Counters.Sum(c => c.Frames);
            var bytes = node.Counters.Sum(c => c.FrameBytes);
            var allocated = GC.GetTotalAllocatedBytes();
            var (gc, pause) = (GC.CollectionCount(2), GC.GetTotalPauseDuration());
            var process = Process.GetCurrentProcess();
            var cpu = process.TotalProcessorTime;
            var (orders, latencies, elapsed) = await RunFor(node, callers, seconds, "run");
            process.Refresh();
            Array.Sort(latencies);
            Console.WriteLine($"store {(memory ? "memory" : "sqlite")}, {callers} callers, {elapsed:F1} s");
            Console.WriteLine($"orders/s            {orders / elapsed,12:N0}");
            Console.WriteLine($"latency ms          p50 {At(latencies, 0.5):F2}  p99 {At(latencies, 0.99):F2}  p99.9 {At(latencies, 0.999):F2}");
            Console.WriteLine($"cpu µs/order        {(process.TotalProcessorTime - cpu).TotalMicroseconds / orders,12:F1}");
            Console.WriteLine($"allocated/order     {(GC.GetTotalAllocatedBytes() - allocated) / orders,12:N0} bytes");
            Console.WriteLine($"journal/order       {(node.Counters.Sum(c => c.FrameBytes) - bytes) / orders,12:N0} bytes");
            Console.WriteLine($"orders/frame        {(double)orders / (node.Counters.Sum(c => c.Frames) - frames),12:F2}");
            Console.WriteLine($"gen2 collections    {GC.CollectionCount(2) - gc,12}");
            Console.WriteLine($"collector pauses    {(GC.GetTotalPauseDuration() - pause).TotalMilliseconds / elapsed,12:N0} ms a second");
            var oversold = await node.ScanAsync<SkuActor, string>(ActorKind.Sku, (sku, _) => sku.Warehouses.Any(w => w.Reserved + w.Committed > w.OnHand + w.Shortage) ? sku.Sku : null);
            Console.WriteLine($"oversold            {oversold.Count,12}");
            await node.StopAsync(TimeSpan.FromSeconds(30));
            return oversold.Count == 0 ? 0 : 1;
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    static double At(double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];

    static async Task<(long Orders, double[] Latencies, double Elapsed)> RunFor(EngineNode node, int callers, int seconds, string run)
    {
        var start = Stopwatch.GetTimestamp();
        var until = start + seconds * Stopwatch.Frequency;
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var world = new World(caller);
            var latencies = new List<double>(100_000);
            for (var n = 0; Stopwatch.GetTimestamp() < until; n++)
            {
                var id = $"{run}-{caller}-{n}";
                var began = Stopwatch.GetTimestamp();
                var answer = await node.AskAsync(World.OrderId(id), world.Order(id, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()),
                    new AskOptions(Tenant: "flagship", WithView: true, Settle: TimeSpan.FromSeconds(5)));
                if (answer.View is not OrderView { State: MicroState.AwaitingPayment }) throw new InvalidOperationException($"{id}: {answer}");
                latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            return latencies;
        })));
        var merged = all.SelectMany(l => l).ToArray();
        return (merged.Length, merged, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    internal static int Option(string[] args, string name, int fallback)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length && int.TryParse(args[at + 1], out var value) ? value : fallback;
    }
}
