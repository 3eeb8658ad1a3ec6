using System.CommandLine;
using System.Diagnostics;
using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Views;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Workloads;
using Engine.Host.Cli;

namespace Engine.Benchmarks.InProcess;

/// <summary>What the read models cost: a journal of many orders is projected, then its past is asked for.</summary>
static class Views
{
    public static System.CommandLine.Command Create()
    {
        var orders = Options.Count("--orders", 1_000_000, "In the journal");
        var open = new Option<int?>("--open") { Description = "Of these, still open; a tenth where nothing is said" };
        var behind = Options.Count("--behind", 0, "Orders that come in between one and its end", least: 0);
        var folder = new Option<DirectoryInfo?>("--folder") { Description = "Keeps the store there, or uses the one that is there" };
        var live = new Option<bool>("--live") { Description = "Projects as an engine does that runs: into a file that others may read meanwhile" };
        var ask = new Option<bool>("--ask") { Description = "Only asks" };
        var command = new System.CommandLine.Command("views", "Read models of a journal of many orders, and questions about its past") { orders, open, behind, folder, live, ask };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(orders), parsed.GetValue(open) ?? parsed.GetValue(orders) / 10, parsed.GetValue(behind), parsed.GetValue(folder)?.FullName, parsed.GetValue(live), parsed.GetValue(ask)));
        return command;
    }

    static async Task<int> RunAsync(int orders, int open, int behind, string? kept, bool live, bool onlyAsks)
    {
        var folder = kept ?? BenchStore.NewFolder("views");
        try
        {
            if (!File.Exists(Path.Combine(folder, "journal.db"))) await Opening.FillAsync(folder, orders, open, behind);
            using var journal = new SqliteReader(folder);
            if (!onlyAsks) await ProjectAsync(folder, journal, orders, live);
            return Ask(folder, journal, orders) ? 0 : 1;
        }
        finally
        {
            if (kept is null) Directory.Delete(folder, recursive: true);
        }
    }

    static async Task ProjectAsync(string folder, SqliteReader journal, int orders, bool live)
    {
        foreach (var file in Directory.GetFiles(folder, ReadModels.FileName + "*")) File.Delete(file);
        var newest = Enumerable.Range(0, journal.Partitions).Select(p => journal.ReadFrames(p, 0).Select(f => f.Sequence).LastOrDefault()).ToArray();
        var (began, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var options = new ReadModelOptions { Directory = folder, Journal = journal, Domain = EngineDomain.Instance, Durable = () => newest };
        if (live)
        {
            using var models = new ReadModels(options);
            models.Start();
            while (!await models.CatchUpAsync(TimeSpan.FromSeconds(10)))
                Console.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalSeconds,5:F0} s: {models.Status.Partitions.Sum(p => p.Position):N0} of {newest.Sum():N0} frames");
        }
        else
        {
            ReadModels.RebuildOffline(options, _ => { });
        }
        var (elapsed, spent) = (Stopwatch.GetElapsedTime(began), Environment.CpuUsage.TotalTime - cpu);
        var bytes = new FileInfo(Path.Combine(folder, ReadModels.FileName)).Length;
        Console.WriteLine($"projected           {newest.Sum(),12:N0} frames of {orders:N0} orders in {elapsed.TotalSeconds:F1} s");
        Console.WriteLine($"orders/s            {orders / elapsed.TotalSeconds,12:N0}");
        Console.WriteLine($"cpu µs/order        {spent.TotalMicroseconds / orders,12:F1}");
        Console.WriteLine($"views.db            {bytes,12:N0} bytes, {bytes / orders:N0} an order; the journal {new FileInfo(Path.Combine(folder, "journal.db")).Length / orders:N0}");
    }

    /// <summary>A thousand questions of each kind about instants of the whole run; false where one found nothing.</summary>
    static bool Ask(string folder, SqliteReader journal, int orders)
    {
        using var models = new ReadModels(new ReadModelOptions { Directory = folder, Journal = journal, Domain = EngineDomain.Instance, Durable = () => new long[journal.Partitions] });
        models.Start();
        SpinWait.SpinUntil(() => models.Bytes > 0);
        var (machine, random) = (new TimeMachine(models), new Random(1));
        long Received(int n) => ((OrderActor)machine.At(OrderSource.Actor($"{n}"), PastPoint.Newest)).ReceivedAt;
        var (from, to) = (Received(0), Received(orders - 1));
        PastPoint Instant() => PastPoint.Instant(random.NextInt64(from, to + 1));

        var skus = Time("SKU, any", () => machine.At(ActorId.Sku(World.Sku(random.Next(World.SkusUsual))), Instant()));
        var hot = Time("SKU, the hottest", () => machine.At(ActorId.Sku(World.Sku(0)), Instant()));
        var past = Time("order, any", () => machine.At(OrderSource.Actor($"{random.Next(orders)}"), PastPoint.Instant(to + 1)));
        return skus.All(a => ((SkuActor)a).Known) && hot.All(a => ((SkuActor)a).Version > 0) && past.All(a => ((OrderActor)a).Known);
    }

    static List<Actor> Time(string what, Func<Actor> ask)
    {
        const int Times = 1000;
        var (found, took, cpu) = (new List<Actor>(Times), new double[Times], new double[Times]);
        for (var warm = 0; warm < 50; warm++) ask();
        for (var i = 0; i < Times; i++)
        {
            var (began, spent) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            var actor = ask();
            // As it is shown, with its locks.
            _ = actor is SkuActor sku ? sku.Reservations.Where(r => r.IsLive).OrderBy(r => r.ReservedAt).Select(r => ReservationView.Of(sku.Sku, r)).Append(null).Last() : actor.View(0);
            (took[i], cpu[i]) = (Stopwatch.GetElapsedTime(began).TotalMilliseconds, (Environment.CpuUsage.TotalTime - spent).TotalMilliseconds);
            if (found.Count < 50) found.Add(actor);
        }
        Array.Sort(took);
        Array.Sort(cpu);
        // On a machine that others use too, what a question costs tells more than how long it took.
        Console.WriteLine($"at, {what,-16} ms  p50 {took[Times / 2]:F2}  p99 {took[Times * 99 / 100]:F2}  max {took[^1]:F2};  cpu p50 {cpu[Times / 2]:F2}  p99 {cpu[Times * 99 / 100]:F2}  max {cpu[^1]:F2}");
        return found;
    }
}
