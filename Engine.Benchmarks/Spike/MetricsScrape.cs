using System.Globalization;

namespace Engine.Benchmarks.Spike;

/// <summary>The engine's own figures of the same window, read from its <c>/metrics</c> once a second.</summary>
sealed class MetricsScrape(Uri url) : IDisposable
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    readonly HttpClient _http = new() { BaseAddress = url, Timeout = TimeSpan.FromSeconds(2) };
    readonly List<(double At, Dictionary<string, double> Values)> _samples = [];

    /// <summary>Sums over labels, by name; <c>engine_events_total</c> also by event, as <c>engine_events_total/order_expired</c>.</summary>
    public IReadOnlyList<(double At, Dictionary<string, double> Values)> Samples
    {
        get
        {
            lock (_samples) return [.. _samples];
        }
    }

    public async Task RunAsync(Func<double> now, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Every);
        try
        {
            do
            {
                try
                {
                    var values = Read(await _http.GetStringAsync("/metrics", stop));
                    lock (_samples) _samples.Add((now(), values));
                }
                catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !stop.IsCancellationRequested))
                {
                    // A gap in the picture; the run does not depend on it.
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    public static Dictionary<string, double> Read(string text)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var space = line.LastIndexOf(' ');
            if (line.Length == 0 || line[0] == '#' || space < 0 || !double.TryParse(line.AsSpan(space + 1), CultureInfo.InvariantCulture, out var value)) continue;
            var brace = line.IndexOf('{');
            var name = brace < 0 ? line[..space] : line[..brace];
            Add(name, value);
            if (name == "engine_events_total" && line.IndexOf("event=\"", StringComparison.Ordinal) is >= 0 and var at)
                Add($"{name}/{line[(at + 7)..line.IndexOf('"', at + 7)]}", value);
        }
        return values;

        void Add(string name, double value) => values[name] = values.GetValueOrDefault(name) + value;
    }

    public void Dispose() => _http.Dispose();
}
