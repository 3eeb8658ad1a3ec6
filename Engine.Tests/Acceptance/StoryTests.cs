using System.Text.Json.Nodes;
using Engine.Tests.Host;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Acceptance;

/// <summary>The stories that must end well, over HTTP against the real process and a real store (story 8 is in Torture).</summary>
public sealed class StoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    ApiHost _host = null!;
    ApiClient _api = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _api = _host.Admin;
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task Story_1_of_20_buyers_who_race_for_10_units_exactly_10_win_and_10_hear_a_suggestion()
    {
        await _api.Stock("hot", 10);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i => await _api.Reserve("hot", $"r{i}", 1, await _api.Token("hot"), $"o{i}")));
        Assert.Equal(10, answers.Count(a => a.Status == 201));
        var refused = answers.Where(a => a.Status != 201).ToArray();
        Assert.All(refused, r =>
        {
            Assert.Equal((409, "insufficient_stock", "0"), (r.Status, r.Code, r.Text("wouldFit")));
            Assert.Equal("1", r.Text("replenishment.shortfall"));
            Assert.NotNull(r.Text("snapshot.token"));
        });
        Assert.Equal(10, refused.Length);
        Assert.Equal((10, 10, 0, 0), await _api.Figures("hot"));
        Assert.Single((JsonArray)(await _api.Get("/v1/replenishments")).At("items")!);
    }

    [Fact]
    public async Task Story_2_a_hundred_carts_in_opposite_orders_ten_times_over_leave_no_order_lost_and_no_unit_too_many()
    {
        var skus = Enumerable.Range(0, 10).Select(i => $"cart{i}").ToArray();
        foreach (var sku in skus) await _api.Stock(sku, 400);
        for (var round = 0; round < 10; round++)
        {
            var placed = await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
                _api.Place($"{round}-{i}", Now, [.. (i % 2 == 0 ? skus : skus.Reverse()).Select(s => (s, 1))])));
            Assert.All(placed, p => Assert.Equal(201, p.Status));
        }
        Dictionary<string, int> states = [];
        await Shop.Until(async () =>
        {
            states = await States(1000);
            return !states.ContainsKey("reserving") && !states.ContainsKey("received");
        }, "all orders decided");
        output.WriteLine(string.Join(", ", states));
        Assert.Equal(400, states["awaiting_payment"]);
        Assert.Equal(600, states["backordered"]);
        foreach (var sku in skus) Assert.Equal((400, 400, 0, 0), await _api.Figures(sku));
    }

    [Fact]
    public async Task Story_2_a_hundred_reserved_carts_in_opposite_orders_ten_times_over_take_all_of_each_SKU_or_nothing()
    {
        var skus = Enumerable.Range(0, 10).Select(i => $"held{i}").ToArray();
        foreach (var sku in skus) await _api.Stock(sku, 350);
        List<Reply> answers = [];
        for (var round = 0; round < 10; round++)
        {
            answers.AddRange(await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
                ReserveCartUntilKnown($"{round}-{i}", i % 2 == 0 ? skus : skus.Reverse()))));
        }
        Assert.All(answers, a => Assert.True(IsReserved(a) || a.Code == "insufficient_stock", $"{a.Status} {a.Code}"));
        var won = answers.Count(IsReserved);
        output.WriteLine($"{won} carts reserved at once");
        // Who stepped aside in vain may find that others did too.
        while (IsReserved(await ReserveCartUntilKnown($"last-{won}", skus))) won++;
        Assert.Equal(350, won);
        foreach (var sku in skus) Assert.Equal((350, 350, 0, 0), await _api.Figures(sku));
    }

    static bool IsReserved(Reply answer) => answer.Status is 200 or 201;

    /// <summary>As a client does: an answer that did not come in time is asked for again with the same key.</summary>
    async Task<Reply> ReserveCartUntilKnown(string id, IEnumerable<string> skus)
    {
        var snapshots = await _api.Snapshots($"o{id}", [.. skus.Select(sku => (sku, 1))]);
        Reply answer = null!;
        await Shop.Until(async () => (answer = await _api.ReserveCart(id, $"o{id}", snapshots)).Code != "outcome_unknown", $"cart {id} decided");
        return answer;
    }

    async Task<Dictionary<string, int>> States(int orders)
    {
        Dictionary<string, int> states = [];
        for (var i = 0; i < orders; i++)
        {
            var state = (await _api.View($"{i / 100}-{i % 100}")).Text("state") ?? "lost";
            states[state] = states.GetValueOrDefault(state) + 1;
        }
        return states;
    }

    [Fact]
    public async Task Story_3_two_lines_of_one_order_with_the_same_SKU_are_both_counted()
    {
        await _api.Stock("twice", 5);
        Assert.Equal("awaiting_payment", (await _api.Place("1", Now, ("twice", 2), ("twice", 3))).Text("state"));
        Assert.Equal((5, 5, 0, 0), await _api.Figures("twice"));
        Assert.Equal("backordered", (await _api.Place("2", Now, ("twice", 1), ("twice", 1))).Text("state"));
    }

    [Fact]
    public async Task Story_6_an_order_pushed_19_times_by_two_channels_payment_first_is_one_order_paid_once()
    {
        await _api.Stock("WJ-SC", 10);
        var order = Standard("order.placed", new JsonObject
        {
            ["platformOrderId"] = "S1", ["placedAt"] = Now.ToString("O"),
            ["lines"] = new JsonArray(new JsonObject { ["lineId"] = "1", ["sku"] = "WJ-SC", ["quantity"] = 2, ["unitPrice"] = 100 }),
            ["amounts"] = new JsonObject { ["total"] = 200, ["currency"] = "CNY" },
        });
        var payment = Standard("order.payment", new JsonObject { ["platformOrderId"] = "S1", ["status"] = "succeeded", ["reference"] = "p", ["at"] = Now.ToString("O") });
        var canonical = order.Data.DeepClone().AsObject();
        (canonical["platform"], canonical["shop"]) = ("standard", "main");

        await Push(payment);
        var pushes = Enumerable.Range(0, 19).Select(async i =>
        {
            if (i % 3 == 2) Assert.Contains((await _api.Post("/v1/orders", canonical.ToJsonString())).Status, new[] { 200, 201 });
            else await Push(i % 5 == 4 ? payment : order);
        });
        await Task.WhenAll(pushes);
        await Shop.Until(async () => (await Get("standard:main:S1")).Text("state") == "paid", "paid");
        var seen = await Get("standard:main:S1");
        Assert.Single((JsonArray)seen.At("payments")!);
        Assert.Equal((10, 0, 2, 8), await _api.Figures("WJ-SC"));

        await Push(Standard("order.cancelled", new JsonObject { ["platformOrderId"] = "S2", ["reason"] = "changed my mind" }));
        await Push(Standard("order.payment", new JsonObject { ["platformOrderId"] = "S2", ["status"] = "succeeded", ["reference"] = "p", ["at"] = Now.ToString("O") }));
        var late = order.Data.DeepClone().AsObject();
        late["platformOrderId"] = "S2";
        await Push(Standard("order.placed", late));
        Assert.Equal("refunding", (await Get("standard:main:S2")).Text("state"));
        Assert.Equal((10, 0, 2, 8), await _api.Figures("WJ-SC"));
    }

    Task<Reply> Get(string orderId) => _api.Get($"/v1/orders/{Uri.EscapeDataString(orderId)}");

    int _messages;

    (JsonObject Data, byte[] Body, Dictionary<string, string> Headers) Standard(string type, JsonObject data)
    {
        var body = System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["type"] = type, ["timestamp"] = Now.ToString("O"), ["data"] = data.DeepClone() }.ToJsonString());
        var id = $"msg-{_messages++}";
        var at = Now.ToUnixTimeSeconds();
        var key = Convert.FromBase64String(ApiHost.StandardSecret["whsec_".Length..]);
        var signed = System.Text.Encoding.UTF8.GetBytes($"{id}.{at}.").Concat(body).ToArray();
        var signature = Convert.ToBase64String(System.Security.Cryptography.HMACSHA256.HashData(key, signed));
        return (data, body, new() { ["webhook-id"] = id, ["webhook-timestamp"] = $"{at}", ["webhook-signature"] = $"v1,{signature}", ["Content-Type"] = "application/json" });
    }

    async Task Push((JsonObject Data, byte[] Body, Dictionary<string, string> Headers) message)
    {
        var reply = await _host.As(null).Push("/webhooks/standard/main", message.Headers, message.Body);
        Assert.Equal(204, reply.Status);
    }

    [Fact]
    public async Task Story_9_a_cancelled_order_gives_back_every_unit_in_every_warehouse_once()
    {
        await _api.Stock("x", 5, "gz");
        await _api.Stock("y", 5, "sh");
        Assert.Equal("awaiting_payment", (await _api.Place("split", Now, ("x", 3), ("y", 4))).Text("state"));
        await _api.Pay("split");
        Assert.Equal((5, 0, 3, 2), await _api.Figures("x"));
        var cancelled = await Task.WhenAll(_api.Cancel("split"), _api.Cancel("split"), _api.Cancel("split"));
        Assert.All(cancelled, c => Assert.Equal((200, "refunding"), (c.Status, c.Text("state"))));
        Assert.Equal((5, 0, 0, 5), await _api.Figures("x"));
        Assert.Equal((5, 0, 0, 5), await _api.Figures("y"));
    }

    [Fact]
    public async Task Story_10_a_cancellation_and_a_payment_at_the_same_moment_end_in_refunding()
    {
        await _api.Stock("same", 100);
        for (var i = 0; i < 20; i++)
        {
            await _api.Place($"c{i}", Now, ("same", 1));
            await Task.WhenAll(_api.Cancel($"c{i}"), _api.Pay($"c{i}"));
            Assert.Equal("refunding", (await _api.View($"c{i}")).Text("state"));
        }
        Assert.Equal((100, 0, 0, 100), await _api.Figures("same"));
    }

    [Fact]
    public async Task Story_11_stock_already_promised_is_refused_to_a_correction_and_a_shortage_when_it_is_lost()
    {
        await _api.Stock("promised", 10);
        await _api.Reserve("promised", "r1", 8);
        var correction = await _api.Post("/v1/stock/adjustments", """{"reference":"c1","lines":[{"sku":"promised","warehouse":"gz","delta":-3,"reason":"correction"}]}""");
        Assert.Equal((409, "refused", "below_promised", "10"), (correction.Status, correction.Text("lines[0].result"), correction.Text("lines[0].code"), correction.Text("lines[0].onHand")));
        var damage = await _api.Post("/v1/stock/adjustments", """{"reference":"d1","lines":[{"sku":"promised","warehouse":"gz","delta":-5,"reason":"damage"}]}""");
        Assert.Equal((200, "applied", "3", "5"), (damage.Status, damage.Text("lines[0].result"), damage.Text("lines[0].shortage"), damage.Text("lines[0].onHand")));
        Assert.Equal("3", (await _api.Get("/v1/skus/promised")).Text("shortage"));
    }

    [Fact]
    public async Task Story_13_a_shopper_who_returns_to_pay_is_never_blocked_by_their_own_hold()
    {
        await _api.Stock("last", 1);
        await _api.Place("mine", Now, ("last", 1));
        var again = await _api.Place("mine", Now, ("last", 1));
        Assert.Equal((200, "awaiting_payment"), (again.Status, again.Text("state")));
        Assert.Equal("paid", (await _api.Pay("mine")).Text("state"));

        await _api.Stock("other", 1);
        var token = await _api.Token("other");
        var first = await _api.Reserve("other", "r", 1, token);
        var second = await _api.Reserve("other", "r", 1, token);
        Assert.Equal((201, 200), (first.Status, second.Status));
        Assert.Equal(first.Text("token"), second.Text("token"));
    }

    [Fact]
    public async Task Story_14_while_one_shop_floods_the_others_are_still_served()
    {
        await _api.Stock("flooded", 1_000_000);
        await _api.Stock("calm", 1_000_000);
        async Task<double[]> Calm(string run)
        {
            var times = new List<double>();
            for (var i = 0; i < 50; i++)
            {
                var since = TimeProvider.System.GetTimestamp();
                var placed = await _api.Place($"calm-{run}-{i}", Now, ("calm", 1));
                times.Add(TimeProvider.System.GetElapsedTime(since).TotalMilliseconds);
                Assert.Equal(201, placed.Status);
            }
            times.Sort();
            return [.. times];
        }
        await Calm("warm");
        var alone = await Calm("alone");
        using var stop = new CancellationTokenSource();
        var flood = Enumerable.Range(0, 32).Select(async worker =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
                await _api.Post("/v1/orders?wait=received", Shop.Order($"flood-{worker}-{i}", Now, ("flooded", 1)).Replace("\"main\"", "\"flood\""));
        }).ToArray();
        var beside = await Calm("beside");
        await stop.CancelAsync();
        await Task.WhenAll(flood);
        output.WriteLine($"story 14: a calm shop's order took {alone[25]:F1} ms alone and {beside[25]:F1} ms beside a flood (p50), ratio {beside[25] / alone[25]:F1}; p96 {alone[48]:F1} and {beside[48]:F1} ms, ratio {beside[48] / alone[48]:F1}");
    }
}

/// <summary>Stories of time, on the real host with a clock that only the test moves.</summary>
public sealed class TimeStoryTests : IAsyncLifetime
{
    readonly ManualTime _time = new(Shop.Day);
    ApiHost _host = null!;
    ApiClient _api = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync(_time);
        _api = _host.Admin;
        await _api.Stock("t", 10);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    void Pass(TimeSpan time) => _time.Advance(time);

    async Task<bool> Is(string id, string state) => (await _api.View(id)).Text("state") == state;

    [Theory]
    [InlineData("14:59.9", false)]
    [InlineData("15:00.1", true)]
    public async Task Story_4_a_payment_at_the_end_of_the_order_tier_commits_and_the_late_one_reserves_anew(string at, bool late)
    {
        await _api.Place("1", Shop.Day, ("t", 4));
        Pass(TimeSpan.ParseExact(at, @"mm\:ss\.f", null));
        var paid = await _api.Pay("1");
        Assert.Equal("paid", paid.Text("state"));
        Assert.Equal(late, ((JsonArray)paid.At("explain")!).Any(e => e!["rule"]!.ToString() == "late_payment"));
        Assert.Equal((10, 0, 4, 6), await _api.Figures("t"));
    }

    [Theory]
    [InlineData("44:59.0", false)]
    [InlineData("46:00.0", true)]
    public async Task Story_4_a_payment_at_the_end_of_the_paying_tier_commits_and_the_late_one_reserves_anew(string at, bool late)
    {
        await _api.Place("1", Shop.Day, ("t", 4));
        Pass(TimeSpan.FromMinutes(5));
        Assert.Equal("paying", (await _api.Pay("1", "started")).Text("state"));
        Pass(TimeSpan.ParseExact(at, @"mm\:ss\.f", null) - TimeSpan.FromMinutes(5));
        var paid = await _api.Pay("1");
        Assert.Equal("paid", paid.Text("state"));
        Assert.Equal(late, ((JsonArray)paid.At("explain")!).Any(e => e!["rule"]!.ToString() == "late_payment"));
        Assert.Equal((10, 0, 4, 6), await _api.Figures("t"));
    }

    [Fact]
    public async Task Story_4_a_late_payment_for_stock_that_went_to_others_waits_with_priority()
    {
        await _api.Place("late", Shop.Day, ("t", 8));
        Pass(TimeSpan.FromMinutes(16));
        await Shop.Until(() => Is("late", "expired"), "expired");
        await _api.Place("other", _time.GetUtcNow(), ("t", 8));
        await _api.Pay("other");
        var late = await _api.Pay("late");
        Assert.Equal(("backordered", "paid"), (late.Text("state"), late.Text("status")));
        await _api.Stock("t", 20, reference: "more");
        await Shop.Until(() => Is("late", "paid"), "the late payment is served");
        Assert.Equal((30, 0, 16, 14), await _api.Figures("t"));
    }

    [Fact]
    public async Task Story_5_a_payment_that_starts_at_minute_14_holds_to_minute_45_and_not_a_minute_more()
    {
        await _api.Place("1", Shop.Day, ("t", 4));
        Pass(TimeSpan.FromMinutes(14));
        var paying = await _api.Pay("1", "started");
        Assert.Equal(("paying", "paying", "2026-01-01T00:45:00.000Z"), (paying.Text("state"), paying.Text("lockTier"), paying.Text("lockExpiresAt")));
        Pass(new TimeSpan(0, 30, 59));
        Assert.True(await Is("1", "paying"));
        Assert.Equal((10, 4, 0, 6), await _api.Figures("t"));
        Pass(TimeSpan.FromSeconds(2));
        await Shop.Until(() => Is("1", "expired"), "expired at minute 45");
        await Shop.Until(async () => await _api.Figures("t") == (10, 0, 0, 10), "given back");
    }
}
