using System.Diagnostics;
using System.Text;
using Engine.Actors;
using Engine.Actors.Verification;
using Engine.Adapters.Journals;
using Engine.Adapters.Keys;
using Engine.Adapters.Platforms;
using Engine.Host;
using Engine.Host.Ingress;
using Engine.Host.Settings;
using Engine.Tests.Host;
using Engine.Tests.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Engine.Tests.Keys;

/// <summary>Another master key in the place of the old one: everything opens by it, nothing by the old, wherever it was interrupted.</summary>
public class RekeyTests : IDisposable
{
    private protected readonly TempFolder Folder = new();

    string KeyFile => Folder.File("data/keys/master.key");
    private protected virtual Dictionary<string, string?> Store => [];

    public void Dispose() => Folder.Dispose();

    IStore OpenStore()
    {
        var settings = new EngineSettings { DataDirectory = Folder.File("data"), Partitions = 4 };
        if (Store.TryGetValue("Engine:Postgres", out var postgres)) (settings.Store, settings.Postgres) = ("postgres", postgres);
        if (Store.TryGetValue("Engine:PostgresShards:0", out var second)) settings.PostgresShards.Add(second!);
        return Stores.Open(settings, TimeProvider.System, alone: true);
    }

    /// <summary>Orders, one forgotten, one closed, a message in quarantine, frames in an archive; and the ticket of a reservation.</summary>
    async Task<string> FillAsync()
    {
        await using var host = await ApiHost.StartAsync(folder: Folder, settings: Store);
        await host.Admin.Stock("A", 1000);
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => host.Admin.Post("/v1/orders", Host.Orders.New($"{i}", ("A", 1)).ToJsonString())));
        foreach (var id in new[] { "7", "8" }) await host.Admin.Post($"{Host.Orders.Path(id)}/cancellation", """{"reason":"x","by":"cs"}""");
        Assert.Equal(200, (await host.Admin.Post($"{Host.Orders.Path("7")}/forget", """{"reason":"asked for"}""")).Status);
        var request = new PlatformRequest("main", Encoding.UTF8.GetBytes("{}"), new Dictionary<string, string> { ["webhook-id"] = "m-1" }, TimeProvider.System.GetUtcNow());
        await host.Services.GetRequiredService<QuarantineDesk>().KeepAsync("standard", request, new ParsedMessage("m-1", [], "not understood"));
        return (await host.Admin.Reserve("A", "r-1", 1)).Text("token")!;
    }

    async Task HoldsAsync(string ticket)
    {
        await using (var host = await ApiHost.StartAsync(folder: Folder, settings: Store))
        {
            foreach (var id in new[] { "3", "8", "59" }) Assert.Equal("张伟", (await host.Admin.Get(Host.Orders.Path(id))).Text("buyer.name"));
            Assert.Null((await host.Admin.Get(Host.Orders.Path("7"))).At("buyer.name"));
            Assert.Equal(200, (await host.Admin.Post("/v1/skus/A/reservations/r-1/commit", $$"""{"token":"{{ticket}}"}""")).Status);
            var kept = (await host.Admin.Get("/v1/quarantine")).Text("items[0].id");
            Assert.Equal(200, (await host.Admin.Post($"/v1/quarantine/{kept}/replay")).Status);
            // Fingerprints go on: an order that is said again is the same, and persons are found as before.
            var repeat = await host.Admin.Post("/v1/orders", Host.Orders.New("3", ("A", 1)).ToJsonString());
            Assert.Equal(200, repeat.Status);
            Assert.DoesNotContain("differs", repeat.Body!["flags"]?.ToJsonString() ?? "");
            Assert.Equal(59, (await host.Admin.Get($"/v1/orders?limit=100&q={Uri.EscapeDataString("张伟")}")).Body!["items"]!.AsArray().Count);
        }
        using var reader = OpenStore();
        Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run().First);
    }

    [Fact]
    public async Task Everything_opens_by_the_new_key_and_nothing_by_the_old()
    {
        var ticket = await FillAsync();
        var old = await File.ReadAllBytesAsync(KeyFile);
        List<string> before = [.. Wrapped()];
        Assert.True(before.Count > 60);

        var said = await RunAsync(0, "rekey");
        Assert.Contains($"{before.Count} keys are wrapped by the new master key", said);
        Assert.Empty(before.Intersect(Wrapped()));
        foreach (var wrapped in before) Assert.False(StoreHolds(Convert.FromHexString(wrapped)), "a copy wrapped by the old key is left");
        var retired = Assert.Single(Directory.GetFiles(Path.GetDirectoryName(KeyFile)!, "master.key.until-*"));
        Assert.Equal(old, await File.ReadAllBytesAsync(retired));
        if (!OperatingSystem.IsWindows())
            foreach (var file in new[] { KeyFile, retired }) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await HoldsAsync(ticket);

        // Twice as well as once; and the old one opens nothing.
        await RunAsync(0, "rekey");
        await File.WriteAllBytesAsync(KeyFile, old);
        Assert.Contains("nothing is changed", await RunAsync(1, "rekey"));
        File.Delete(KeyFile + ".next");
        Assert.Contains("does not open by this master key", await RunAsync(1, "serve", "--Engine:Urls=http://127.0.0.1:0"));
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(3)]
    public async Task Interrupted_anywhere_it_is_gone_on_with_and_until_then_no_engine_starts(int pages)
    {
        var ticket = await FillAsync();
        using (var store = OpenStore())
        {
            var (old, replacement) = MasterKey.BeginReplacement(KeyFile);
            var change = new MasterKeyChange(store, old, replacement, EngineDomain.Instance);
            using var stop = new CancellationTokenSource();
            if (pages == 0) stop.Cancel();
            Assert.Null(change.Run(_ => { if (--pages <= 0) stop.Cancel(); }, stop.Token));
        }
        Assert.Contains("is being replaced", await RunAsync(1, "serve", "--Engine:Urls=http://127.0.0.1:0"));
        await RunAsync(0, "rekey");
        await HoldsAsync(ticket);
    }

    [Fact]
    public async Task Where_the_key_file_is_gone_it_is_told_and_none_is_made_in_its_place()
    {
        var ticket = await FillAsync();
        File.Move(KeyFile, Folder.File("away"));
        foreach (string[] command in new[] { ["serve", "--Engine:Urls=http://127.0.0.1:0"], ["rekey"], ["views", "rebuild"], new[] { "export", "orders", "--persons" } })
            Assert.Contains("There is no master key at", await RunAsync(1, command));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(KeyFile)!));
        File.Move(Folder.File("away"), KeyFile);
        await HoldsAsync(ticket);
    }

    IEnumerable<string> Wrapped()
    {
        using var store = OpenStore();
        List<string> all = [.. store.ReadSigningKeys().Select(key => Convert.ToHexString(key.Wrapped))];
        for (var partition = 0; partition < store.Partitions; partition++)
            for (var page = store.ReadKeys(partition, 0); page.Count > 0; page = store.ReadKeys(partition, page[^1].Sequence))
                all.AddRange(page.SelectMany(row => row.Wrapped).OfType<byte[]>().Select(Convert.ToHexString));
        return all;
    }

    private protected virtual bool StoreHolds(byte[] bytes) =>
        Directory.GetFiles(Folder.File("data"), "journal.db*").Any(file => File.ReadAllBytes(file).AsSpan().IndexOf(bytes) >= 0);

    async Task<string> RunAsync(int exitCode, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(EngineHost).Assembly.Location, .. arguments])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder.Path,
        };
        foreach (var (name, value) in Store) start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        using var process = Process.Start(start)!;
        var (said, wrong) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var all = await said + await wrong;
        Assert.True(process.ExitCode == exitCode, all);
        return all;
    }
}

/// <summary>The same in PostgreSQL.</summary>
[Collection(PostgresCollection.Name)]
public sealed class RekeyOnPostgresTests(PostgresFixture postgres) : RekeyTests
{
    readonly string _database = postgres.NewDatabase();

    private protected override Dictionary<string, string?> Store => new() { ["Engine:Store"] = "postgres", ["Engine:Postgres"] = _database };

    private protected override bool StoreHolds(byte[] bytes) => Holds(_database, bytes);

    /// <summary>In rows that are there, and in those that are not seen any more.</summary>
    internal static bool Holds(string database, byte[] bytes)
    {
        PostgresFixture.Run(database, "CREATE EXTENSION IF NOT EXISTS pageinspect");
        var pages = $"SELECT count(*) FROM generate_series(0, pg_relation_size('engine.keys') / 8192 - 1) page WHERE position('\\x{Convert.ToHexString(bytes)}'::bytea IN get_raw_page('engine.keys', page::integer)) > 0";
        return PostgresFixture.Scalar<long>(database, pages) > 0;
    }
}

/// <summary>The same over two databases, of which each has the keys of its partitions.</summary>
[Collection(PostgresCollection.Name)]
public sealed class RekeyOverSeveralDatabasesTests(PostgresFixture postgres) : RekeyTests
{
    readonly string[] _databases = [postgres.NewDatabase(), postgres.NewDatabase()];

    private protected override Dictionary<string, string?> Store => new() { ["Engine:Store"] = "postgres", ["Engine:Postgres"] = _databases[0], ["Engine:PostgresShards:0"] = _databases[1] };

    private protected override bool StoreHolds(byte[] bytes) => Array.Exists(_databases, database => RekeyOnPostgresTests.Holds(database, bytes));
}
