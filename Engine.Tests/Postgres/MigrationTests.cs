using System.Diagnostics;
using Engine.Actors;
using Engine.Actors.Verification;
using Engine.Adapters;
using Engine.Adapters.Journals;
using Engine.Adapters.Journals.Postgres;
using Engine.Adapters.Journals.Sqlite;
using Engine.Host;
using Engine.Tests.Host;
using Npgsql;
using Xunit;

namespace Engine.Tests.Postgres;

/// <summary>From an embedded store to PostgreSQL: all of it, once, and never two books.</summary>
[Collection(PostgresCollection.Name)]
public sealed class MigrationTests(PostgresFixture postgres) : IDisposable
{
    readonly TempFolder _folder = new();
    readonly string _database = postgres.NewDatabase();
    int _running;

    public void Dispose() => _folder.Dispose();

    string Data => _folder.File("data");
    Dictionary<string, string?> OnPostgres => new() { ["Engine:Store"] = "postgres", ["Engine:Postgres"] = _database };
    PostgresJournalOptions Options => new() { ConnectionString = _database };

    async Task FillAsync()
    {
        await using (var host = await ApiHost.StartAsync(folder: _folder))
        {
            await host.Admin.Put("/v1/warehouses/gz", """{"name":"广州","location":{"lat":23.13,"lon":113.26},"coldChain":false}""");
            await host.Admin.Stock("A", 100, "gz");
            for (var i = 0; i < 20; i++) Assert.Equal(201, (await host.Admin.Post("/v1/orders", Host.Orders.New($"{i}", ("A", 1)).ToJsonString())).Status);
            await host.Admin.Post($"{Host.Orders.Path("7")}/cancellation", """{"reason":"x","by":"cs"}""");
            Assert.Equal(200, (await host.Admin.Post($"{Host.Orders.Path("7")}/forget", """{"reason":"asked for"}""")).Status);
        }
        // Stopped in peace: snapshots are written. Some of the journal is archived, and some comes behind.
        await using var again = await ApiHost.StartAsync(folder: _folder);
        Assert.Equal(200, (await again.Admin.Post("/v1/archive?olderThanDays=0")).Status);
        Assert.Equal(201, (await again.Admin.Post("/v1/orders", Host.Orders.New("last", ("A", 1)).ToJsonString())).Status);
    }

    [Fact]
    public async Task Everything_is_moved_proved_and_the_source_closed_for_good()
    {
        await FillAsync();
        var said = await RunAsync(0, "migrate", "--data", Data);
        Assert.Contains("every promise holds", said);
        Assert.Contains("closed for good", said);

        await using (var host = await ApiHost.StartAsync(folder: _folder, settings: OnPostgres))
        {
            var order = await host.Admin.Get(Host.Orders.Path("3"));
            Assert.Equal(("awaiting_payment", "张伟"), (order.Text("state"), order.Text("buyer.name")));
            Assert.Null((await host.Admin.Get(Host.Orders.Path("7"))).At("buyer.name"));
            Assert.Equal("80", (await host.Admin.Get("/v1/skus/A")).Text("available"));
            Assert.Equal(21, (await host.Admin.Get("/v1/orders")).Body!["items"]!.AsArray().Count);
            // Tickets of before are honoured: the signing keys came along.
            Assert.Equal(200, (await host.Admin.Post($"{Host.Orders.Path("3")}/payments", Host.Orders.Pay("p"))).Status);
        }
        Assert.Contains("moved to PostgreSQL 127.0.0.1", Assert.Throws<StartupException>(() => new SqliteJournal(new SqliteJournalOptions { Directory = Data })).Message);
        using (var reader = new SqliteReader(Data)) Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run().First);
        Assert.Contains("holds a store already", await RunAsync(1, "migrate", "--data", Data));
    }

    [Fact]
    public async Task Interrupted_anywhere_it_is_done_again_and_until_then_there_is_one_book()
    {
        await FillAsync();
        using var stop = new CancellationTokenSource();
        using (var first = new Migration(Data, Options, []))
        {
            first.Copy(_ => stop.Cancel(), stop.Token);
            Assert.True(first.FramesCopied > 0);
        }
        // Nothing serves from the half of it, and the embedded store goes on as if nothing had been.
        Assert.Contains("not whole", Assert.Throws<StartupException>(() => new PostgresJournal(Options)).Message);
        await using (var host = await ApiHost.StartAsync(folder: _folder))
        {
            Assert.Equal(201, (await host.Admin.Post("/v1/orders", Host.Orders.New("meanwhile", ("A", 1)).ToJsonString())).Status);
            Assert.Contains("in use by another engine", Assert.Throws<StartupException>(() => new Migration(Data, Options, [])).Message);
        }
        // All is copied and the source is closed; the last step is missing.
        using (var second = new Migration(Data, Options, [])) second.Copy();
        using (var third = new Migration(Data, Options, []))
        {
            third.Copy();
            Assert.Equal(0, third.FramesCopied);
        }
        PostgresFixture.Run(_database, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'; CREATE TRIGGER refuse BEFORE UPDATE ON engine.meta FOR EACH ROW EXECUTE FUNCTION refuse()");
        Assert.Contains("Nothing is lost", await RunAsync(1, "migrate", "--data", Data));
        Assert.Throws<StartupException>(() => new SqliteJournal(new SqliteJournalOptions { Directory = Data }));
        Assert.Throws<StartupException>(() => new PostgresJournal(Options));

        PostgresFixture.Run(_database, "DROP TRIGGER refuse ON engine.meta");
        Assert.Contains("closed for good", await RunAsync(0, "migrate", "--data", Data));
        await using var moved = await ApiHost.StartAsync(folder: _folder, settings: OnPostgres);
        Assert.Equal(22, (await moved.Admin.Get("/v1/orders")).Body!["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task What_was_filled_from_another_store_is_not_added_to()
    {
        await FillAsync();
        using (var first = new Migration(Data, Options, [])) first.Copy();
        using var other = new TempFolder();
        await using (var host = await ApiHost.StartAsync(folder: other)) await host.Admin.Stock("B", 5);
        using var second = new Migration(other.File("data"), Options, []);
        Assert.Contains("another store", Assert.Throws<StartupException>(() => second.Copy()).Message);
    }

    [Fact]
    public async Task An_interrupt_is_told_and_so_is_how_to_go_on()
    {
        await FillAsync();
        using (new Migration(Data, Options, [])) { }
        // Somebody holds the table, so that it is in the middle when the signal comes.
        Task<string> interrupted;
        await using (var holder = new NpgsqlConnection(_database + ";Pooling=false"))
        {
            await holder.OpenAsync();
            await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE engine.journal IN EXCLUSIVE MODE", holder);
            await hold.ExecuteNonQueryAsync();
            interrupted = RunAsync(1, "migrate", "--data", Data);
            while (PostgresFixture.Scalar<long>(_database, "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())") == 0) await Task.Delay(20);
            // Not the signal of Ctrl+C, which is taken alike: whoever starts the tests in the background of a shell makes all their processes deaf to it.
            using var kill = Process.Start("kill", ["-TERM", $"{_running}"]);
            await kill.WaitForExitAsync();
            await Task.Delay(300);
        }
        var said = await interrupted;
        Assert.Contains("Interrupting", said);
        Assert.Contains("The same command goes on where this one ended", said);
        Assert.Contains("closed for good", await RunAsync(0, "migrate", "--data", Data));
    }

    async Task<string> RunAsync(int exitCode, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(EngineHost).Assembly.Location, .. arguments])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.Path, Environment = { ["Engine__Postgres"] = _database },
        };
        using var process = Process.Start(start)!;
        _running = process.Id;
        var (said, wrong) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var all = await said + await wrong;
        Assert.True(process.ExitCode == exitCode, all);
        Assert.DoesNotContain(postgres.Server.Password, all);
        return all;
    }
}
