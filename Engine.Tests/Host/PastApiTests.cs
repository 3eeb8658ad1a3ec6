using System.Text.Json.Nodes;
using Engine.Tests.Postgres;
using Xunit;

namespace Engine.Tests.Host;

/// <summary>The time machine over HTTP: any SKU and order as of any instant or change, and why stock changed.</summary>
public class PastApiTests : IAsyncLifetime
{
    readonly ManualTime _time = new();
    readonly TempFolder _folder = new();
    readonly List<(string Path, string At, int Status, string Body)> _shown = [];
    ApiHost _host = null!;
    ApiClient _admin = null!;

    private protected virtual ViewsAside Views => new FileViewsAside(_folder);

    public async Task InitializeAsync()
    {
        _admin = (_host = await ApiHost.StartAsync(_time, _folder, Views.Settings)).Admin;
        foreach (var warehouse in new[] { "gz", "sh" }) await _admin.Put($"/v1/warehouses/{warehouse}", $$"""{"name":"{{warehouse}}","location":{"lat":23.13,"lon":113.26},"coldChain":false}""");
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        _folder.Dispose();
    }

    string Now => _time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Writes down what is shown now; then a moment passes.</summary>
    async Task Look(params string[] paths)
    {
        foreach (var path in paths)
        {
            var reply = await _admin.Get(path);
            _shown.Add((path, Now, reply.Status, reply.Body!.ToJsonString()));
        }
        _time.Advance(TimeSpan.FromMilliseconds(7));
    }

    async Task SeeAllAgain()
    {
        foreach (var (path, at, status, body) in _shown)
        {
            var then = await _admin.Get($"{path}?at={at}");
            (then.Body as JsonObject)?.Remove("locks");
            Assert.Equal((at, status, body), (at, then.Status, then.Body!.ToJsonString()));
        }
    }

    async Task Story()
    {
        string[] paths = ["/v1/skus/A", Orders.Path("1"), Orders.Path("2")];
        await Look(paths);
        await _admin.Stock("A", 10);
        await Look(paths);
        await _admin.Reserve("A", "r", 2);
        await Look(paths);
        await _admin.Post("/v1/orders", Orders.New("1", ("A", 3)).ToJsonString());
        await Look(paths);
        await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p", "started"));
        await Look(paths);
        await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p"));
        await Look(paths);
        await _admin.Post("/v1/orders", Orders.New("2", ("A", 9)).ToJsonString());
        await Look(paths);
        await _admin.Post("/v1/stock/adjustments", """{"reference":"R17","lines":[{"sku":"A","warehouse":"gz","set":14,"reason":"stocktake"}]}""");
        await _admin.Until(Orders.Path("2"), r => r.Text("state") == "awaiting_payment");
        await Look(paths);
        foreach (var step in new[] { "picking", "packed" })
        {
            await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step(step));
            await Look(paths);
        }
        await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step("shipped", ""","carrier":"SF","trackingNumber":"1" """));
        await Look(paths);
        await _admin.Post($"{Orders.Path("2")}/cancellation", """{"reason":"changed mind","by":"cs"}""");
        await _admin.Until(Orders.Path("2"), r => r.Text("lines[0].state") == "released");
        await Look(paths);
    }

    [Fact]
    public async Task What_was_shown_is_shown_again_for_its_instant_also_while_the_tables_are_behind_and_after_a_restart()
    {
        await Story();
        await SeeAllAgain();
        await _admin.Get("/v1/orders");
        using (Views.Hold())
        {
            await _admin.Stock("A", 5);
            await Look("/v1/skus/A");
            await _admin.Post("/v1/orders", Orders.New("3", ("A", 1)).ToJsonString());
            await Look("/v1/skus/A", Orders.Path("3"));
            await SeeAllAgain();
        }
        await _host.DisposeAsync();
        _admin = (_host = await ApiHost.StartAsync(_time, _folder, Views.Settings)).Admin;
        await SeeAllAgain();
        await _admin.Post("/v1/views/rebuild");
        await _admin.Until("/v1/views", r => r.Text("rebuilds") == "1");
        await SeeAllAgain();
    }

    [Fact]
    public async Task Open_locks_of_that_moment_are_shown_without_tickets()
    {
        await Story();
        var (_, at, _, _) = _shown.Last(s => s.Path == Orders.Path("1") && s.Body.Contains("\"state\":\"paying\"", StringComparison.Ordinal));
        var then = await _admin.Get($"/v1/skus/A?at={at}");
        Assert.Equal(["r o-1 gz 2 caller reserved order", "erp:main:1~L1 erp:main:1 gz 3 order reserved paying"],
            then.Body!["locks"]!.AsArray().Select(l => $"{l!["reservationId"]} {l["orderId"]} {l["warehouse"]} {l["quantity"]} {l["owner"]} {l["state"]} {l["tier"]}"));
        Assert.All(then.Body["locks"]!.AsArray(), l => Assert.Null(l!["token"]));
        Assert.All(then.Body["locks"]!.AsArray(), l => Assert.NotNull(l!["expiresAt"]));
        Assert.Empty((await _host.As("warehouse").Get("/v1/skus/A?at=1")).Body!["locks"]!.AsArray());
    }

    [Fact]
    public async Task A_change_is_asked_for_by_its_number()
    {
        await Story();
        var history = (await _admin.Get("/v1/skus/A/history?limit=500")).Body!["items"]!.AsArray();
        foreach (var change in history)
        {
            var then = await _admin.Get($"/v1/skus/A?at={change!["sequence"]}");
            Assert.Equal(change["sequence"]!.ToString(), then.Text("version"));
            foreach (var figure in new[] { "onHand", "reserved", "committed", "shortage", "available" }) Assert.Equal(change["after"]![figure]!.ToString(), then.Text(figure));
        }
        var items = (await _admin.Get($"{Orders.Path("1")}/history")).Body!["items"]!.AsArray();
        for (var i = 0; i < items.Count; i++)
        {
            Assert.Equal($"{i + 1}", items[i]!["sequence"]!.ToString());
            var then = await _admin.Get($"{Orders.Path("1")}?at={i + 1}");
            Assert.Equal((items[i]!["state"]!.ToString(), items[i]!["status"]!.ToString()), (then.Text("state"), then.Text("status")));
        }
    }

    [Fact]
    public async Task What_had_not_begun_is_unknown_and_what_has_not_come_is_refused()
    {
        await _admin.Stock("A", 1);
        await _admin.Post("/v1/orders", Orders.New("1", ("A", 1)).ToJsonString());
        _time.Advance(TimeSpan.FromSeconds(1));
        foreach (var (path, unknown) in new[] { ("/v1/skus/A", "unknown_sku"), (Orders.Path("1"), "unknown_order") })
        {
            Assert.Equal((404, unknown), ((await _admin.Get($"{path}?at=2025-12-31T23:59:59.999Z")).Status, (await _admin.Get($"{path}?at=2025-12-31T23:59:59.999Z")).Code));
            Assert.Equal(404, (await _admin.Get($"{path}?at=0")).Status);
            foreach (var future in new[] { "2026-01-01T00:00:01.001Z", "9999" }) Assert.Equal(["at:out_of_range"], (await _admin.Get($"{path}?at={future}")).Faults);
            foreach (var nothing in new[] { "yesterday", "-1", "2026-01-01" }) Assert.Equal(["at:bad_format"], (await _admin.Get($"{path}?at={nothing}")).Faults);
            Assert.Equal(200, (await _admin.Get($"{path}?at={Now}")).Status);
        }
        Assert.Equal(404, (await _admin.Get($"/v1/skus/B?at={Now}")).Status);
        Assert.Equal(404, (await _admin.Get($"{Orders.Path("9")}?at={Now}")).Status);
        // A key bound to a warehouse does not learn what there is elsewhere.
        await _admin.Stock("S", 1, "sh");
        await _admin.Post("/v1/orders", Orders.New("s", ("S", 1)).ToJsonString());
        foreach (var at in new[] { Now, "1", "9999" }) Assert.Equal((403, "forbidden"), ((await _host.As("warehouse").Get($"{Orders.Path("s")}?at={at}")).Status, (await _host.As("warehouse").Get($"{Orders.Path("s")}?at={at}")).Code));
    }

    [Fact]
    public async Task A_forgotten_person_stays_forgotten_at_every_instant()
    {
        await _admin.Stock("A", 1);
        await _admin.Post("/v1/orders", Orders.New("1", ("A", 1)).ToJsonString());
        var before = Now;
        Assert.Equal("张伟", (await _admin.Get($"{Orders.Path("1")}?at={before}")).Text("buyer.name"));
        _time.Advance(TimeSpan.FromMinutes(1));
        await _admin.Post($"{Orders.Path("1")}/cancellation", """{"reason":"x","by":"cs"}""");
        await _admin.Post($"{Orders.Path("1")}/forget", """{"reason":"asked for"}""");
        foreach (var at in new[] { before, "1", Now })
        {
            var then = await _admin.Get($"{Orders.Path("1")}?at={at}");
            Assert.Equal((200, null, null, null), (then.Status, then.Text("buyer.name"), then.Text("address.street"), then.Text("note")));
            Assert.Equal("广东省", then.Text("address.province"));
        }
    }

    [Fact]
    public async Task Why_free_is_what_it_is_reads_like_a_story()
    {
        await Story();
        var reply = await _admin.Get("/v1/skus/A/history");
        Assert.Equal(
            [
                "sku_configured settings", "stock_adjusted 10 adjustment receiving ref stock A gz 10 by admin", "stock_reserved 2 reserved by a caller", "stock_reserved 3 order received",
                "lock_extended 3 payment in progress", "reservation_committed 3 payment",
            ],
            reply.Body!["items"]!.AsArray().Take(6).Select(m => $"{m!["event"]} {m["quantity"]} {m["cause"]}".Replace("  ", " ")));
        var words = reply.Body!["items"]!.AsArray().Select(m => m!["cause"]!.ToString()).ToArray();
        foreach (var cause in new[] { "an order waits for stock", "adjustment stocktake ref R17 by admin", "stock came for a waiting order", "shipped", "changed mind" }) Assert.Contains(cause, words);
        var shipped = reply.Body["items"]!.AsArray().Single(m => m!["event"]!.ToString() == "reservation_shipped")!;
        Assert.Equal(("3", "gz", "erp:main:1", "erp:main:1~L1"), (shipped["quantity"]!.ToString(), shipped["warehouse"]!.ToString(), shipped["orderId"]!.ToString(), shipped["reservationId"]!.ToString()));
        Assert.Equal(shipped["after"]!.ToJsonString(), shipped["inWarehouse"]!.ToJsonString());

        var newest = await _admin.Get("/v1/skus/A/history?order=newest&limit=2");
        Assert.Equal(words[^1], newest.Text("items[0].cause"));
        Assert.Equal(words[^3], (await _admin.Get($"/v1/skus/A/history?order=newest&limit=2&cursor={newest.Text("next")}")).Text("items[0].cause"));
        Assert.Equal(words.Length + 2, (await _admin.Get("/v1/skus/A/history?format=csv")).Body!.ToString().Split("\r\n").Length);
        Assert.All((await _host.As("warehouse").Get("/v1/skus/A/history")).Body!["items"]!.AsArray(), m => Assert.Equal("gz", m!["warehouse"]!.ToString()));
        Assert.Equal((404, "unknown_sku"), ((await _admin.Get("/v1/skus/B/history")).Status, (await _admin.Get("/v1/skus/B/history")).Code));
        Assert.Equal(["cursor:bad_format", "from:bad_format", "order:unknown_value"], (await _admin.Get("/v1/skus/A/history?order=x&from=x&cursor=eA")).Faults);
    }

    [Fact]
    public async Task A_bundle_is_shown_with_what_its_components_had()
    {
        await _admin.Stock("A", 10);
        await _admin.Stock("B", 3);
        await _admin.Put("/v1/skus/AB", """{"name":"both","bundle":[{"sku":"A","quantity":2},{"sku":"B","quantity":1}]}""");
        await Look("/v1/skus/AB");
        await _admin.Stock("B", 5);
        await Look("/v1/skus/AB");
        await SeeAllAgain();
        Assert.Equal(["3", "5"], _shown.Select(s => JsonNode.Parse(s.Body)!["available"]!.ToString()));
        Assert.Equal(["at:not_supported"], (await _admin.Get("/v1/skus/AB?at=1")).Faults);
    }
}

/// <summary>The same with the tables in PostgreSQL.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PastApiOnPostgresTests(PostgresFixture postgres) : PastApiTests
{
    private protected override ViewsAside Views { get; } = new PostgresViewsAside(postgres.NewDatabase());
}
