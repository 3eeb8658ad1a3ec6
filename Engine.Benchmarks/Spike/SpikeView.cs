using Spectre.Console;
using Spectre.Console.Rendering;

namespace Engine.Benchmarks.Spike;

/// <summary>Shows the spike while it goes: a table that moves on a terminal, a line now and then elsewhere.</summary>
sealed class SpikeView(SpikeOptions options, SpikeCounts counts, IAnsiConsole console)
{
    const string Levels = "▁▂▃▄▅▆▇█";
    const int Width = 60;
    static readonly TimeSpan Often = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan Seldom = TimeSpan.FromSeconds(5);

    /// <summary>Until <paramref name="work"/> has ended.</summary>
    public async Task ShowAsync(Task work, Func<double> now)
    {
        if (!console.Profile.Capabilities.Interactive)
        {
            while (await Task.WhenAny(work, Task.Delay(Seldom)) != work) console.WriteLine(Line(now()));
            return;
        }
        await console.Live(Table(now())).StartAsync(async live =>
        {
            while (await Task.WhenAny(work, Task.Delay(Often)) != work) live.UpdateTarget(Table(now()));
            live.UpdateTarget(Table(now()));
        });
    }

    SpikeSecond Last(double now) => counts.At(Math.Max(0, now - 1));

    string Line(double now)
    {
        var last = Last(now);
        return FormattableString.Invariant($"{now,5:F0} s  pushed {counts.Sent:N0}, acknowledged {counts.Acknowledged:N0} ({last.Acknowledged:N0}/s), p99 {last.Latency.Percentile(0.99).TotalMilliseconds:F1} ms, waiting {last.Waiting:N0}, retries {counts.Retries:N0}");
    }

    Table Table(double now)
    {
        var (last, seconds) = (Last(now), counts.Seconds);
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumns("", "");
        table.Title = new TableTitle(Markup.Escape(FormattableString.Invariant($"{options.Profile} of up to {options.Rate:N0} orders/s against {options.Url}")));
        Row("time", FormattableString.Invariant($"{Math.Min(now, options.Time.TotalSeconds):F0} of {options.Time.TotalSeconds:F0} s{(now > options.Time.TotalSeconds ? ", what follows comes in" : "")}"));
        Row("pushed", FormattableString.Invariant($"{counts.Sent:N0}, {last.Sent:N0} in the last second"));
        Row("acknowledged", FormattableString.Invariant($"{counts.Acknowledged:N0}, {last.Acknowledged:N0} in the last second"));
        Row("", Curve(seconds.Select(s => s.Acknowledged)));
        Row("answered in", FormattableString.Invariant($"p50 {Ms(0.5)}  p99 {Ms(0.99)}  max {Ms(1)} ms in the last second"));
        Row("on their way", FormattableString.Invariant($"{counts.InFlight:N0} of {options.Connections:N0} connections, {last.Waiting:N0} wait"));
        Row("refused for load", FormattableString.Invariant($"{seconds.Sum(s => s.Refused):N0}; not available {seconds.Sum(s => s.Unavailable):N0}, broken off {seconds.Sum(s => s.Broken):N0}, sent again {counts.Retries:N0}"));
        table.Caption = new TableTitle("Ctrl+C: no more orders; what is on its way is awaited and told");
        return table;

        void Row(string name, string value) => table.AddRow(new IRenderable[] { new Text(name), new Text(value) });
        string Ms(double part) => FormattableString.Invariant($"{last.Latency.Percentile(part).TotalMilliseconds:F1}");
    }

    /// <summary>The last minute, a column a second.</summary>
    static string Curve(IEnumerable<int> values)
    {
        var shown = values.TakeLast(Width).ToArray();
        var most = Math.Max(1, shown.DefaultIfEmpty().Max());
        return string.Concat(shown.Select(v => Levels[v * (Levels.Length - 1) / most]));
    }
}
