using System.Diagnostics;
using System.Globalization;
using System.Text;
using Engine.Benchmarks.InProcess;
using Engine.Benchmarks.Measuring;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Wire;
using Engine.Benchmarks.Workloads;
using Engine.Load;
using Engine.Load.Torture;

namespace Engine.Benchmarks.Peers;

/// <param name="Only">Parts of the names of those that take part; empty for all.</param>
sealed record PeersOptions(TimeSpan Time, int Rounds, IReadOnlyList<string> Only);

/// <summary>
/// The same work on everything that can do it, one after the other, round after round: on a machine whose speed changes by the
/// minute only what ran side by side can be compared.
/// </summary>
sealed class PeersRun(PeersOptions options, TextWriter say)
{
    public const string PostgresStatements = "PostgreSQL row locks, statements";
    public const string PostgresFunction = "PostgreSQL row locks, one function call";
    public const string Redis = "Redis, Lua script, appendfsync always";
    public const string RedisPipelined = "Redis, the same, 16 pipelined";
    public const string EngineSqlite = "Engine in process, SQLite";
    public const string EngineSqlite256 = EngineSqlite + ", 256 callers";
    public const string EnginePostgres = "Engine in process, PostgreSQL";
    public const string Http = "Engine over HTTP";
    public const string Ceiling = "bare Kestrel";
    public const string Disk = "one file, flushed";
    const int Ring = 20_000;
    // More than the machine can take in one second: what is left over is thrown away.
    const int RequestsPerSecond = 30_000;
    static readonly int[] Clients = [16, 64];
    static readonly int[] RedisClients = [64, 256];
    // Enough for a full batch in every partition while a flush takes some milliseconds; to find the best here would take longer than all others together.
    static readonly int[] Callers = [2048];
    static readonly int[] Connections = [256, 1024];
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    static readonly World World = new();
    static readonly Catalogue Catalogue = new(World.SkusUsual, 1);

    public static readonly LoadShop Youzan = new("youzan", "flagship", "bench-app", "bench-secret-of-youzan-0123456789");
    public static readonly LoadShop Shopify = new("shopify", "overseas", "", "bench-secret-of-shopify-0123456789");

    readonly Dictionary<(string, string), int> _bestClients = [];
    readonly string _folder = BenchStore.NewFolder("peers");
    Results _results = null!;
    int _serial;
    CancellationToken _stop;

    /// <param name="keep">Is given what there is after each round, so that a run that is broken off has not been for nothing.</param>
    public async Task<Results> RunAsync(Func<Results, Task> keep, CancellationToken stop)
    {
        _stop = stop;
        try
        {
            Prepare();
            for (var round = 1; round <= options.Rounds; round++)
            {
                say.WriteLine($"round {round} of {options.Rounds}");
                foreach (var (name, measure) in new (string, Func<Task>)[] { (Disk, DiskAsync), ("PostgreSQL", PostgresAsync), ("Redis", RedisAsync), ("Engine in process", InProcessAsync), ("HTTP", HttpAsync) })
                {
                    if (Takes(name)) await measure();
                }
                await keep(_results with { Rounds = round });
            }
            return _results;
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is not OperationCanceledException)
        {
            // Ctrl+C reaches the servers too, and what is asked of them breaks off.
            throw new OperationCanceledException("stopped", e);
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    bool Takes(string name) => options.Only.Count == 0 || options.Only.Any(o => name.Contains(o, StringComparison.OrdinalIgnoreCase));

    void Prepare()
    {
        if (Takes("PostgreSQL")) DebianPackages.NeedPostgres();
        if (Takes("Redis")) DebianPackages.Need("redis-server", () => DebianPackages.IsOnPath("redis-server"));
        _results = new Results(Machine.Commit(), Machine.Describe(), TimeProvider.System.GetUtcNow(), options.Time.TotalSeconds, options.Rounds, new Dictionary<string, string>
        {
            ["PostgreSQL"] = Machine.First("psql", "--version"), ["Redis"] = Machine.First("redis-server", "--version"), ["Npgsql"] = $"{typeof(Npgsql.NpgsqlConnection).Assembly.GetName().Version}",
        });
    }

    void Add(string work, string name, Figure figure)
    {
        _results.Add(work, name, figure);
        say.WriteLine(FormattableString.Invariant($"  {work,-4} {name,-44} {figure.PerSecond,10:N0} /s   p50 {figure.P50,7:F2}  p99 {figure.P99,8:F2} ms  {figure.Note}"));
    }

    // ── the disk ──

    Task DiskAsync()
    {
        foreach (var (orders, words) in new[] { (1, "one order of 700 bytes"), (100, "100 orders"), (1000, "1,000 orders") })
            Add("disk", $"{Disk}, {words} a write", FileCeiling.Run(_folder, orders, options.Time / 3));
        return Task.CompletedTask;
    }

    // ── PostgreSQL ──

    async Task PostgresAsync()
    {
        await using var server = await PostgresServer.StartNewAsync(BenchStore.Tuned);
        foreach (var (name, byFunction, works) in new[] { (PostgresStatements, false, [Work.W1, Work.W2, Work.W3, Work.W4]), (PostgresFunction, true, new[] { Work.W1, Work.W2, Work.W3 }) })
        {
            await using var orders = new PostgresOrders(server.ConnectionString(), World, byFunction);
            foreach (var work in works)
            {
                await AddBestAsync($"{work}", name, Clients, async (clients, time) =>
                {
                    await orders.ResetAsync();
                    if (work == Work.W4) await orders.RunAsync(Work.W1, Clients[^1], WarmUp);
                    await orders.RunAsync(work, clients, WarmUp / 2);
                    return Figure.Of(await orders.RunAsync(work, clients, time));
                });
            }
        }
    }

    /// <summary>With as many clients as come to most, which the first round finds out.</summary>
    async Task AddBestAsync(string work, string name, int[] numbers, Func<int, TimeSpan, Task<Figure>> run)
    {
        if (!_bestClients.TryGetValue((work, name), out var best)) best = _bestClients[(work, name)] = numbers.Length == 1 ? numbers[0] : await FindBestAsync(numbers, run);
        _stop.ThrowIfCancellationRequested();
        var figure = await run(best, options.Time);
        Add(work, name, figure with { Note = string.Join(", ", new[] { $"{best} clients", figure.Note }.Where(n => n.Length > 0)) });
    }

    async Task<int> FindBestAsync(int[] numbers, Func<int, TimeSpan, Task<Figure>> run)
    {
        var tried = new List<(int Clients, double PerSecond)>();
        foreach (var clients in numbers) tried.Add((clients, (await run(clients, options.Time / 3)).PerSecond));
        return tried.MaxBy(t => t.PerSecond).Clients;
    }

    // ── Redis ──

    async Task RedisAsync()
    {
        using var server = await RedisServer.StartAsync();
        foreach (var work in Enum.GetValues<Work>())
        {
            await AddBestAsync($"{work}", Redis, RedisClients, (clients, time) => Task.FromResult(Figure.Of(Once(work, clients, 1, time))));
            if (work is Work.W1 or Work.W3) await AddBestAsync($"{work}", RedisPipelined, RedisClients, (clients, time) => Task.FromResult(Figure.Of(Once(work, clients / 4, 16, time))));
        }

        Sample Once(Work work, int clients, int pipelined, TimeSpan time)
        {
            server.Reset(World);
            if (work == Work.W4) server.Run(Work.W1, World, RedisClients[^1], 1, WarmUp);
            server.Run(work, World, clients, pipelined, WarmUp / 2);
            return server.Run(work, World, clients, pipelined, time);
        }
    }

    // ── the engine in process ──

    async Task InProcessAsync()
    {
        foreach (var work in Enum.GetValues<Work>()) await EngineAsync(work, EngineSqlite, "sqlite");
        await EngineAsync(Work.W3, EngineSqlite256, "sqlite", 256);
        foreach (var work in new[] { Work.W1, Work.W2, Work.W3 }) await EngineAsync(work, EnginePostgres, "postgres");
    }

    Task EngineAsync(Work work, string name, string store, params int[] callers) =>
        AddBestAsync($"{work}", name, callers.Length == 0 ? Callers : callers, (clients, time) => EngineAsync(work, store, clients, time));

    /// <summary>In a process of its own, as everybody else.</summary>
    async Task<Figure> EngineAsync(Work work, string store, int callers, TimeSpan time)
    {
        var json = Path.Combine(_folder, "engine.json");
        string[] arguments = ["engine", "--work", $"{work}", "--store", store, "--callers", Text(callers), "--warmup", "3", "--seconds", Text(Math.Max(1, (int)time.TotalSeconds)), "--json", json];
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(PeersRun).Assembly.Location, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"the engine in process ended with {process.ExitCode}: {said}");
        var figures = EngineFigures.FromJson(await File.ReadAllTextAsync(json));
        return new Figure(figures.OrdersPerSecond, figures.Milliseconds.P50, figures.Milliseconds.P99, work == Work.W4 ? "" : FormattableString.Invariant(
            $"{figures.CpuMicrosPerOrder:F1} µs of CPU, {figures.FrameBytesPerOrder + figures.KeyBytesPerOrder:F0} journal bytes, read models {figures.ViewLagSeconds:F1} s behind, caught up in {figures.ViewCatchUpSeconds:F1} s"));
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    // ── HTTP ──

    async Task HttpAsync()
    {
        foreach (var (collector, word) in new[] { ("0", "workstation GC"), ("1", "server GC") })
        {
            // Whoever is started from here runs by it; this process does not.
            Environment.SetEnvironmentVariable("DOTNET_gcServer", collector);
            await using var engine = await EngineOverHttp.StartAsync(Youzan, Shopify);
            using var kestrel = await CeilingProcess.StartAsync();
            // Both up, the one idle while the other is asked, and one right after the other: minutes apart the machine is not the same.
            foreach (var shop in new[] { Shopify, Youzan })
            {
                await AroundAsync(shop.Platform, $"{Ceiling}, signature and parse, {word}", kestrel.Url, new SignedOrders(shop, Catalogue, kestrel.Url, TimeProvider.System.GetUtcNow()).Make(0, Ring));
                await OrdersAsync(shop, engine, word);
                await engine.CatchUpAsync();
            }
            var read = Encoding.ASCII.GetBytes($"GET /{await engine.AnswerBytesAsync()} HTTP/1.1\r\nHost: {kestrel.Url.Authority}\r\n\r\n");
            await AroundAsync("W4 over HTTP", $"{Ceiling}, {word}", kestrel.Url, [read]);
            await AroundAsync("W4 over HTTP", $"{Http}, {word}", engine.Url, engine.Reads(Ring));
        }
        Environment.SetEnvironmentVariable("DOTNET_gcServer", null);
    }

    Task OrdersAsync(LoadShop shop, EngineOverHttp engine, string word)
    {
        HttpLoad.Once(engine.Url, Requests(WarmUp), Connections[0], WarmUp);
        return AddBestAsync(shop.Platform, $"{Http}, {word}", Connections, async (connections, time) =>
        {
            var requests = Requests(time);
            var figure = Timed(() => HttpLoad.Once(engine.Url, requests, connections, time));
            var settled = await engine.SettleAsync();
            return figure with { Note = FormattableString.Invariant($"{figure.Note}, lists show all decided {settled.TotalSeconds:F1} s later") };
        });

        byte[][] Requests(TimeSpan time)
        {
            var count = (int)(RequestsPerSecond * time.TotalSeconds);
            _serial += count;
            return new SignedOrders(shop, Catalogue, engine.Url, TimeProvider.System.GetUtcNow()).Make(_serial - count, count);
        }
    }

    Task AroundAsync(string work, string name, Uri url, byte[][] requests)
    {
        HttpLoad.Around(url, requests, Connections[0], WarmUp);
        return AddBestAsync(work, name, Connections, (connections, time) => Task.FromResult(Timed(() => HttpLoad.Around(url, requests, connections, time))));
    }

    /// <summary>With what the generator itself has cost.</summary>
    static Figure Timed(Func<Sample> run)
    {
        var before = Environment.CpuUsage.TotalTime;
        var sample = run();
        var cost = (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / (sample.Done.Count + sample.Refused.Count);
        return Figure.Of(sample, FormattableString.Invariant($"generator {cost:F1} µs{(sample.Refused.Count > 0 ? $", {sample.Refused.Count} refused" : "")}"));
    }
}
