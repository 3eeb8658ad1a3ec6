using System.Diagnostics;
using Engine.Actors;
using Engine.Actors.Verification;
using Engine.Adapters;
using Engine.Adapters.Journals.Postgres;
using Engine.Host;
using Engine.Load.Torture;
using Engine.Tests.Host;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Postgres;

/// <summary>The whole program on PostgreSQL.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresHostTests(PostgresFixture postgres, ITestOutputHelper output)
{
    readonly string _database = postgres.NewDatabase();

    Dictionary<string, string?> Settings => new() { ["Engine:Store"] = "postgres", ["Engine:Postgres"] = _database };

    [Fact]
    public async Task Orders_are_taken_kept_and_told_of_again_after_a_restart()
    {
        using var folder = new TempFolder();
        await using (var host = await ApiHost.StartAsync(folder: folder, settings: Settings))
        {
            await host.Admin.Put("/v1/warehouses/gz", """{"name":"广州","location":{"lat":23.13,"lon":113.26},"coldChain":false}""");
            await host.Admin.Stock("A", 10, "gz");
            Assert.Equal(201, (await host.Admin.Post("/v1/orders", Host.Orders.New("1", ("A", 2)).ToJsonString())).Status);
            Assert.Contains("engine_journal_commits_total", await (await host.Admin.Get("/metrics")).Message.Content.ReadAsStringAsync());
            Assert.Equal(400, (await host.Admin.Post("/v1/archive", "")).Status);
        }
        await using var again = await ApiHost.StartAsync(folder: folder, settings: Settings);
        var order = await again.Admin.Get(Host.Orders.Path("1"));
        Assert.Equal(("awaiting_payment", "张伟"), (order.Text("state"), order.Text("buyer.name")));
        Assert.Equal("8", (await again.Admin.Get("/v1/skus/A")).Text("available"));
        Assert.Equal("erp:main:1", (await again.Admin.Get("/v1/orders")).Text("items[0].orderId"));
        Assert.Equal("10", (await again.Admin.Get("/v1/skus/A?at=2")).Text("available"));
    }

    [Fact]
    public async Task Archived_frames_are_read_like_the_others()
    {
        using var folder = new TempFolder();
        var settings = Settings;
        settings["Engine:Archive:Directory"] = folder.File("archive-of-all");
        await using (var host = await ApiHost.StartAsync(folder: folder, settings: settings))
        {
            await host.Admin.Stock("A", 10, "gz");
            for (var i = 0; i < 20; i++) await host.Admin.Post("/v1/orders", Host.Orders.New($"{i}", ("A", 1)).ToJsonString());
        }
        await using var again = await ApiHost.StartAsync(folder: folder, settings: settings);
        var report = await again.Admin.Post("/v1/archive?olderThanDays=0");
        Assert.True(int.Parse(report.Text("frames")!) > 10, report.Body!.ToJsonString());
        Assert.NotEqual("1", PostgresFixture.Scalar<long>(_database, "SELECT min(sequence) FROM engine.journal WHERE partition = 0").ToString());
        using var reader = new PostgresReader(_database, settings["Engine:Archive:Directory"]);
        Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run().First);
        using var blind = new PostgresReader(_database);
        Assert.Throws<Actors.Kernel.StoreUnavailableException>(() => new Verifier(blind, EngineDomain.Instance, () => new MemoryStream()).Run());
    }

    [Fact]
    public async Task Commands_work_on_it_and_no_secret_is_written_anywhere()
    {
        using var folder = new TempFolder();
        var file = folder.File("stock.csv");
        await File.WriteAllTextAsync(file, "sku,warehouse,delta,reason\nA,gz,7,receiving\n");
        Assert.Contains("1 lines applied", await RunAsync(folder, 0, "import", "stock", file));
        Assert.Contains("Every promise holds", await RunAsync(folder, 0, "verify", "--settled"));
        Assert.Contains("\"A\"", await RunAsync(folder, 0, "export", "stock"));
        Assert.Contains("No decision differs", await RunAsync(folder, 0, "replay"));
        Assert.Contains("There is no master key", await RunAsync(folder, 1, "views", "rebuild"));
        Adapters.Keys.MasterKey.LoadOrCreate(folder.File("data/keys/master.key"));
        Assert.Contains("made anew", await RunAsync(folder, 0, "views", "rebuild"));
        Assert.Contains("Engine:Archive:Directory", await RunAsync(folder, 1, "archive", "--older-than", "0"));

        using var engine = new PostgresJournal(new PostgresJournalOptions { ConnectionString = _database, Node = "other" });
        Assert.Contains("in use by other engines (engine other", await RunAsync(folder, 1, "import", "stock", file));
    }

    [Fact]
    public async Task Who_wants_it_alone_waits_a_moment_for_an_engine_that_ends()
    {
        var options = new PostgresJournalOptions { ConnectionString = _database, Node = "other" };
        var ending = new PostgresJournal(options);
        var opening = Task.Run(() => new PostgresJournal(options with { Node = "alone", Alone = true }));
        await Task.Delay(500);
        Assert.False(opening.IsCompleted);
        ending.Dispose();
        using var alone = await opening;
        Assert.Throws<StartupException>(() => new PostgresJournal(options with { Alone = true }));
    }

    [Fact]
    public async Task Kills_lose_and_double_nothing()
    {
        using var folder = new TempFolder();
        await using var host = new HostProcess(folder.Path, new Dictionary<string, string> { ["Engine:Store"] = "postgres", ["Engine:Postgres"] = _database });
        Assert.True(await host.StartAsync(), host.Said);
        using var load = new TortureLoad(host.Url, seed: 7);
        await load.PrepareAsync();
        load.Start();
        for (var kill = 0; kill < 3; kill++)
        {
            await Task.Delay(700);
            await host.KillAsync();
            Assert.True(await host.StartAsync(), host.Said);
        }
        await load.StopAsync();
        Assert.Equal([], await load.AuditAsync());
        output.WriteLine($"3 kills survived, {load.Acknowledged} calls acknowledged");
        await host.TerminateAsync();
        Assert.Equal(0, await host.EndAsync(TimeSpan.FromSeconds(60)));
        Assert.DoesNotContain(postgres.Server.Password, host.Said);
        using var reader = new PostgresReader(_database);
        Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()) { Settled = true }.Run().First);
    }

    async Task<string> RunAsync(TempFolder folder, int exitCode, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(EngineHost).Assembly.Location, .. arguments])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.Path,
            Environment = { ["Engine__Store"] = "postgres", ["Engine__Postgres"] = _database },
        };
        using var process = Process.Start(start)!;
        var (said, wrong) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var all = await said + await wrong;
        Assert.True(process.ExitCode == exitCode, all);
        Assert.DoesNotContain(postgres.Server.Password, all);
        return all;
    }
}
