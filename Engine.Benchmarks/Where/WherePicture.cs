using System.Globalization;
using System.Net;
using System.Text;
using Engine.Benchmarks.InProcess;
using Engine.Benchmarks.Reporting;

namespace Engine.Benchmarks.Where;

/// <summary>The parts as bars, the longest first.</summary>
static class WherePicture
{
    const double Width = 760, Left = 262, Right = 90, Top = 64, Row = 26, Bar = 16;
    const double LeastShown = 0.005;

    public static string Svg(EngineFigures figures, IReadOnlyList<(string Part, double Micros)> parts)
    {
        var shown = parts.Where(p => p.Micros / figures.CpuMicrosPerOrder >= LeastShown).ToArray();
        var height = Top + shown.Length * Row + 12;
        var scale = (Width - Left - Right) / shown.Max(p => p.Micros);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"Where the time goes\"><style>{Chart.Style}</style><rect class=\"p\" width=\"{Width}\" height=\"{height}\" rx=\"10\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"t\" x=\"20\" y=\"28\">Where {figures.CpuMicrosPerOrder:F0} µs of CPU for an order go: {figures.Work} on {figures.Store}</text><text class=\"a\" x=\"20\" y=\"47\">µs an order, by samples; {figures.OrdersPerSecond:N0} orders/s, {figures.CoresBusy:F2} cores busy, read models {(figures.Views ? "on" : "off")}</text>");
        foreach (var (i, (part, micros)) in shown.Index())
        {
            var y = Top + i * Row;
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"a\" x=\"{Left - 10}\" y=\"{y + Bar - 4:F1}\" text-anchor=\"end\">{WebUtility.HtmlEncode(part)}</text><rect x=\"{Left}\" y=\"{y:F1}\" width=\"{Math.Max(1, micros * scale):F1}\" height=\"{Bar}\" rx=\"3\" fill=\"var(--1)\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"a\" x=\"{Left + micros * scale + 8:F1}\" y=\"{y + Bar - 4:F1}\">{micros:F1}  ({micros / figures.CpuMicrosPerOrder * 100:F0} %)</text>");
        }
        return svg.Append("</svg>").ToString();
    }
}
