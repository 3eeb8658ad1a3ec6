using System.Diagnostics;
using Engine.Actors;
using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Views;

namespace Engine.Benchmarks;

/// <summary>What the read models cost: a journal of many orders is projected, then its past is asked for.</summary>
static class Views
{
    public static async Task<int> RunAsync(string[] args)
    {
        var orders = InProcess.Option(args, "--orders", 1_000_000);
        var open = InProcess.Option(args, "--open", orders / 10);
        var folder = args.SkipWhile(a => a != "--folder").Skip(1).FirstOrDefault() ?? Path.Combine(Path.GetTempPath(), $"engine-views-{Environment.ProcessId}");
        var isKept = Array.IndexOf(args, "--folder") >= 0;
        try
        {
            if (!File.Exists(Path.Combine(folder, "journal.db"))) await Opening.FillAsync(folder, orders, open);
            using var journal = new SqliteReader(folder);
            Project(folder, journal, orders);
            return 0;
        }
        finally
        {
            if (!isKept && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    static void Project(string folder, SqliteReader journal, int orders)
    {
        var (began, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        long frames = 0;
        ReadModels.RebuildOffline(new ReadModelOptions { Directory = folder, Journal = journal, Domain = EngineDomain.Instance, Durable = () => [] }, n => frames = n);
        var (elapsed, spent) = (Stopwatch.GetElapsedTime(began), Environment.CpuUsage.TotalTime - cpu);
        var bytes = new FileInfo(Path.Combine(folder, ReadModels.FileName)).Length;
        Console.WriteLine($"projected           {frames,12:N0} frames of {orders:N0} orders in {elapsed.TotalSeconds:F1} s");
        Console.WriteLine($"orders/s            {orders / elapsed.TotalSeconds,12:N0}");
        Console.WriteLine($"cpu µs/order        {spent.TotalMicroseconds / orders,12:F1}");
        Console.WriteLine($"views.db            {bytes,12:N0} bytes, {bytes / orders:N0} an order; the journal {new FileInfo(Path.Combine(folder, "journal.db")).Length / orders:N0}");
    }
}
