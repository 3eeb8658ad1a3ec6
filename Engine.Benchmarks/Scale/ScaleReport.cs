using System.Globalization;
using System.Text;
using Engine.Benchmarks.Reporting;

namespace Engine.Benchmarks.Scale;

/// <summary>The results as a page with pictures beside it.</summary>
static class ScaleReport
{
    static readonly (string Axis, string Title, string Unit)[] Axes =
        [("skus", "SKUs in the catalogue", "SKUs"), ("orders", "Open orders of two lines", "open orders"), ("partitions", "Partitions", "partitions"), ("locks", "Open locks of callers", "open locks")];

    /// <summary>The pictures, by file name.</summary>
    public static IEnumerable<(string Name, string Svg)> Pictures(ScaleResults results, string name)
    {
        foreach (var (axis, title, unit) in Axes)
        {
            var points = Of(results, axis);
            if (points.Length < 2) continue;
            var ticks = points.Select(p => ((double)p.Size, Chart.Number(p.Size))).ToArray();
            yield return ($"{name}-{axis}-throughput.svg", Chart.Svg(new ChartOptions($"{title}: throughput", unit, axis == "locks" ? "locks/s" : "orders/s", LogX: true, Ticks: ticks), [new("closed loop", 1, Curve(points, p => p.PerSecond), IsFilled: true, HasDots: true)], alone: true));
            yield return ($"{name}-{axis}-latency.svg", Chart.Svg(new ChartOptions($"{title}: time to the answer", unit, "ms", LogX: true, Ticks: ticks),
                [new("median", 3, Curve(points, p => p.P50), HasDots: true), new("p99", 2, Curve(points, p => p.P99), HasDots: true)], alone: true));
            if (points.Any(p => double.IsFinite(p.BytesEach)))
                yield return ($"{name}-{axis}-memory.svg", Chart.Svg(new ChartOptions($"{title}: memory of each", unit, "bytes", LogX: true, Ticks: ticks), [new("bytes", 4, Curve(points, p => p.BytesEach), IsFilled: true, HasDots: true)], alone: true));
            if (points.Any(p => double.IsFinite(p.OpenSeconds)))
                yield return ($"{name}-{axis}-recovery.svg", Chart.Svg(new ChartOptions($"{title}: from a kill until it serves", unit, "s", LogX: true, Ticks: ticks), [new("seconds", 5, Curve(points, p => p.OpenSeconds), IsFilled: true, HasDots: true)], alone: true));
        }
    }

    static Point[] Of(ScaleResults results, string axis) => [.. results.Points.Where(p => p.Axis == axis).OrderBy(p => p.Size)];

    static (double, double)[] Curve(Point[] points, Func<Point, double> value) => [.. points.Select(p => ((double)p.Size, value(p))).Where(p => double.IsFinite(p.Item2))];

    public static string Markdown(ScaleResults results, string name)
    {
        var text = new StringBuilder("# Cost as work grows\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Commit {results.Commit}, {results.At:yyyy-MM-dd HH:mm} UTC, {results.Machine}. W1 (orders of 1 to 3 lines) in a closed loop of {results.Callers} callers on the same cores, {results.Seconds:0} s a point, SQLite flushed before every answer, no read models.\n");
        var pictures = Pictures(results, name).Select(p => p.Name).ToArray();
        foreach (var (axis, title, unit) in Axes)
        {
            var points = Of(results, axis);
            if (points.Length == 0) continue;
            text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| {unit} | {(axis == "locks" ? "locks/s" : "orders/s")} | p50 ms | p99 ms | CPU µs | journal bytes | memory of each | longest pause ms | open after a kill s | open orders then | lock ended late, p99 ms |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
            foreach (var p in points)
                text.Append(CultureInfo.InvariantCulture, $"| {p.Size:N0} | {p.PerSecond:N0} | {p.P50:0.#} | {p.P99:0.#} | {p.CpuMicros:0.#} | {p.JournalBytes:N0} | {Or(p.BytesEach, "N0")} | {p.LongestPause:0.#} | {Or(p.OpenSeconds, "0.0")} | {(p.OpenedWith > 0 ? p.OpenedWith.ToString("N0", CultureInfo.InvariantCulture) : "")} | {Or(p.LatenessP99, "0.#")} |\n");
            foreach (var picture in pictures.Where(f => f.StartsWith($"{name}-{axis}-", StringComparison.Ordinal))) text.Append(CultureInfo.InvariantCulture, $"\n![{title}]({picture})");
            text.Append('\n');
        }
        foreach (var s in results.Storms)
            text.Append(CultureInfo.InvariantCulture, $"\n## A storm of ends\n\n{s.Orders:N0} locks of orders that end in one and the same moment, {s.OpenBeside:N0} open orders beside them: they ended p50 {s.LatenessP50:N0} ms, p99 {s.LatenessP99:N0} ms, at most {s.LatenessMax:N0} ms late. Ordinary orders, coming all the while, were answered with a p99 of {s.StormP99:0.#} ms; before the storm it was {s.CalmP99:0.#} ms.\n");
        return text.ToString();
    }

    static string Or(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "";
}
