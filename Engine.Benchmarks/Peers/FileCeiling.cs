using System.Diagnostics;

namespace Engine.Benchmarks.Peers;

/// <summary>The disk alone: what can be appended to one file and flushed. Nothing durable is faster than this.</summary>
static class FileCeiling
{
    const int BytesOfAnOrder = 700;

    /// <param name="orders">In each write.</param>
    /// <returns>Orders a second.</returns>
    public static Figure Run(string folder, int orders, TimeSpan time)
    {
        var path = Path.Combine(folder, "ceiling");
        var block = new byte[orders * BytesOfAnOrder];
        new Random(1).NextBytes(block);
        var times = new Load.Auditing.LatencyHistogram();
        var start = Stopwatch.GetTimestamp();
        long at = 0;
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                var began = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, block, at);
                RandomAccess.FlushToDisk(file);
                at += block.Length;
                times.Record(Stopwatch.GetElapsedTime(began));
            }
        }
        var elapsed = Stopwatch.GetElapsedTime(start);
        File.Delete(path);
        return Figure.Of(times, orders * times.Count / elapsed.TotalSeconds);
    }
}
