using System.Text.Json.Nodes;
using Engine.Tests.Postgres;
using Xunit;

namespace Engine.Tests.Host;

/// <summary>Lists of orders as clients ask for them: filters, pages, search, counts, tables, and what they say when they are behind.</summary>
public class OrderListTests : IAsyncLifetime
{
    readonly ManualTime _time = new();
    readonly TempFolder _folder = new();
    ApiHost _host = null!;
    ApiClient _admin = null!;

    private protected virtual ViewsAside Views => new FileViewsAside(_folder);

    public async Task InitializeAsync()
    {
        _admin = (_host = await ApiHost.StartAsync(_time, _folder, Views.Settings)).Admin;
        foreach (var warehouse in new[] { "gz", "sh" }) await _admin.Put($"/v1/warehouses/{warehouse}", $$"""{"name":"{{warehouse}}","location":{"lat":23.13,"lon":113.26},"coldChain":false}""");
        await _admin.Stock("A", 100, "gz");
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        _folder.Dispose();
    }

    async Task Place(JsonObject order) => Assert.Equal(201, (await _admin.Post("/v1/orders", order.ToJsonString())).Status);

    static JsonObject Order(string id, string placedAt, string? name = null, string? phone = null)
    {
        var order = Orders.New(id, ("A", 1));
        order["placedAt"] = placedAt;
        if (name is not null) order["buyer"]!["name"] = name;
        if (phone is not null) order["buyer"]!["phone"] = phone;
        return order;
    }

    Task<Reply> List(string query) => _admin.Get("/v1/orders" + query.Replace("张伟", Uri.EscapeDataString("张伟")).Replace("张", Uri.EscapeDataString("张")).Replace("王", Uri.EscapeDataString("王")).Replace(" ", "%20"));

    async Task<IEnumerable<string>> Ids(string query) => (await List(query)).Body!["items"]!.AsArray().Select(r => r!["orderId"]!.ToString());

    [Fact]
    public async Task Orders_are_listed_by_every_filter_and_page_by_page_newest_first()
    {
        await Place(Orders.New("1", ("A", 1)));
        await Place(Order("2", "2026-01-01T00:00:01Z"));
        await _admin.Post($"{Orders.Path("2")}/payments", Orders.Pay("p"));
        var other = Order("3", "2025-12-31T23:59:00Z");
        (other["platform"], other["shop"], other["shipBy"]) = ("pos", "side", "2026-01-01T00:00:01Z");
        other.Remove("tags");
        await Place(other);
        await Place(Order("4", "2025-12-31T23:58:00Z"));
        await _admin.Post($"{Orders.Path("4")}/cancellation", """{"reason":"x","by":"cs"}""");
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(["erp:main:2", "erp:main:1", "pos:side:3", "erp:main:4"], await Ids(""));
        Assert.Equal(["erp:main:2"], await Ids("?state=paid"));
        Assert.Equal(["erp:main:4"], await Ids("?state=cancelled&status=closed"));
        Assert.Equal(["erp:main:1", "pos:side:3"], await Ids("?status=pending_payment"));
        Assert.Equal(["pos:side:3"], await Ids("?platform=pos"));
        Assert.Equal(["pos:side:3"], await Ids("?shop=side"));
        Assert.Equal([], await Ids("?shop=sid"));
        Assert.Equal(["erp:main:2", "erp:main:1", "erp:main:4"], await Ids("?tag=live-stream"));
        Assert.Equal(["pos:side:3"], await Ids("?overdue=true"));
        Assert.Equal([], await Ids("?warehouse=sh"));
        Assert.Equal([], await Ids("?stalledHours=1"));
        Assert.Equal(["erp:main:1", "pos:side:3"], await Ids("?placedFrom=2025-12-31T23:59:00Z&placedTo=2026-01-01T00:00:01Z"));
        _time.Advance(TimeSpan.FromHours(1.1));
        // Locks have lapsed meanwhile; what is closed does not stall.
        Assert.Equal("erp:main:2", Assert.Single((await _admin.Until("/v1/orders?stalledHours=1", r => r.Body!["items"]!.AsArray().Count == 1)).Body!["items"]!.AsArray())!["orderId"]!.ToString());

        var page = await _admin.Get("/v1/orders?limit=3");
        Assert.Equal(["erp:main:4"], await Ids($"?limit=3&cursor={page.Text("next")}"));
        Assert.DoesNotContain("张伟", page.Body!.ToJsonString());
        Assert.Equal(
            ["cursor:bad_format", "format:unknown_value", "overdue:wrong_type", "placedFrom:bad_format", "stalledHours:out_of_range", "state:unknown_value", "status:unknown_value"],
            (await _admin.Get("/v1/orders?state=x&status=y&overdue=z&stalledHours=0&placedFrom=now&cursor=eA&format=xml")).Faults);
    }

    [Fact]
    public async Task A_row_shows_what_the_order_itself_shows()
    {
        await _admin.Stock("B", 10, "gz");
        await _admin.Put("/v1/skus/AB", """{"name":"both","bundle":[{"sku":"A","quantity":2},{"sku":"B","quantity":1}]}""");
        await Place(Orders.New("1", ("A", 2), ("nobody knows it", 1)));
        await Place(Orders.New("3", ("AB", 2), ("A", 1)));
        await Place(Orders.New("2", ("A", 1)));
        await _admin.Post($"{Orders.Path("2")}/payments", Orders.Pay("p"));
        await _admin.Post($"{Orders.Path("2")}/steps", Orders.Step("picking"));
        foreach (var item in (await _admin.Get("/v1/orders")).Body!["items"]!.AsArray())
        {
            var order = (await _admin.Get($"/v1/orders/{Uri.EscapeDataString(item!["orderId"]!.ToString())}")).Body!.AsObject();
            foreach (var (name, value) in item.AsObject()) Assert.Equal(order[name]?.ToJsonString(), value?.ToJsonString());
        }
    }

    [Fact]
    public async Task Pages_hold_still_while_orders_come()
    {
        for (var i = 1; i <= 7; i++) await Place(Order($"{i}", $"2026-01-01T00:00:0{i}Z"));
        var seen = new List<string>();
        string? cursor = null;
        for (var n = 0; n < 10; n++)
        {
            var page = await _admin.Get($"/v1/orders?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}");
            seen.AddRange(page.Body!["items"]!.AsArray().Select(o => o!["platformOrderId"]!.ToString()));
            if ((cursor = page.Text("next")) is null) break;
            await Place(Order($"new-{n}", "2026-01-01T00:00:09Z"));
        }
        Assert.Equal(["7", "6", "5", "4", "3", "2", "1"], seen);
    }

    [Fact]
    public async Task An_order_is_found_by_number_phone_or_name_and_not_after_its_person_was_forgotten()
    {
        await Place(Order("E2026-001", "2026-01-01T00:00:01Z", "张伟", "+86 138-0000-0001"));
        await Place(Order("E2026-002", "2026-01-01T00:00:02Z", "Li  Na", "13800000002"));
        await Place(Order("X-13800000001", "2026-01-01T00:00:03Z", "王*", "138****0002"));
        Assert.Equal(["erp:main:E2026-002", "erp:main:E2026-001"], await Ids("?q=E2026"));
        Assert.Equal(["erp:main:E2026-001"], await Ids("?q=erp:main:E2026-001"));
        Assert.Equal(["erp:main:E2026-001"], await Ids("?q=13800000001"));
        Assert.Equal(["erp:main:E2026-002"], await Ids("?q=0086 13800000002"));
        Assert.Equal(["erp:main:E2026-001"], await Ids("?q=张伟"));
        Assert.Equal(["erp:main:E2026-002"], await Ids("?q=li na"));
        Assert.Equal([], await Ids("?q=张"));
        Assert.Equal([], await Ids("?q=王*"));
        Assert.Equal([], await Ids("?q=138****0002"));
        Assert.Equal([], await Ids("?q=张伟&state=cancelled"));
        Assert.Equal(["q:out_of_range"], (await _admin.Get($"/v1/orders?q={new string('1', 101)}")).Faults);

        await _admin.Post($"{Orders.Path("E2026-001")}/cancellation", """{"reason":"x","by":"cs"}""");
        Assert.Equal(200, (await _admin.Post($"{Orders.Path("E2026-001")}/forget", """{"reason":"asked for"}""")).Status);
        Assert.Equal([], await Ids("?q=张伟"));
        Assert.Equal([], await Ids("?q=13800000001"));
        Assert.Equal(["erp:main:E2026-002", "erp:main:E2026-001"], await Ids("?q=E2026"));
        Assert.True(Views.Holds("E2026-002"));
        foreach (var personal in new[] { "张伟", "Li  Na", "13800000002", "天河路", "轻拿轻放" }) Assert.False(Views.Holds(personal), personal);
    }

    [Fact]
    public async Task Orders_are_counted_by_state_and_filter()
    {
        for (var i = 1; i <= 3; i++) await Place(Order($"{i}", $"2026-01-01T00:00:0{i}Z"));
        await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p"));
        await _admin.Post($"{Orders.Path("2")}/cancellation", """{"reason":"x","by":"cs"}""");
        var all = await _admin.Get("/v1/orders/counts");
        Assert.Equal(["awaiting_payment pending_payment 1", "cancelled closed 1", "paid paid 1"], all.Body!["items"]!.AsArray().Select(c => $"{c!["state"]} {c["status"]} {c["orders"]}"));
        Assert.Equal("3", all.Text("total"));
        Assert.Equal("1", (await _admin.Get("/v1/orders/counts?status=paid")).Text("total"));
        Assert.Equal("2", (await _admin.Get("/v1/orders/counts?placedFrom=2026-01-01T00:00:02Z&q=")).Text("total"));
        Assert.Equal("state,status,orders\r\nawaiting_payment,pending_payment,1\r\ncancelled,closed,1\r\npaid,paid,1\r\n", (await _admin.Get("/v1/orders/counts?format=csv")).Body!.ToString());
    }

    [Fact]
    public async Task A_table_holds_the_whole_list_and_no_cell_is_a_formula()
    {
        var first = Order("=cmd|'C calc'!A0", "2026-01-01T00:00:01Z");
        first["tags"] = new JsonArray("@SUM(1,1)", "a \"quoted\" one");
        await Place(first);
        for (var i = 2; i <= 4; i++) await Place(Order($"{i}", $"2026-01-01T00:00:0{i}Z"));
        var reply = await _admin.Get("/v1/orders?format=csv&limit=1");
        Assert.Equal("text/csv; charset=utf-8", reply.Message.Content.Headers.ContentType!.ToString());
        var lines = reply.Body!.ToString().Split("\r\n");
        Assert.StartsWith("orderId,platform,shop,platformOrderId,state,status,", lines[0]);
        Assert.Equal(6, lines.Length);
        Assert.StartsWith("erp:main:4,erp,main,4,awaiting_payment,pending_payment,", lines[1]);
        Assert.EndsWith(",100,CNY,live-stream,,A x 1", lines[1]);
        Assert.StartsWith("erp:main:=cmd|'C calc'!A0,erp,main,\"'=cmd|'C calc'!A0\",", lines[4]);
        Assert.Contains(",\"'@SUM(1,1) a \"\"quoted\"\" one\",", lines[4]);
    }

    [Fact]
    public async Task A_list_that_is_behind_answers_all_the_same_and_says_so()
    {
        await Place(Orders.New("1", ("A", 1)));
        Assert.Single(await Ids(""));
        // Somebody else holds the tables: nothing can be written.
        using (Views.Hold())
        {
            await Place(Orders.New("2", ("A", 1)));
            var asked = _admin.Get("/v1/orders");
            while (!asked.IsCompleted)
            {
                _time.Advance(TimeSpan.FromMilliseconds(500));
                await Task.WhenAny(asked, Task.Delay(20));
            }
            var late = await asked;
            Assert.Equal((200, "true", 1), (late.Status, late.Text("incomplete"), late.Body!["items"]!.AsArray().Count));
            Assert.InRange(long.Parse(late.Message.Headers.GetValues("Engine-Read-Model-Lag-Milliseconds").Single()), 2000, 60_000);
            var views = await _admin.Get("/v1/views");
            Assert.True(long.Parse(views.Text("lagFrames")!) > 0 && double.Parse(views.Text("lagSeconds")!) >= 2, views.Body!.ToString());
        }
        Assert.Equal(2, (await _admin.Until("/v1/orders", r => r.At("incomplete") is null)).Body!["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task The_read_models_are_made_anew_on_request_while_they_serve()
    {
        for (var i = 1; i <= 5; i++) await Place(Order($"{i}", $"2026-01-01T00:00:0{i}Z"));
        var begun = await _admin.Post("/v1/views/rebuild");
        Assert.Equal(202, begun.Status);
        Assert.Equal(5, (await Ids("")).Count());
        var views = await _admin.Until("/v1/views", r => r.Text("rebuilds") == "1");
        Assert.Null(views.At("rebuilding"));
        Assert.Equal(5, (await Ids("")).Count());
        await Place(Order("6", "2026-01-01T00:00:06Z"));
        Assert.Equal(6, (await Ids("")).Count());
        Assert.False(File.Exists(_host.Folder.File("data/views.rebuild.db")));
        Assert.All((await _admin.Get("/v1/views")).Body!["partitions"]!.AsArray(), p => Assert.Equal((p!["journal"]!.ToString(), "0"), (p["position"]!.ToString(), p["lagFrames"]!.ToString())));
    }

    [Fact]
    public async Task The_figures_tell_the_lag_and_that_every_unit_is_accounted_for()
    {
        await Place(Orders.New("1", ("A", 3)));
        await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p"));
        await _admin.Post("/v1/stock/adjustments", """{"reference":"loss","lines":[{"sku":"A","warehouse":"gz","delta":-98,"reason":"damage"}]}""");
        await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step("picking"));
        await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step("packed"));
        Assert.Equal("shipped", (await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step("shipped", ""","carrier":"SF","trackingNumber":"1" """))).Text("state"));
        await Ids("");
        var text = (await _host.As(null).Get("/metrics")).Body!.ToString();
        foreach (var line in new[] { "engine_views_lag_frames 0", "engine_views_lag_seconds 0", "engine_views_rebuilds_total 0", "engine_conservation_difference_units 0", "engine_oversold_units 0" }) Assert.Contains($"\n{line}\n", text);
        Assert.DoesNotContain("engine_views_rows_written_total 0\n", text);
        // One unit was found again when it was shipped.
        Assert.Equal("101 0 3 98", Views.Scalar("SELECT received||' '||on_hand||' '||shipped||' '||written_off FROM stock"));
    }

    [Fact]
    public async Task Everything_is_listed_after_a_restart_and_after_a_rebuild_of_the_store_at_rest()
    {
        using var folder = new TempFolder();
        await using (var host = await ApiHost.StartAsync(folder: folder))
        {
            await host.Admin.Stock("A", 10);
            await host.Admin.Post("/v1/orders", Orders.New("1", ("A", 1)).ToJsonString());
            Assert.Single((await host.Admin.Get($"/v1/orders?q={Uri.EscapeDataString("张伟")}")).Body!["items"]!.AsArray());
        }
        Assert.Equal(0, await Engine.Host.Cli.EngineCommands.RunAsync(["views", "rebuild", "--data", folder.File("data")]));
        await using (var host = await ApiHost.StartAsync(folder: folder))
        {
            Assert.Single((await host.Admin.Get($"/v1/orders?q={Uri.EscapeDataString("张伟")}")).Body!["items"]!.AsArray());
            Assert.Equal("0", (await host.Admin.Get("/v1/views")).Text("rebuilds"));
            Assert.Equal(1, await Engine.Host.Cli.EngineCommands.RunAsync(["views", "rebuild", "--data", folder.File("data")]));
            Assert.Equal(0, await Engine.Host.Cli.EngineCommands.RunAsync(["views", "rebuild", "--url", host.Address.ToString(), "--key-file", KeyFile("key-of-admin")]));
            Assert.Equal(1, await Engine.Host.Cli.EngineCommands.RunAsync(["views", "rebuild", "--url", host.Address.ToString(), "--key-file", KeyFile("key-of-ops")]));
            Assert.Equal(1, await Engine.Host.Cli.EngineCommands.RunAsync(["views", "rebuild", "--url", host.Address.ToString()]));
            Assert.Equal("1", (await host.Admin.Get("/v1/views")).Text("rebuilds"));
            Assert.Single((await host.Admin.Get("/v1/orders")).Body!["items"]!.AsArray());
        }

        string KeyFile(string key)
        {
            File.WriteAllText(folder.File(key), key + "\n");
            return folder.File(key);
        }
    }
}

/// <summary>The same with the tables in PostgreSQL.</summary>
[Collection(PostgresCollection.Name)]
public sealed class OrderListOnPostgresTests(PostgresFixture postgres) : OrderListTests
{
    private protected override ViewsAside Views { get; } = new PostgresViewsAside(postgres.NewDatabase());
}
