using System.Diagnostics;
using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Adapters.Journals.Sqlite;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Workloads;
using Engine.Host.Cli;

namespace Engine.Benchmarks.InProcess;

/// <summary>How long a store of many orders takes to open, after a kill and after a clean stop.</summary>
static class Opening
{
    public static System.CommandLine.Command Create()
    {
        var orders = Options.Count("--orders", 1_000_000, "In the journal");
        var open = Options.Count("--open", 100_000, "Of these, still open");
        var command = new System.CommandLine.Command("open", "Time to open a journal of many orders, some of them open, after a kill and after a clean stop") { orders, open };
        command.Validators.Add(result =>
        {
            if (result.GetValue(open) > result.GetValue(orders)) result.AddError($"--open is a part of --orders ({result.GetValue(orders)})");
        });
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(orders), parsed.GetValue(open)));
        return command;
    }

    static async Task<int> RunAsync(int orders, int open)
    {
        var folder = BenchStore.NewFolder("open");
        var options = new SqliteJournalOptions { Directory = folder, Partitions = 16 };
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
                var known = await node.ReadAsync<OrderActor>(OrderSource.Actor("0"), (order, _) => order.State);
                // The first order has come to its end, unless all are still open.
                if (known.Reply is not MicroState state || (state == MicroState.Refunded) != (open < orders)) throw new InvalidOperationException($"the first order is {known}");
                if (run == 1) await node.StopAsync(TimeSpan.FromMinutes(2));
            }
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Makes a store of so many orders, all but the last paid, cancelled and refunded.</summary>
    /// <param name="behind">So many others come in between an order and its end.</param>
    public static async Task FillAsync(string folder, int orders, int open, int behind = 0)
    {
        var began = Stopwatch.GetTimestamp();
        using var journal = new SqliteJournal(new SqliteJournalOptions { Directory = folder, Partitions = 16 });
        await using var node = new EngineNode(journal, EngineDomain.Instance, TimeProvider.System);
        await node.OpenAsync();
        var world = new World();
        await world.StockAsync(node, 10_000_000);
        using var persons = new Persons(folder, journal, ahead: true);
        await Fill(node, world, persons, orders, open, behind);
        Console.WriteLine($"filled with {orders:N0} orders, {open:N0} open, in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s; stopped without a checkpoint");
    }

    static async Task Fill(EngineNode node, World world, Persons persons, int orders, int open, int behind)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, 512).Select(caller => Task.Run(async () =>
        {
            var source = new OrderSource(world, persons, caller);
            for (var n = Interlocked.Increment(ref next); n < orders + behind; n = Interlocked.Increment(ref next))
            {
                if (n < orders) await Ask(node, $"{n}", source.Make($"{n}", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), isPaid: true));
                var ending = n - behind;
                if (ending < 0 || ending >= orders - open) continue;
                await Ask(node, $"{ending}", new Intake
                {
                    Platform = "youzan", Shop = "flagship", PlatformOrderId = $"{ending}", Source = "bench", Policy = new ShopPolicy(),
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
            var answer = await node.AskAsync(OrderSource.Actor(id), command, new AskOptions(Tenant: id[^1..], Settle: TimeSpan.FromSeconds(5)));
            if (answer.Kind == AnswerKind.Reply) return;
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
