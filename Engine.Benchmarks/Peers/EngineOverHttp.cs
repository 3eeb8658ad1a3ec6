using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Engine.Benchmarks.Spike;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Workloads;
using Engine.Load;
using Engine.Load.Auditing;
using Engine.Load.Torture;

namespace Engine.Benchmarks.Peers;

/// <summary>The real host as a process of its own, with its default settings, two shops and a stocked catalogue.</summary>
sealed class EngineOverHttp : IAsyncDisposable
{
    const int Skus = World.SkusUsual;
    const int UnitsOfEach = 100_000_000;
    const int LinesPerCall = 600;
    static readonly string[] Warehouses = ["SH1", "GZ1", "BJ1"];
    static readonly TimeSpan SettleMax = TimeSpan.FromMinutes(5);

    readonly string _folder = BenchStore.NewFolder("host");
    readonly HostProcess _host;
    readonly AuditClient _client;

    EngineOverHttp(LoadShop youzan, LoadShop shopify)
    {
        _host = new HostProcess(_folder, Settings(youzan, shopify), shops: 2);
        _client = new AuditClient(_host.Url, TimeProvider.System, new AuditOptions { Key = HostProcess.Key, Connections = 4 });
    }

    public Uri Url => _host.Url;

    static Dictionary<string, string> Settings(params LoadShop[] shops)
    {
        var settings = new Dictionary<string, string> { ["Engine:Partitions"] = "16" };
        foreach (var (i, shop) in shops.Index())
        {
            settings[$"Engine:Shops:{i}:Platform"] = shop.Platform;
            settings[$"Engine:Shops:{i}:Shop"] = shop.Shop;
            settings[$"Engine:Shops:{i}:AppKey"] = shop.AppKey;
            settings[$"Engine:Shops:{i}:Secret"] = shop.Secret;
        }
        return settings;
    }

    public static async Task<EngineOverHttp> StartAsync(LoadShop youzan, LoadShop shopify)
    {
        var engine = new EngineOverHttp(youzan, shopify);
        if (!await engine._host.StartAsync()) throw new InvalidOperationException($"the engine does not start: {engine._host.Said}");
        await engine.StockAsync();
        return engine;
    }

    async Task StockAsync()
    {
        foreach (var code in Warehouses) await Call(HttpMethod.Put, $"/v1/warehouses/{code}", new { name = code, location = new { lat = 31.2, lon = 121.5 } });
        var lines = Enumerable.Range(0, Skus).SelectMany(i => Warehouses.Select(w => new { sku = World.Sku(i), warehouse = w, delta = UnitsOfEach, reason = "receiving" }));
        foreach (var (i, chunk) in lines.Chunk(LinesPerCall).Index()) await Call(HttpMethod.Post, "/v1/stock/adjustments", new { reference = $"bench-{i}", lines = chunk });
    }

    async Task Call<T>(HttpMethod method, string path, T body)
    {
        var exchange = await _client.CallAsync(method, path, JsonSerializer.SerializeToUtf8Bytes(body));
        if (exchange.Verdict != Verdict.Acknowledged) throw new InvalidOperationException($"{path} was answered {exchange.Status}: {Encoding.UTF8.GetString(exchange.Body)}");
    }

    /// <summary>Bytes of the answer about the best-seller.</summary>
    public async Task<int> AnswerBytesAsync() => (await _client.CallAsync(HttpMethod.Get, ReadPath(World.Sku(0)))).Body.Length;

    public static string ReadPath(string sku) => $"/v1/skus/{sku}/reservations?limit=20";

    /// <summary>Requests for the reservations of SKUs as they are asked for, in a ring.</summary>
    public byte[][] Reads(int count)
    {
        var (world, random) = (new World(Skus), new Random(5));
        return [.. Enumerable.Range(0, count).Select(_ => Encoding.ASCII.GetBytes($"GET {ReadPath(world.Pick(random))} HTTP/1.1\r\nHost: {Url.Authority}\r\nAuthorization: Bearer {HostProcess.Key}\r\n\r\n"))];
    }

    /// <summary>Until the lists show that every order that was taken in has its stock or its refusal: intake may run ahead, and read models follow behind.</summary>
    public async Task<TimeSpan> SettleAsync()
    {
        var (reader, start) = (new EngineReader(_client), Stopwatch.GetTimestamp());
        while (await reader.AnyAsync("/v1/orders?state=received") || await reader.AnyAsync("/v1/orders?state=reserving"))
        {
            if (Stopwatch.GetElapsedTime(start) > SettleMax) throw new TimeoutException("orders are not decided");
            await Task.Delay(50);
        }
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Until the read models hold all that was taken in: reading is measured for itself.</summary>
    public async Task CatchUpAsync()
    {
        for (var start = Stopwatch.GetTimestamp(); ; await Task.Delay(200))
        {
            var metrics = Encoding.UTF8.GetString((await _client.CallAsync(HttpMethod.Get, "/metrics")).Body);
            if (MetricsScrape.Read(metrics)["engine_views_lag_frames"] == 0) return;
            if (Stopwatch.GetElapsedTime(start) > SettleMax) throw new TimeoutException("the read models don't catch up");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
