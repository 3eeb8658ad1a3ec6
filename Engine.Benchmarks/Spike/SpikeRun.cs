using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.Adapters;
using Engine.Load;
using Engine.Load.Auditing;
using Spectre.Console;

namespace Engine.Benchmarks.Spike;

/// <summary>Everything that is known when a spike is over.</summary>
/// <param name="CpuMicros">The generator's own CPU time for each message.</param>
/// <param name="CoresBusy">Cores that the generator kept busy while it pushed.</param>
/// <param name="Tally">Null where no key was given to ask the engine by.</param>
sealed record SpikeOutcome(
    SpikeOptions Options, DateTimeOffset Start, int Orders, SpikeCounts Counts, IReadOnlyList<(double At, Dictionary<string, double> Values)> Metrics, double CpuMicros, double CoresBusy,
    TallyResult? Tally, IReadOnlyDictionary<string, int> States);

/// <summary>The load tester's tool: real signed messages against a running engine, and then what the engine says against what it acknowledged.</summary>
sealed class SpikeRun(SpikeOptions options, IAnsiConsole console)
{
    const int LinesPerCall = 600;
    static readonly string[] Warehouses = ["spike-north", "spike-south"];
    static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(60);
    static readonly TimeSpan SettleMax = TimeSpan.FromMinutes(2);

    readonly Tally _tally = new();
    readonly SpikeCounts _counts = new();

    /// <param name="stop">No more orders: what is on its way is awaited and told.</param>
    public async Task<SpikeOutcome> RunAsync(CancellationToken stop)
    {
        using var client = new AuditClient(options.Url, TimeProvider.System, new AuditOptions { Key = options.Key, Connections = 16 });
        await RequireReadyAsync(client);
        if (options.Stock > 0) await StockAsync(client);
        console.WriteLine(FormattableString.Invariant($"{options.Shops.Count} shops push to {options.Url}: {options.Profile}, up to {options.Rate:N0} orders/s for {options.Time.TotalSeconds:N0} s."));

        var (start, began, cpu) = (TimeProvider.System.GetUtcNow(), Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        double Now() => Stopwatch.GetElapsedTime(began).TotalSeconds;
        using var plan = new SpikePlan(options, _tally, start, Now, stop);
        using var loop = new SpikeLoop(options, plan, _counts, began);
        using var metrics = new MetricsScrape(options.Url);
        using var scraping = new CancellationTokenSource();
        using var drained = new CancellationTokenSource();
        using var patience = stop.Register(() => drained.CancelAfter(DrainMax));
        var scrape = metrics.RunAsync(Now, scraping.Token);
        var work = Task.Factory.StartNew(() => loop.Run(drained.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await new SpikeView(options, _counts, console).ShowAsync(work, Now);
        await work;
        var (spent, elapsed) = (Environment.CpuUsage.TotalTime - cpu, Stopwatch.GetElapsedTime(began));
        await scraping.CancelAsync();
        await scrape;

        var (tally, states) = options.Key is null ? (null, new Dictionary<string, int>()) : await AskAsync(client);
        return new SpikeOutcome(
            options, start, plan.Orders, _counts, metrics.Samples, spent.TotalMicroseconds / Math.Max(1, _counts.Sent), spent / elapsed, tally, states);
    }

    async Task RequireReadyAsync(AuditClient client)
    {
        using var http = new HttpClient { BaseAddress = options.Url, Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            if (!(await http.GetAsync("/health/ready")).IsSuccessStatusCode) throw new StartupException($"The engine at {options.Url} is not ready.");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            throw new StartupException($"No engine answers at {options.Url}: {e.Message}", e);
        }
        if (options.Key is not null && (await client.CallAsync(HttpMethod.Get, "/v1/orders?limit=1")).Verdict != Verdict.Acknowledged)
            throw new StartupException($"The engine at {options.Url} does not take the key.");
    }

    /// <summary>Books stock of every SKU that will be ordered into two warehouses.</summary>
    async Task StockAsync(AuditClient client)
    {
        foreach (var code in Warehouses) Require(await client.CallAsync(HttpMethod.Put, $"/v1/warehouses/{code}", Json(new { name = code })));
        var reference = string.Create(CultureInfo.InvariantCulture, $"spike-{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}");
        var lines = new Catalogue(options.Skus, options.Seed).Articles.SelectMany(a => Warehouses.Select(w => new { sku = a.Sku, warehouse = w, delta = options.Stock, reason = "receiving" }));
        foreach (var (i, chunk) in lines.Chunk(LinesPerCall).Index()) Require(await client.CallAsync(HttpMethod.Post, "/v1/stock/adjustments", Json(new { reference = $"{reference}-{i}", lines = chunk })));
    }

    static void Require(Exchange exchange)
    {
        if (exchange.Verdict != Verdict.Acknowledged) throw new StartupException($"{exchange.Subject} was answered {exchange.Status}: {Encoding.UTF8.GetString(exchange.Body)}");
    }

    static byte[] Json<T>(T body) => JsonSerializer.SerializeToUtf8Bytes(body);

    /// <summary>Every order that was pushed, as the engine knows it, once nothing moves by itself any more.</summary>
    async Task<(TallyResult, Dictionary<string, int>)> AskAsync(AuditClient client)
    {
        var (reader, start) = (new EngineReader(client), Stopwatch.GetTimestamp());
        console.WriteLine("Asking the engine for every order …");
        while (Stopwatch.GetElapsedTime(start) < SettleMax && (await reader.AnyAsync("/v1/orders?state=received") || await reader.AnyAsync("/v1/orders?state=reserving"))) await Task.Delay(100);
        var told = await reader.OrdersAsync(_tally.Orders.Keys);
        return (_tally.CompareOrders(told), told.Values.CountBy(o => o.State).OrderByDescending(s => s.Value).ToDictionary(s => s.Key, s => s.Value));
    }
}
