using Xunit;

namespace Engine.Tests.Host;

public sealed class StockApiTests : IAsyncLifetime
{
    ApiHost _host = null!;
    ApiClient _admin = null!;

    public async Task InitializeAsync() => _admin = (_host = await ApiHost.StartAsync()).Admin;

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_warehouse_is_created_then_changed_and_shown()
    {
        var created = await _admin.Put("/v1/warehouses/gz-1", """{"name":"广州","location":{"lat":23.13,"lon":113.26},"coldChain":true,"capacityPerDay":500}""");
        Assert.Equal(201, created.Status);
        Assert.Equal("/v1/warehouses/gz-1", created.Message.Headers.Location!.ToString());
        Assert.Equal("open", created.Text("state"));
        Assert.Equal(0, (double)created.At("reservedRate")!);

        var paused = await _admin.Put("/v1/warehouses/gz-1", """{"state":"paused"}""");
        Assert.Equal((200, "paused", "广州", "500", "23.13"), (paused.Status, paused.Text("state"), paused.Text("name"), paused.Text("capacityPerDay"), paused.Text("location.lat")));

        Assert.Equal("paused", (await _admin.Get("/v1/warehouses/gz-1")).Text("state"));
        Assert.Equal("gz-1", (await _admin.Get("/v1/warehouses")).Text("items[0].warehouse"));
        var unknown = await _admin.Get("/v1/warehouses/nowhere");
        Assert.Equal((404, "unknown_warehouse"), (unknown.Status, unknown.Code));
    }

    [Fact]
    public async Task Of_two_who_change_a_warehouse_at_once_neither_takes_the_other_s_word_back()
    {
        await _admin.Put("/v1/warehouses/w", "{\"name\":\"W\"}");
        for (var i = 1; i <= 20; i++)
        {
            var state = i % 2 == 0 ? "open" : "paused";
            await Task.WhenAll(_admin.Put("/v1/warehouses/w", $"{{\"state\":\"{state}\"}}"), _admin.Put("/v1/warehouses/w", $"{{\"capacityPerDay\":{i}}}"), _admin.Put("/v1/warehouses/w", $"{{\"name\":\"W{i}\"}}"));
            var shown = await _admin.Get("/v1/warehouses/w");
            Assert.Equal((state, $"{i}", $"W{i}"), (shown.Text("state"), shown.Text("capacityPerDay"), shown.Text("name")));
        }
    }

    [Fact]
    public async Task What_is_not_there_can_not_be_transferred_or_corrected_away()
    {
        var moved = await _admin.Post("/v1/stock/adjustments", """{"reference":"m","lines":[{"sku":"N","warehouse":"gz","delta":-5,"reason":"transfer_out"},{"sku":"N","warehouse":"gz","delta":-1,"reason":"correction"}]}""");
        Assert.Equal((409, "below_promised", "below_promised"), (moved.Status, moved.Text("lines[0].code"), moved.Text("lines[1].code")));
        Assert.Equal("unknown_sku", (await _admin.Get("/v1/skus/N")).Code);
    }

    [Fact]
    public async Task A_warehouse_with_faults_is_refused_with_all_of_them()
    {
        var reply = await _admin.Put("/v1/warehouses/w", """{"name":7,"location":{"lat":91,"lon":"x"},"coldChain":"yes","capacityPerDay":0,"state":"burning"}""");
        Assert.Equal((400, "invalid_request", "application/problem+json"), (reply.Status, reply.Code, reply.Message.Content.Headers.ContentType!.MediaType));
        Assert.Equal(
            ["capacityPerDay:not_positive", "coldChain:wrong_type", "location.lat:out_of_range", "location.lon:wrong_type", "name:wrong_type", "state:unknown_value"], reply.Faults);
        Assert.Equal(["name:required"], (await _admin.Put("/v1/warehouses/w", "{}")).Faults);
        Assert.Equal(["warehouse:bad_format"], (await _admin.Put("/v1/warehouses/a%20b", """{"name":"x"}""")).Faults);
        Assert.Equal(["state:unknown_value", "warehouse:bad_format"], (await _admin.Put("/v1/warehouses/a%20b", """{"name":"x","state":"shut"}""")).Faults);
    }

    [Fact]
    public async Task A_warehouse_shows_how_much_of_it_is_promised()
    {
        await _admin.Stock("A", 6);
        await _admin.Stock("B", 2);
        Assert.Equal(201, (await _admin.Reserve("A", "r", 2)).Status);
        Assert.Equal(0.25, (double)(await _admin.Get("/v1/warehouses/gz")).At("reservedRate")!);
    }

    [Fact]
    public async Task A_sku_is_created_then_changed_and_keeps_what_is_not_given()
    {
        var created = await _admin.Put("/v1/skus/%E5%A5%B6%E7%B2%89%201%25", """{"name":"奶粉","safetyStock":3,"barcodes":["69012345"],"aliases":[{"platform":"youzan","shop":"s1","sku":"123"}]}""");
        Assert.Equal((201, "奶粉 1%", "3"), (created.Status, created.Text("sku"), created.Text("safetyStock")));
        var changed = await _admin.Put("/v1/skus/%E5%A5%B6%E7%B2%89%201%25", """{"strict":true}""");
        Assert.Equal((200, "true", "3", "奶粉", "69012345", "123"), (changed.Status, changed.Text("strict"), changed.Text("safetyStock"), changed.Text("name"), changed.Text("barcodes[0]"), changed.Text("aliases[0].sku")));
    }

    [Fact]
    public async Task A_sku_with_faults_is_refused_with_all_of_them()
    {
        var reply = await _admin.Put("/v1/skus/A", """{"strict":1,"safetyStock":-1,"barcodes":[""],"aliases":[{"platform":"UP","sku":"a/b"}],"bundle":[{"sku":"a/b","quantity":0},{"sku":"x","quantity":1},{"sku":"x","quantity":1}]}""");
        Assert.Equal(["aliases[0].platform:bad_format", "aliases[0].shop:required", "aliases[0].sku:bad_format", "barcodes[0]:bad_format", "bundle[0].quantity:not_positive", "bundle[0].sku:bad_format", "bundle[2].sku:duplicate", "safetyStock:negative", "strict:wrong_type"], reply.Faults);
        Assert.Equal(["safetyStock:negative", "sku:bad_format"], (await _admin.Put($"/v1/skus/{new string('x', 81)}", """{"safetyStock":-1}""")).Faults);
    }

    [Fact]
    public async Task An_adjustment_creates_sku_and_warehouse_and_a_repeat_is_answered_the_same()
    {
        const string Body = """{"reference":"r-1","lines":[{"sku":"A","warehouse":"GZ","delta":10,"reason":"receiving"},{"sku":"A","warehouse":"GZ","set":7,"reason":"stocktake"},{"sku":"B","warehouse":"GZ","delta":5,"reason":"return"}]}""";
        var first = await _admin.Post("/v1/stock/adjustments", Body);
        Assert.Equal(200, first.Status);
        Assert.Equal(["10", "7", "5"], Enumerable.Range(0, 3).Select(i => first.Text($"lines[{i}].onHand")));
        Assert.All(Enumerable.Range(0, 3), i => Assert.Equal("applied", first.Text($"lines[{i}].result")));
        var second = await _admin.Post("/v1/stock/adjustments", Body);
        Assert.Equal(first.Body!.ToJsonString(), second.Body!.ToJsonString());
        Assert.Equal("7", (await _admin.Get("/v1/skus/A")).Text("onHand"));
        Assert.Equal("GZ", (await _admin.Get("/v1/warehouses/GZ")).Text("name"));
    }

    [Theory]
    [InlineData("""{"reference":"r","lines":[{"sku":"A","warehouse":"gz","delta":9,"reason":"receiving"}]}""")]
    [InlineData("""{"reference":"r","lines":[{"sku":"B","warehouse":"gz","delta":5,"reason":"receiving"}]}""")]
    [InlineData("""{"reference":"r","lines":[{"sku":"A","warehouse":"gz","delta":5,"reason":"receiving"},{"sku":"B","warehouse":"gz","delta":5,"reason":"receiving"}]}""")]
    public async Task The_same_reference_with_another_body_is_refused_and_books_nothing(string other)
    {
        await _admin.Post("/v1/stock/adjustments", """{"reference":"r","lines":[{"sku":"A","warehouse":"gz","delta":5,"reason":"receiving"}]}""");
        var reply = await _admin.Post("/v1/stock/adjustments", other);
        Assert.Equal((422, "idempotency_conflict"), (reply.Status, reply.Code));
        Assert.Equal("5", (await _admin.Get("/v1/skus/A")).Text("onHand"));
        Assert.Equal("unknown_sku", (await _admin.Get("/v1/skus/B")).Code);
    }

    [Fact]
    public async Task A_correction_below_what_is_promised_is_refused_line_by_line_and_damage_is_recorded()
    {
        await _admin.Stock("A", 10);
        await _admin.Reserve("A", "r", 8);
        const string Correction = """{"reference":"c","lines":[{"sku":"A","warehouse":"gz","delta":-5,"reason":"correction"}]}""";
        var refused = await _admin.Post("/v1/stock/adjustments", Correction);
        Assert.Equal((409, "below_promised", "c", "refused", "below_promised", "10"), (refused.Status, refused.Code, refused.Text("reference"), refused.Text("lines[0].result"), refused.Text("lines[0].code"), refused.Text("lines[0].onHand")));

        // A refusal is not remembered: with more stock the same call goes through.
        await _admin.Stock("A", 3);
        Assert.Equal("8", (await _admin.Post("/v1/stock/adjustments", Correction)).Text("lines[0].onHand"));

        var mixed = await _admin.Post("/v1/stock/adjustments", """{"reference":"d","lines":[{"sku":"A","warehouse":"gz","delta":-1,"reason":"transfer_out"},{"sku":"A","warehouse":"gz","delta":-3,"reason":"damage"}]}""");
        Assert.Equal((200, "refused", "applied", "5", "3"), (mixed.Status, mixed.Text("lines[0].result"), mixed.Text("lines[1].result"), mixed.Text("lines[1].onHand"), mixed.Text("lines[1].shortage")));
        Assert.Equal("3", (await _admin.Get("/v1/skus/A")).Text("shortage"));
    }

    [Fact]
    public async Task An_adjustment_with_faults_is_refused_with_all_of_them_and_books_nothing()
    {
        var reply = await _admin.Post("/v1/stock/adjustments", """{"lines":[{"sku":"A","warehouse":"gz","delta":5,"reason":"receiving"},{"sku":"a/b","warehouse":"g z","delta":1,"set":1,"reason":"theft"},{"sku":"C","warehouse":"gz","reason":"damage","set":-1},{"sku":"D","warehouse":"gz","reason":"damage"}]}""");
        Assert.Equal(
            ["lines[1].reason:unknown_value", "lines[1].set:ambiguous", "lines[1].sku:bad_format", "lines[1].warehouse:bad_format", "lines[2].set:negative", "lines[3].delta:required", "reference:required"],
            reply.Faults);
        Assert.Equal("unknown_sku", (await _admin.Get("/v1/skus/A")).Code);
        Assert.Equal([":malformed"], (await _admin.Post("/v1/stock/adjustments", "{")).Faults);
    }

    [Theory]
    [InlineData("奶粉 1段")]
    [InlineData("100% A+B")]
    [InlineData("%2F")]
    [InlineData("a%252Fb")]
    [InlineData("~!@#$^&*()_+`-=[]{}|;':\",.<>?\\")]
    public async Task A_sku_of_any_printable_characters_is_found_by_its_percent_encoded_name(string sku)
    {
        await _admin.Stock(sku, 4);
        var reply = await _admin.Get($"/v1/skus/{Uri.EscapeDataString(sku)}");
        Assert.Equal((200, sku, "4"), (reply.Status, reply.Text("sku"), reply.Text("available")));
    }

    [Fact]
    public async Task Stock_is_shown_over_all_warehouses_and_safety_stock_is_not_available()
    {
        await _admin.Stock("A", 6, "gz");
        await _admin.Stock("A", 4, "sh");
        await _admin.Put("/v1/skus/A", """{"safetyStock":3}""");
        await _admin.Reserve("A", "r", 2);
        var stock = await _admin.Get("/v1/skus/A");
        Assert.Equal(("10", "2", "0", "5"), (stock.Text("onHand"), stock.Text("reserved"), stock.Text("committed"), stock.Text("available")));
        Assert.Equal(("gz", "6", "2", "sh", "4"), (stock.Text("warehouses[0].warehouse"), stock.Text("warehouses[0].onHand"), stock.Text("warehouses[0].reserved"), stock.Text("warehouses[1].warehouse"), stock.Text("warehouses[1].onHand")));
        Assert.Equal((404, "unknown_sku"), ((await _admin.Get("/v1/skus/none")).Status, (await _admin.Get("/v1/skus/none")).Code));
    }

    [Fact]
    public async Task A_snapshot_names_stock_and_age()
    {
        await _admin.Stock("A", 6);
        var snapshot = await _admin.Post("/v1/skus/A/snapshots", """{"orderId":"o-1"}""");
        Assert.Equal((201, "A", "6"), (snapshot.Status, snapshot.Text("sku"), snapshot.Text("available")));
        var age = DateTimeOffset.Parse(snapshot.Text("expiresAt")!) - DateTimeOffset.Parse(snapshot.Text("issuedAt")!);
        Assert.Equal(TimeSpan.FromMinutes(1), age);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", snapshot.Text("issuedAt"));
        Assert.Equal((404, "unknown_sku"), ((await _admin.Post("/v1/skus/B/snapshots")).Status, (await _admin.Post("/v1/skus/B/snapshots")).Code));
        Assert.Equal(["orderId:wrong_type"], (await _admin.Post("/v1/skus/A/snapshots", """{"orderId":5}""")).Faults);
    }

    [Fact]
    public async Task Open_replenishments_are_listed_page_by_page()
    {
        foreach (var sku in new[] { "A", "B", "C" })
        {
            await _admin.Stock(sku, 1);
            await _admin.Reserve(sku, "r", 5);
        }
        var first = await _admin.Get("/v1/replenishments?limit=2");
        Assert.Equal(("A", "B", "4"), (first.Text("items[0].sku"), first.Text("items[1].sku"), first.Text("items[0].shortfall")));
        Assert.Null(first.At("items[0].dailyTurnover"));
        var second = await _admin.Get($"/v1/replenishments?limit=2&cursor={Uri.EscapeDataString(first.Text("next")!)}");
        Assert.Equal("C", second.Text("items[0].sku"));
        Assert.Null(second.At("next"));
        Assert.Equal(["cursor:bad_format", "limit:out_of_range"], (await _admin.Get("/v1/replenishments?limit=501&cursor=%25")).Faults);
    }
}
