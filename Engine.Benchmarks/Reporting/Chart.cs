using System.Globalization;
using System.Net;
using System.Text;

namespace Engine.Benchmarks.Reporting;

/// <summary>One curve.</summary>
/// <param name="Color">1 blue, 2 orange, 3 green, 4 purple, 5 red, 6 grey.</param>
sealed record Series(string Name, int Color, IReadOnlyList<(double X, double Y)> Points, bool IsFilled = false, bool IsDashed = false, bool HasDots = false);

/// <param name="Ticks">Places and words on the x axis; chosen where none are given.</param>
sealed record ChartOptions(string Title, string XUnit, string YUnit, bool LogX = false, bool LogY = false, IReadOnlyList<(double X, string Text)>? Ticks = null);

/// <summary>Curves as SVG that needs nothing else: no script, no font, no other file; in the colours that the reader's screen prefers.</summary>
static class Chart
{
    const double Width = 640, Height = 270, Left = 62, Right = 18, Top = 58, Bottom = 40;
    const int HoverMax = 400;

    public const string Style = """
        .chart{--1:#2563eb;--2:#ea580c;--3:#16a34a;--4:#9333ea;--5:#dc2626;--6:#94a3b8;--ink:#0f172a;--mute:#64748b;--grid:#e2e8f0;--paper:#fff;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans CJK SC",sans-serif}
        @media (prefers-color-scheme:dark){.chart{--1:#60a5fa;--2:#fb923c;--3:#4ade80;--4:#c084fc;--5:#f87171;--6:#94a3b8;--ink:#f1f5f9;--mute:#94a3b8;--grid:#2a3648;--paper:#131c2b}}
        .chart .p{fill:var(--paper)}.chart .t{fill:var(--ink);font-size:14px;font-weight:600}.chart .a{fill:var(--mute);font-size:11px;font-variant-numeric:tabular-nums}
        .chart .g{stroke:var(--grid);stroke-width:1}.chart .l{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.chart .d{stroke-dasharray:5 5;stroke-width:1.5}
        .chart .f{fill-opacity:.14;stroke:none}.chart .h{fill:transparent}.chart .h:hover{fill:var(--mute);fill-opacity:.16}
        """;

    /// <param name="alone">As a file of its own, with its style in it.</param>
    public static string Svg(ChartOptions options, IReadOnlyList<Series> series, bool alone = false)
    {
        var shown = series.Where(s => s.Points.Count > 0).ToArray();
        var (x, y) = (Scale.Of(shown.SelectMany(s => s.Points.Select(p => p.X)), options.LogX, fromZero: false), Scale.Of(shown.SelectMany(s => s.Points.Select(p => p.Y)), options.LogY, fromZero: true));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Text(options.Title)}\">");
        if (alone) svg.Append(CultureInfo.InvariantCulture, $"<style>{Style}</style><rect class=\"p\" width=\"{Width}\" height=\"{Height}\" rx=\"10\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"t\" x=\"16\" y=\"24\">{Text(options.Title)}</text>");
        Legend(svg, shown, Math.Max(Left, 32 + WidthOf(options.YUnit)));
        foreach (var tick in y.Ticks())
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"g\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Down(y, tick):F1}\" y2=\"{Down(y, tick):F1}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"a\" x=\"{Left - 8}\" y=\"{Down(y, tick) + 4:F1}\" text-anchor=\"end\">{Number(tick)}</text>");
        }
        foreach (var (at, words) in options.Ticks ?? [.. x.Ticks().Select(t => (t, Number(t)))])
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"a\" x=\"{Across(x, at):F1}\" y=\"{Height - Bottom + 18:F1}\" text-anchor=\"middle\">{Text(words)}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"a\" x=\"{Width - Right}\" y=\"{Height - 6}\" text-anchor=\"end\">{Text(options.XUnit)}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"a\" x=\"16\" y=\"46\">{Text(options.YUnit)}</text>");
        foreach (var one in shown) Curve(svg, one, x, y);
        Hover(svg, shown, x, options);
        return svg.Append("</svg>").ToString();
    }

    static void Legend(StringBuilder svg, Series[] series, double at)
    {
        foreach (var one in series)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"l{(one.IsDashed ? " d" : "")}\" x1=\"{at:F0}\" x2=\"{at + 16:F0}\" y1=\"42\" y2=\"42\" stroke=\"var(--{one.Color})\"/><text class=\"a\" x=\"{at + 21:F0}\" y=\"46\">{Text(one.Name)}</text>");
            at += 36 + WidthOf(one.Name);
        }
    }

    static void Curve(StringBuilder svg, Series series, Scale x, Scale y)
    {
        var points = string.Join(' ', series.Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{Across(x, p.X):F1},{Down(y, p.Y):F1}")));
        if (series.IsFilled)
            svg.Append(CultureInfo.InvariantCulture, $"<polygon class=\"f\" fill=\"var(--{series.Color})\" points=\"{Across(x, series.Points[0].X):F1},{Height - Bottom} {points} {Across(x, series.Points[^1].X):F1},{Height - Bottom}\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"l{(series.IsDashed ? " d" : "")}\" stroke=\"var(--{series.Color})\" points=\"{points}\"/>");
        if (!series.HasDots) return;
        foreach (var (px, py) in series.Points) svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{Across(x, px):F1}\" cy=\"{Down(y, py):F1}\" r=\"3.5\" fill=\"var(--{series.Color})\"/>");
    }

    /// <summary>A strip for every place, which tells its values to who points there.</summary>
    static void Hover(StringBuilder svg, Series[] series, Scale x, ChartOptions options)
    {
        var places = series.SelectMany(s => s.Points.Select(p => p.X)).Distinct().Order().ToArray();
        if (places.Length is 0 or > HoverMax) return;
        for (var i = 0; i < places.Length; i++)
        {
            var from = i == 0 ? Left : (Across(x, places[i - 1]) + Across(x, places[i])) / 2;
            var to = i == places.Length - 1 ? Width - Right : (Across(x, places[i]) + Across(x, places[i + 1])) / 2;
            var values = series.SelectMany(s => s.Points.Where(p => p.X.Equals(places[i])).Take(1).Select(p => $"{s.Name}: {Number(p.Y)} {options.YUnit}"));
            var place = options.Ticks?.FirstOrDefault(t => t.X.Equals(places[i])).Text ?? Number(places[i]);
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"h\" x=\"{from:F1}\" y=\"{Top}\" width=\"{Math.Max(0.5, to - from):F1}\" height=\"{Height - Top - Bottom}\"><title>{Text($"{place} {options.XUnit}\n{string.Join('\n', values)}")}</title></rect>");
        }
    }

    /// <summary>About, in pixels: the font is the reader's.</summary>
    static double WidthOf(string text) => text.Sum(c => c > 0xff ? 11 : 6.2);

    static double Across(Scale scale, double value) => Left + scale.Part(value) * (Width - Left - Right);

    static double Down(Scale scale, double value) => Height - Bottom - scale.Part(value) * (Height - Top - Bottom);

    static string Text(string text) => WebUtility.HtmlEncode(text);

    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.#} M"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.##} M"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0.#} k"),
        >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    /// <summary>From values to a part of the picture.</summary>
    readonly record struct Scale(double From, double To, bool IsLog)
    {
        public static Scale Of(IEnumerable<double> values, bool isLog, bool fromZero)
        {
            var all = values.Where(v => double.IsFinite(v) && (!isLog || v > 0)).DefaultIfEmpty(isLog ? 1 : 0).ToArray();
            var (least, most) = (all.Min(), all.Max());
            if (isLog) return new Scale(Math.Pow(10, Math.Floor(Math.Log10(least))), Math.Max(Math.Pow(10, Math.Ceiling(Math.Log10(most))), Math.Pow(10, Math.Floor(Math.Log10(least)) + 1)), true);
            if (!fromZero) return new Scale(least, most > least ? most : least + 1, false);
            if (most <= 0) most = 1;
            return new Scale(0, Math.Ceiling(most / Step(most)) * Step(most), false);
        }

        public double Part(double value) => IsLog
            ? Math.Clamp(Math.Log10(Math.Max(value, From) / From) / Math.Log10(To / From), 0, 1)
            : Math.Clamp((value - From) / (To - From), 0, 1);

        public IEnumerable<double> Ticks()
        {
            if (IsLog)
            {
                for (var at = From; at <= To * 1.001; at *= 10) yield return at;
                yield break;
            }
            var step = Step(To - From);
            for (var at = Math.Ceiling(From / step) * step; at <= To + step / 1000; at += step) yield return at;
        }

        /// <summary>1, 2 or 5 of a power of ten, so that there are about five.</summary>
        static double Step(double range)
        {
            var power = Math.Pow(10, Math.Floor(Math.Log10(range / 4)));
            return (range / 4 / power) switch { < 1.5 => power, < 3.5 => 2 * power, < 7.5 => 5 * power, _ => 10 * power };
        }
    }
}
