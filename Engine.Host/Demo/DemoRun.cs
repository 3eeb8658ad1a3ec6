using System.Net;
using System.Net.Sockets;
using Engine.Actors;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Sqlite;
using Engine.Host.Cli;
using Engine.Load.Auditing;
using Engine.Load.Spike;
using Spectre.Console;

namespace Engine.Host.Demo;

/// <summary>
/// The demo: a real host on a fresh store, a client process that plays the spike, and then the client's account held against
/// what the API answers and against what the journal proves.
/// </summary>
sealed class DemoRun(int orders, int seed, int port)
{
    const int VerificationsMax = 3;
    static readonly string Data = Path.Combine("data", "demo");
    // Minutes cut to seconds, so that locks lapse while somebody watches.
    static readonly TimeSpan OrderTier = TimeSpan.FromSeconds(15);
    static readonly TimeSpan PayingTier = TimeSpan.FromSeconds(45);

    readonly IAnsiConsole _console = Terminal.Open();
    readonly TimeProvider _time = TimeProvider.System;

    public static SpikeOptions Options(int orders, int seed) => new(orders, seed, OrderTier, PayingTier);

    public async Task<int> RunAsync(bool exit)
    {
        MakeAfresh();
        var options = Options(orders, seed);
        var url = new Uri($"http://127.0.0.1:{FreePort()}");
        await using var app = EngineHost.Build(EngineHost.Configuration(Settings(new SpikeWorld(options), url)));
        using var signals = new EndingSignals();
        await app.StartAsync();
        _console.WriteLine($"The engine serves on {url} with a fresh store in {Path.GetFullPath(Data)}.");
        _console.WriteLine($"A client of its own plays {orders:N0} orders of three platforms (seed {seed}); locks hold {OrderTier.TotalSeconds:0} s, {PayingTier.TotalSeconds:0} s while paying.");

        var report = await PlayAsync(url, options);
        var (journal, byJournal, elapsed) = await VerifyAsync(report);
        DemoTable.Show(report, journal, byJournal, elapsed, _console);
        var holds = report.ByApi.Holds && byJournal.Holds && journal.First is null && report.SignaturesTaken == 0;
        if (!exit)
        {
            DemoTable.ShowWhatToOpen(url, Data, report, _console);
            await app.WaitForShutdownAsync();
        }
        else await app.StopAsync();
        return holds ? 0 : 1;
    }

    static void MakeAfresh()
    {
        if (Directory.Exists(Data)) Directory.Delete(Data, recursive: true);
        Directory.CreateDirectory(Data);
    }

    /// <summary>The usual port, or any where something serves there already.</summary>
    int FreePort()
    {
        foreach (var wanted in new[] { port, 0 })
        {
            using var listener = new TcpListener(IPAddress.Loopback, wanted);
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken; the next one is free.
            }
        }
        throw new InvalidOperationException("no port is free");
    }

    static Dictionary<string, string?> Settings(SpikeWorld world, Uri url)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Engine:Urls"] = url.ToString(),
            ["Engine:Store"] = "sqlite",
            ["Engine:DataDirectory"] = Data,
            ["Engine:Locks:Order"] = OrderTier.ToString(),
            ["Engine:Locks:Paying"] = PayingTier.ToString(),
            ["Serilog:MinimumLevel:Default"] = "Error",
        };
        for (var i = 0; i < world.Shops.Count; i++)
        {
            var shop = world.Shops[i];
            settings[$"Engine:Shops:{i}:Platform"] = shop.Platform;
            settings[$"Engine:Shops:{i}:Shop"] = shop.Shop;
            settings[$"Engine:Shops:{i}:AppKey"] = shop.AppKey;
            settings[$"Engine:Shops:{i}:Secret"] = shop.Secret;
            settings[$"Engine:Shops:{i}:OnShortage"] = shop == world.RejectsOnShortage ? "reject" : "backorder";
        }
        return settings;
    }

    async Task<SpikeReport> PlayAsync(Uri url, SpikeOptions options)
    {
        var (key, file) = (Path.Combine(Data, "admin.key"), Path.Combine(Data, "client.json"));
        if (!_console.Profile.Capabilities.Interactive) return await DemoClient.StartAsync(url, key, options, file, new PlainProgress(_console, _time).Show);
        return await _console.Progress().AutoClear(enabled: false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(bars => DemoClient.StartAsync(url, key, options, file, new Bars(bars).Show));
    }

    /// <summary>Proves the journal and holds the client's account against it; while messages are on their way, once more.</summary>
    async Task<(VerifyReport Journal, TallyResult ByJournal, TimeSpan Elapsed)> VerifyAsync(SpikeReport report)
    {
        using var reader = new SqliteReader(Data);
        for (var attempt = 1; ; attempt++)
        {
            var teller = new JournalTeller();
            var (journal, elapsed) = await VerifyCommand.RunAsync(new Verifier(reader, EngineDomain.Instance, ScratchFile.Create) { AtEnd = teller.Hear }, _console, _time, CancellationToken.None);
            var result = report.ToTally().Compare(teller.Orders, teller.Stock);
            if (journal.First is not null || result.Holds || journal.MessagesInFlight == 0 || attempt == VerificationsMax) return (journal, result, elapsed);
        }
    }
}
