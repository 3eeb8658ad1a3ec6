using System.Globalization;
using System.Net;
using System.Text;
using Engine.Benchmarks.Measuring;
using Engine.Benchmarks.Reporting;
using Engine.Load.Auditing;
using Spectre.Console;

namespace Engine.Benchmarks.Spike;

/// <summary>What came of a spike, for a terminal and as one HTML file that needs nothing else.</summary>
static class SpikeReport
{
    static readonly double[] Percentiles = [0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1];

    const string Style = """
        :root{color-scheme:light dark;--ink:#0f172a;--mute:#64748b;--paper:#fff;--back:#f1f5f9;--line:#e2e8f0;--good:#15803d;--bad:#b91c1c}
        @media (prefers-color-scheme:dark){:root{--ink:#f1f5f9;--mute:#94a3b8;--paper:#131c2b;--back:#0b1220;--line:#2a3648;--good:#4ade80;--bad:#f87171}}
        *{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans CJK SC",sans-serif}
        main{max-width:1360px;margin:0 auto;padding:32px 24px 56px}h1{font-size:26px;margin:0 0 2px;letter-spacing:-.01em}h2{font-size:17px;margin:36px 0 12px}p{margin:4px 0;color:var(--mute)}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:22px 0 14px}.tile,.card{background:var(--paper);border:1px solid var(--line);border-radius:12px}
        .tile{padding:12px 14px}.tile b{display:block;font-size:22px;line-height:1.3;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.01em}.tile span{color:var(--mute);font-size:13px}
        .good b{color:var(--good)}.bad b{color:var(--bad)}.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(520px,100%),1fr));gap:14px}.card{padding:6px 4px}.card svg{display:block;width:100%;height:auto}
        .card svg .p{display:none}table{border-collapse:collapse;width:100%}td,th{padding:7px 14px;text-align:left;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}th{color:var(--mute);font-weight:500}
        tr:last-child td,tr:last-child th{border-bottom:0}td:last-child{text-align:right}.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:14px;align-items:start}.wrong{color:var(--bad)}
        """;

    public static void Show(SpikeOutcome o, string path, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "");
        foreach (var (name, value) in Figures(o)) table.AddRow(Markup.Escape(name), Markup.Escape(value));
        console.Write(table);
        foreach (var example in o.Tally?.Examples ?? []) console.WriteLine(example);
        console.WriteLine($"Report: {path}");
    }

    static IEnumerable<(string Name, string Value)> Figures(SpikeOutcome o)
    {
        var seconds = o.Counts.Seconds;
        yield return ("orders", Number(o.Orders));
        yield return ("messages acknowledged", Number(o.Counts.Acknowledged));
        yield return ("most in a second", Number(seconds.Max(s => s.Acknowledged)));
        yield return ("acknowledged in, from when due", FormattableString.Invariant($"p50 {Ms(o.Counts.Latency, 0.5):0.#}  p99 {Ms(o.Counts.Latency, 0.99):0.#}  p99.9 {Ms(o.Counts.Latency, 0.999):0.#}  max {Ms(o.Counts.Latency, 1):0} ms"));
        yield return ("refused for load (429)", Number(seconds.Sum(s => s.Refused)));
        yield return ("not available (5xx), broken off", $"{Number(seconds.Sum(s => s.Unavailable))}, {Number(seconds.Sum(s => s.Broken))}");
        yield return ("sent again", Number(o.Counts.Retries));
        yield return ("rejected, given up, dropped by the generator", $"{Number(o.Counts.Rejected)}, {Number(o.Counts.GivenUp)}, {Number(o.Counts.Dropped)}");
        yield return ("locks expired meanwhile", Expired(o) is { } expired ? Number((long)expired) : "not known");
        yield return ("generator", FormattableString.Invariant($"{o.CpuMicros:F0} µs of CPU a message, {o.CoresBusy:F2} cores busy; sent p50 {Ms(o.Counts.Lateness, 0.5):0.##}, p99 {Ms(o.Counts.Lateness, 0.99):0.##} ms after due"));
        if (o.Tally is not { } tally)
        {
            yield return ("tally", "not taken: no --key-file");
            yield break;
        }
        yield return ("acknowledged and lost", Number(tally.Lost));
        yield return ("counted twice", Number(tally.Doubled));
    }

    public static string Html(SpikeOutcome o)
    {
        var seconds = o.Counts.Seconds;
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Spike report</title><style>");
        html.Append(Style).Append(Chart.Style).Append("</style></head><body><main><h1>Spike report</h1>");
        html.Append(CultureInfo.InvariantCulture, $"<p>{Profile(o.Options)} against {Text(o.Options.Url.ToString())}, {o.Start:yyyy-MM-dd HH:mm:ss} UTC, seed {o.Options.Seed}; ");
        html.Append(Text(string.Join(", ", o.Options.Shops.Select(s => $"{s.Platform}/{s.Shop}")))).Append("</p>");
        html.Append(CultureInfo.InvariantCulture, $"<p>{o.Options.PayShare:P0} paid after {o.Options.PayAfter.TotalSeconds:0.#} s, {o.Options.CancelShare:P0} cancelled after {o.Options.CancelAfter.TotalSeconds:0.#} s. Generator on {Text(Machine.Describe())}.</p>");
        html.Append("<div class=\"tiles\">");
        Tile("orders pushed", Number(o.Orders));
        Tile("messages acknowledged", Number(o.Counts.Acknowledged));
        Tile("most in a second", Number(seconds.Max(s => s.Acknowledged)));
        Tile("median, from when due", $"{Chart.Number(Ms(o.Counts.Latency, 0.5))} ms");
        Tile("99 of 100 within", $"{Chart.Number(Ms(o.Counts.Latency, 0.99))} ms");
        Tile("999 of 1,000 within", $"{Chart.Number(Ms(o.Counts.Latency, 0.999))} ms");
        Tile("refused for load", Number(seconds.Sum(s => s.Refused)));
        if (o.Tally is { } tally)
        {
            Tile("acknowledged and lost", Number(tally.Lost), tally.Lost == 0 ? "good" : "bad");
            Tile("counted twice", Number(tally.Doubled), tally.Doubled == 0 ? "good" : "bad");
        }
        html.Append("</div><div class=\"charts\">");
        foreach (var chart in Charts(o, seconds)) html.Append("<div class=\"card\">").Append(chart).Append("</div>");
        html.Append("</div>");
        if (o.Metrics.Count > 1)
        {
            html.Append("<h2>The engine's own figures of the same window</h2><div class=\"charts\">");
            foreach (var chart in EngineCharts(o)) html.Append("<div class=\"card\">").Append(chart).Append("</div>");
            html.Append("</div>");
        }
        html.Append("<div class=\"pair\"><div><h2>In figures</h2><div class=\"card\"><table>");
        foreach (var (name, value) in Figures(o)) html.Append(CultureInfo.InvariantCulture, $"<tr><th>{Text(name)}</th><td>{Text(value)}</td></tr>");
        html.Append("</table></div></div>");
        if (o.States.Count > 0)
        {
            html.Append("<div><h2>What became of the orders, by what the engine says</h2><div class=\"card\"><table>");
            foreach (var (state, count) in o.States) html.Append(CultureInfo.InvariantCulture, $"<tr><th>{Text(state)}</th><td>{Number(count)}</td></tr>");
            html.Append("</table></div></div>");
        }
        html.Append("</div>");
        foreach (var example in o.Tally?.Examples ?? []) html.Append(CultureInfo.InvariantCulture, $"<p class=\"wrong\">{Text(example)}</p>");
        return html.Append("<p style=\"margin-top:28px\">Times count from the moment a message was due, so a stall counts for all that had to wait (no coordinated omission); repeats after a refusal count until the acknowledgement.</p></main></body></html>\n").ToString();

        void Tile(string name, string value, string kind = "") => html.Append(CultureInfo.InvariantCulture, $"<div class=\"tile {kind}\"><b>{Text(value)}</b><span>{Text(name)}</span></div>");
    }

    static IEnumerable<string> Charts(SpikeOutcome o, IReadOnlyList<SpikeSecond> seconds)
    {
        (double, double)[] By(Func<SpikeSecond, double> value) => [.. seconds.Select((s, i) => ((double)i, value(s)))];
        (double, double)[] Times(double part) => [.. seconds.Select((s, i) => ((double)i, Ms(s.Latency, part))).Where(p => p.Item2 > 0)];
        yield return Chart.Svg(new ChartOptions("Messages", "seconds", "a second"),
            [new("acknowledged", 1, By(s => s.Acknowledged), IsFilled: true), new("due", 6, By(s => s.Planned), IsDashed: true)]);
        yield return Chart.Svg(new ChartOptions("Time to the acknowledgement, from when due", "seconds", "ms", LogY: true),
            [new("median", 3, Times(0.5)), new("p99", 2, Times(0.99)), new("longest", 5, Times(1), IsDashed: true)]);
        yield return Chart.Svg(
            new ChartOptions("Distribution of that time", "part of all messages", "ms", LogY: true, Ticks: [.. Percentiles.Where(p => p is 0.5 or 0.9 or 0.99 or 0.999 or 0.9999 or 1).Select(p => (Nines(p), $"{p * 100:0.##} %"))]),
            [new("all messages", 4, [.. Percentiles.Select(p => (Nines(p), Ms(o.Counts.Latency, p)))], IsFilled: true, HasDots: true)]);
        yield return Chart.Svg(new ChartOptions("Back-pressure", "seconds", "messages"),
            [new("wait for a connection", 6, By(s => s.Waiting), IsFilled: true), new("refused for load (429)", 2, By(s => s.Refused)), new("not available (5xx) or broken off", 5, By(s => s.Unavailable + s.Broken))]);
    }

    static IEnumerable<string> EngineCharts(SpikeOutcome o)
    {
        yield return Chart.Svg(new ChartOptions("Orders, by durable event", "seconds", "a second"),
            [new("received", 1, Rate("engine_events_total/order_received")), new("locked", 3, Rate("engine_events_total/order_locked")), new("payments", 4, Rate("engine_events_total/payment_recorded"))]);
        yield return Chart.Svg(new ChartOptions("Ends of locks", "seconds", "a second"),
            [new("orders expired", 5, Rate("engine_events_total/order_expired"), IsFilled: true), new("orders cancelled", 2, Rate("engine_events_total/order_cancelled"))]);
        yield return Chart.Svg(new ChartOptions("Waiting in mailboxes", "seconds", "commands"), [new("commands and messages", 2, Value("engine_partition_queue_depth"), IsFilled: true), new("refused for load, a second", 5, Rate("engine_overloaded_total"))]);
        yield return Chart.Svg(new ChartOptions("Behind their time", "seconds", "s"), [new("read models", 4, Value("engine_views_lag_seconds")), new("the latest deadline so far", 5, Value("engine_deadline_lateness_max_seconds"), IsDashed: true)]);
        yield return Chart.Svg(new ChartOptions("Journal", "seconds", "kB/s"), [new("frames", 1, [.. Rate("engine_journal_frame_bytes_total").Select(p => (p.X, p.Y / 1000))], IsFilled: true)]);
        yield return Chart.Svg(new ChartOptions("Commits", "seconds", "a second"), [new("transactions", 1, Rate("engine_journal_commits_total")), new("frames", 6, Rate("engine_journal_frames_total"))]);

        (double X, double Y)[] Value(string name) => [.. o.Metrics.Where(m => m.Values.ContainsKey(name)).Select(m => (m.At, m.Values[name]))];
        (double X, double Y)[] Rate(string name)
        {
            var values = Value(name);
            return [.. values.Zip(values.Skip(1), (a, b) => (b.X, Math.Max(0, (b.Y - a.Y) / Math.Max(0.001, b.X - a.X))))];
        }
    }

    static double? Expired(SpikeOutcome o) =>
        o.Metrics.Count < 2 || !o.Metrics[0].Values.TryGetValue("engine_events_total/order_expired", out var before) ? null : o.Metrics[^1].Values["engine_events_total/order_expired"] - before;

    static string Profile(SpikeOptions o) => o.Profile switch
    {
        Spike.Profile.Ramp => FormattableString.Invariant($"From nothing to {o.Rate:N0} orders/s in {o.Time.TotalSeconds:N0} s"),
        Spike.Profile.Spike => FormattableString.Invariant($"A spike of {o.Rate:N0} orders/s in the middle third of {o.Time.TotalSeconds:N0} s, a tenth of it around"),
        Spike.Profile.Day => FormattableString.Invariant($"A day in {o.Time.TotalSeconds:N0} s, its busiest hour at {o.Rate:N0} orders/s"),
        _ => FormattableString.Invariant($"{o.Rate:N0} orders/s for {o.Time.TotalSeconds:N0} s"),
    };

    /// <summary>So that every further nine takes the same room; all of them one step behind the last.</summary>
    static double Nines(double part) => part >= 1 ? 5 : -Math.Log10(1 - part);

    static double Ms(LatencyHistogram times, double part) => times.Percentile(part).TotalMilliseconds;

    static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    static string Text(string text) => WebUtility.HtmlEncode(text);
}
