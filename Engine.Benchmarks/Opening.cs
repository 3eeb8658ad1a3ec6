using System.Diagnostics;
using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Adapters.Journals.Sqlite;

namespace Engine.Benchmarks;

/// <summary>How long a store of many orders takes to open, after a kill and after a clean stop.</summary>
static class Opening
{
    public static async Task<int> RunAsync(string[] args)
    {
        var orders = InProcess.Option(args, "--orders", 1_000_000);
        var open = InProcess.Option(args, "--open", 100_000);
        var folder = Path.Combine(Path.GetTempPath(), $"engine-open-{Environment.ProcessId}");
        var options = new SqliteJournalOptions { Directory = folder, Partitions = 16, TimeProvider = TimeProvider.System };
        try
        {
            await FillAsync(folder, orders, open);
            for (var run = 1; run <= 2; run++)
            {
                var began = Stopwatch.GetTimestamp();
                using var journal = new SqliteJournal(options);
                await using var node = new EngineNode(journal, EngineDomain.Instance, TimeProvider.System);
                await node.OpenAsync();
                Console.WriteLine($"opened in {Stopwatch.GetElapsedTime(began).TotalSeconds:F2} s {(run == 1 ? "after a kill" : "after a clean stop")}; "
                    + $"{node.Status.Sum(s => s.ActorsLoaded):N0} actors in memory, {node.Status.Sum(s => s.ActorsStored):N0} stored, {node.Status.Sum(s => s.OpenDeadlines):N0} deadlines");
                var known = await node.ReadAsync<OrderActor>(World.OrderId("0"), (order, _) => order.State);
                if (known.Reply is not MicroState.Refunded) throw new InvalidOperationException($"the first order is {known}");
                if (run == 1) await node.StopAsync(TimeSpan.FromMinutes(2));
            }
            return 0;
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Makes a store of so many orders, all but the last paid, cancelled and refunded.</summary>
    public static async Task FillAsync(string folder, int orders, int open)
    {
        var began = Stopwatch.GetTimestamp();
        using var journal = new SqliteJournal(new SqliteJournalOptions { Directory = folder, Partitions = 16, TimeProvider = TimeProvider.System });
        await using var node = new EngineNode(journal, EngineDomain.Instance, TimeProvider.System);
        await node.OpenAsync();
        await World.StockAsync(node, 10_000_000);
        await Fill(node, orders, open);
        Console.WriteLine($"filled with {orders:N0} orders, {open:N0} open, in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s; stopped without a checkpoint");
    }

    static async Task Fill(EngineNode node, int orders, int open)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, 512).Select(caller => Task.Run(async () =>
        {
            var world = new World(caller);
            for (var n = Interlocked.Increment(ref next); n < orders; n = Interlocked.Increment(ref next))
            {
                await Ask(node, $"{n}", world.Order($"{n}", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), paid: true));
                if (n >= orders - open) continue;
                await Ask(node, $"{n}", new Intake
                {
                    Platform = "youzan", Shop = "flagship", PlatformOrderId = $"{n}", Source = "bench", Policy = new ShopPolicy(),
                    Cancellation = new Cancellation("bench", "bench"),
                    Refund = new RefundFact { Reference = "r", Status = RefundProgress.Succeeded, Full = true, Amount = PaymentFact.Whole },
                });
            }
        })));
    }

    static async Task Ask(EngineNode node, string id, Command command)
    {
        while (true)
        {
            var answer = await node.AskAsync(World.OrderId(id), command, new AskOptions(Tenant: id[^1..], Settle: TimeSpan.FromSeconds(5)));
            if (answer.Kind == AnswerKind.Reply) return;
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
