using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Engine.Actors;
using Engine.Actors.Inventory;
using Engine.Actors.Verification;
using Engine.Adapters;
using Engine.Adapters.Journals.Sqlite;
using Engine.Host.Api;
using Engine.Host.Bulk;
using Engine.Host.Settings;
using Engine.Tests.Host;
using Xunit;

namespace Engine.Tests.Bulk;

/// <summary>Stock from files: every line booked once or told of, whatever interrupts it and however often it is done (FEATURES A9).</summary>
public sealed class StockImportTests : IDisposable
{
    readonly TempFolder _folder = new();
    readonly StringWriter _report = new();
    ImportProgress? _saved;

    public void Dispose()
    {
        _report.Dispose();
        _folder.Dispose();
    }

    string File(string name, params string[] lines)
    {
        var path = _folder.File(name);
        System.IO.File.WriteAllLines(path, lines);
        return path;
    }

    string Many(string name, int rows) => File(name, ["sku,warehouse,delta", .. Enumerable.Range(0, rows).Select(i => $"SKU-{i % (rows / 2)},north,{1 + (i % 3)}")]);

    Task<LocalTarget> OpenAsync() => LocalTarget.OpenAsync(new EngineSettings { DataDirectory = _folder.File("data"), Partitions = 4 });

    async Task<ImportProgress> ImportAsync(string path, IStockTarget target, ImportProgress? from = null, CancellationToken stop = default, string reference = "r")
    {
        var import = new StockImport(reference, target, _report, progress => _saved = progress, TimeProvider.System);
        await import.RunAsync(StockRows.Read(path), from, stop);
        return import.Progress;
    }

    /// <summary>On hand of each SKU, by the journal.</summary>
    Dictionary<string, long> OnHand()
    {
        var found = new Dictionary<string, long>();
        using var reader = new SqliteReader(_folder.File("data"));
        var report = new Verifier(reader, EngineDomain.Instance, () => new MemoryStream())
        {
            AtEnd = actor =>
            {
                if (actor is SkuActor sku) lock (found) found[sku.Sku] = sku.Warehouses.Sum(w => w.OnHand);
            },
        }.Run();
        Assert.Null(report.First);
        return found;
    }

    JsonNode[] Reported => [.. _report.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!)];

    [Fact]
    public async Task Good_lines_are_booked_and_every_bad_one_is_told_with_all_its_faults()
    {
        var path = File("stock.csv",
            "SKU, Warehouse ,set,delta,reason",
            "A,north,12,,",
            "A,north,,-2,damage",
            "\"B, blue\",north,,5,",
            "C,no such place,,x,",
            ",north,3,4,stolen",
            "A,north,,-20,correction");
        await using (var target = await OpenAsync())
        {
            var done = await ImportAsync(path, target);
            Assert.Equal((3, 1, 2), (done.Applied, done.Refused, done.Bad));
        }
        Assert.Equal([("A", 10), ("B, blue", 5)], OnHand().OrderBy(s => s.Key).Select(s => (s.Key, (int)s.Value)));
        Assert.Equal([5, 6, 7], Reported.Select(r => (int)r["line"]!));
        Assert.Equal(["warehouse:bad_format", "delta:wrong_type"], Faults(0).OrderDescending());
        Assert.Equal(["reason:unknown_value", "set:ambiguous", "sku:required"], Faults(1).Order());
        Assert.Equal([":below_promised"], Faults(2));

        IEnumerable<string> Faults(int i) => Reported[i]["errors"]!.AsArray().Select(e => $"{e!["path"]}:{e["code"]}");
    }

    [Fact]
    public async Task Lines_of_json_say_the_same_by_the_same_names()
    {
        var path = File("stock.ndjson", """{"sku":"A","warehouse":"north","delta":3}""", "", """{"sku":"A","warehouse":"north","set":"many"}""", "{broken");
        await using (var target = await OpenAsync())
        {
            var done = await ImportAsync(path, target);
            Assert.Equal((1, 0, 2), (done.Applied, done.Refused, done.Bad));
        }
        Assert.Equal(3, OnHand()["A"]);
        Assert.Equal([3, 4], Reported.Select(r => (int)r["line"]!));
    }

    [Fact]
    public async Task The_same_import_done_again_books_nothing_twice()
    {
        var path = Many("stock.csv", 1300);
        for (var time = 0; time < 2; time++)
        {
            await using var target = await OpenAsync();
            Assert.Equal(1300, (await ImportAsync(path, target)).Applied);
        }
        Assert.Equal(Expected(1300), OnHand());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task An_import_that_is_interrupted_goes_on_where_it_was(int batches)
    {
        var path = Many("stock.csv", 5200);
        using var stop = new CancellationTokenSource();
        await using (var target = new Interrupting(await OpenAsync(), batches, stop))
        {
            var first = await ImportAsync(path, target, stop: stop.Token);
            Assert.InRange(first.Applied, 1, 5199);
            Assert.Equal(first, _saved);
        }
        await using (var target = await OpenAsync()) Assert.Equal(5200, (await ImportAsync(path, target, from: _saved)).Applied);
        Assert.Equal(Expected(5200), OnHand());
    }

    /// <summary>The process ends and what was saved is older than what was sent: the references tell.</summary>
    [Fact]
    public async Task What_was_sent_and_not_written_down_is_not_booked_again()
    {
        var path = Many("stock.csv", 3000);
        await using (var target = await OpenAsync()) await ImportAsync(path, target);
        await using (var target = await OpenAsync()) Assert.Equal(3000, (await ImportAsync(path, target, from: new ImportProgress("r", 2, 1001, 1000, 0, 0, 0))).Applied);
        Assert.Equal(Expected(3000), OnHand());
    }

    [Fact]
    public async Task Lines_of_one_SKU_are_booked_in_the_order_of_the_file()
    {
        var rows = Enumerable.Range(1, 4000).Select(i => $"HOT,north,{i}");
        var path = File("stock.csv", ["sku,warehouse,set", .. rows]);
        await using (var target = await OpenAsync()) await ImportAsync(path, target);
        Assert.Equal(4000, OnHand()["HOT"]);
    }

    [Fact]
    public async Task An_engine_that_runs_takes_the_file_over_its_API()
    {
        await using var host = await ApiHost.StartAsync();
        var path = File("stock.csv", ["sku,warehouse,delta,reason", .. Enumerable.Range(0, 1200).Select(i => $"SKU-{i},gz,2,"), "SKU-1,gz,-9,transfer_out"]);
        await using var target = new RemoteTarget(host.Address, "key-of-service");
        var done = await ImportAsync(path, target);
        Assert.Equal((1200, 1), (done.Applied, done.Refused));
        Assert.Equal("2", (await host.Admin.Get("/v1/skus/SKU-1")).Text("onHand"));
        await using var stranger = new RemoteTarget(host.Address, "no key");
        Assert.Contains("unauthorized", (await Assert.ThrowsAsync<StartupException>(() => ImportAsync(path, stranger, reference: "other"))).Message);
    }

    [Fact]
    public async Task The_command_books_in_an_engine_that_runs_and_a_wrong_key_books_nothing()
    {
        await using var host = await ApiHost.StartAsync();
        var path = File("stock.csv", "sku,warehouse,delta", "A,gz,7");
        Assert.Equal(1, await Import(File("wrong.key", "key-of-nobody")));
        Assert.Equal(404, (await host.Admin.Get("/v1/skus/A")).Status);
        Assert.Equal(0, await Import(File("right.key", "key-of-service")));
        Assert.Equal(0, await Import(File("right.key", "key-of-service")));
        Assert.Equal("7", (await host.Admin.Get("/v1/skus/A")).Text("onHand"));

        Task<int> Import(string key) => Engine.Host.Cli.EngineCommands.RunAsync(["import", "stock", path, "--url", host.Address.ToString(), "--key-file", key]);
    }

    [Fact]
    public async Task Who_is_no_engine_or_is_not_there_is_told_and_one_that_starts_again_is_waited_for()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answers = new Queue<string>(["200 OK", "503 Service Unavailable", "502 Bad Gateway", ""]);
        var serving = Task.Run(async () =>
        {
            while (answers.TryDequeue(out var answer))
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                Assert.True(await stream.ReadAtLeastAsync(new byte[4096], 200) >= 200);
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer}\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"));
            }
        });
        var batch = new AdjustmentBody("r", []);
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        await using var target = new RemoteTarget(url, "a key which makes the request long enough");
        Assert.Contains("does not answer as an engine", (await Assert.ThrowsAsync<StartupException>(() => target.AdjustAsync(batch))).Message);
        for (var time = 0; time < 3; time++) Assert.True((await target.AdjustAsync(batch)).IsBusy);
        await serving;
        listener.Stop();
        Assert.True((await target.AdjustAsync(batch)).IsBusy);
        await using var another = new RemoteTarget(url, "key");
        Assert.Contains("can't be reached", (await Assert.ThrowsAsync<StartupException>(() => another.AdjustAsync(batch))).Message);
    }

    [Fact]
    public void A_file_that_is_none_is_refused_with_what_is_missing()
    {
        Assert.Contains("delta or set", Assert.Throws<StartupException>(() => StockRows.Read(File("a.csv", "sku,warehouse", "A,n")).Count()).Message);
        Assert.Contains("sku, warehouse", Assert.Throws<StartupException>(() => StockRows.Read(File("b.csv", "x,delta", "A,n")).Count()).Message);
        Assert.Contains(".csv", Assert.Throws<StartupException>(() => StockRows.Read(File("c.xlsx", "")).Count()).Message);
        Assert.Throws<StartupException>(() => StockRows.Read(_folder.File("missing.csv")).Count());
    }

    static Dictionary<string, long> Expected(int rows) =>
        Enumerable.Range(0, rows).GroupBy(i => $"SKU-{i % (rows / 2)}").ToDictionary(g => g.Key, g => g.Sum(i => 1L + (i % 3)));

    /// <summary>Somebody presses Ctrl-C after so many batches.</summary>
    sealed class Interrupting(IStockTarget target, int batches, CancellationTokenSource stop) : IStockTarget
    {
        int _left = batches;

        public async Task<BatchResult> AdjustAsync(AdjustmentBody batch)
        {
            if (Interlocked.Decrement(ref _left) == 0) await stop.CancelAsync();
            return await target.AdjustAsync(batch);
        }

        public ValueTask DisposeAsync() => target.DisposeAsync();
    }
}
