using System.Text;
using System.Text.Json.Nodes;
using Engine.Adapters.Platforms;
using Engine.Host.Ingress;
using Engine.Load;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Engine.Tests.Host;

public sealed class WebhookApiTests : IAsyncLifetime
{
    ApiHost _host = null!;
    ApiClient _admin = null!, _platform = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        (_admin, _platform) = (_host.Admin, _host.As(null));
        await _admin.Stock("A", 100);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    Task<Reply> Standard(string id, string type, JsonObject data, string secret = ApiHost.StandardSecret) => Standard(id, new JsonObject { ["type"] = type, ["timestamp"] = Now, ["data"] = data }.ToJsonString(), secret);

    Task<Reply> Standard(string id, string body, string secret = ApiHost.StandardSecret)
    {
        var (bytes, now) = (Encoding.UTF8.GetBytes(body), TimeProvider.System.GetUtcNow());
        return _platform.Push("/webhooks/standard/main", new Dictionary<string, string>
        {
            ["Content-Type"] = "application/json",
            ["webhook-id"] = id,
            ["webhook-timestamp"] = now.ToUnixTimeSeconds().ToString(),
            ["webhook-signature"] = Signers.Standard(secret, id, now, bytes),
        }, bytes);
    }

    static string Now => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

    static JsonObject Placed(string id)
    {
        var order = Orders.New(id, ("A", 2));
        order.Remove("platform");
        order.Remove("shop");
        order["placedAt"] = Now;
        return order;
    }

    const string Path = "/v1/orders/standard%3Amain%3A1";

    [Fact]
    public async Task An_order_lives_by_its_pushes()
    {
        Assert.Equal(204, (await Standard("m-1", "order.placed", Placed("1"))).Status);
        var order = await _admin.Until(Path, r => r.Text("state") == "awaiting_payment");
        Assert.Equal(("awaiting_payment", "webhook:standard"), (order.Text("state"), order.Text("source")));
        Assert.Equal(204, (await Standard("m-2", "order.payment", new JsonObject { ["platformOrderId"] = "1", ["status"] = "succeeded", ["reference"] = "p-1" })).Status);
        Assert.Equal("paid", (await _admin.Until(Path, r => r.Text("state") == "paid")).Text("state"));
        Assert.Equal(204, (await Standard("m-3", "order.step", new JsonObject { ["platformOrderId"] = "1", ["step"] = "shipped", ["carrier"] = "SF", ["trackingNumber"] = "SF1" })).Status);
        Assert.Equal("shipped", (await _admin.Until(Path, r => r.Text("state") == "shipped")).Text("state"));
        Assert.Equal("98", (await _admin.Until("/v1/skus/A", r => r.Text("onHand") == "98")).Text("onHand"));
    }

    [Fact]
    public async Task The_same_push_nineteen_times_at_once_is_one_order()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 19).Select(_ => Standard("m-1", "order.placed", Placed("1"))));
        Assert.All(replies, r => Assert.Equal(204, r.Status));
        await _admin.Until(Path, r => r.Text("state") == "awaiting_payment");
        Assert.Equal("98", (await _admin.Until("/v1/skus/A", r => r.Text("available") == "98")).Text("available"));
    }

    [Fact]
    public async Task The_same_push_about_some_lines_cancels_them_once()
    {
        var cancelled = new JsonObject { ["platformOrderId"] = "1", ["reason"] = "too many", ["lines"] = new JsonArray(new JsonObject { ["lineId"] = "L1", ["quantity"] = 1 }) };
        var placed = Placed("1");
        placed["lines"]![0]!["quantity"] = 4;
        placed["amounts"] = new JsonObject { ["goods"] = 400, ["total"] = 400, ["currency"] = "CNY" };
        var early = new JsonObject { ["type"] = "order.cancelled", ["timestamp"] = Now, ["data"] = cancelled.DeepClone() }.ToJsonString();
        // Before its order, again behind it, and once more; then another message that says the same of another unit.
        Assert.Equal(204, (await Standard("c-1", early)).Status);
        Assert.Equal(204, (await Standard("m-1", "order.placed", placed)).Status);
        for (var i = 0; i < 3; i++) Assert.Equal(204, (await Standard("c-1", early)).Status);
        Assert.Equal(204, (await Standard("c-2", "order.cancelled", cancelled)).Status);
        Assert.Equal("2", (await _admin.Until(Path, r => r.Text("lines[0].quantity") == "2")).Text("lines[0].quantity"));
        Assert.Equal("98", (await _admin.Until("/v1/skus/A", r => r.Text("available") == "98")).Text("available"));
    }

    [Fact]
    public async Task Pushes_in_any_order_converge()
    {
        await Standard("m-3", "order.step", new JsonObject { ["platformOrderId"] = "1", ["step"] = "shipped", ["carrier"] = "SF" });
        await Standard("m-2", "order.payment", new JsonObject { ["platformOrderId"] = "1", ["status"] = "succeeded", ["reference"] = "p-1" });
        await Standard("m-1", "order.placed", Placed("1"));
        Assert.Equal("shipped", (await _admin.Until(Path, r => r.Text("state") == "shipped")).Text("state"));

        await Standard("m-5", "order.cancelled", new JsonObject { ["platformOrderId"] = "2", ["reason"] = "buyer" });
        await Standard("m-4", "order.placed", Placed("2"));
        Assert.Equal("cancelled", (await _admin.Until("/v1/orders/standard%3Amain%3A2", r => r.Text("state") == "cancelled")).Text("state"));
    }

    [Fact]
    public async Task A_bad_signature_is_refused_and_leaves_no_trace()
    {
        Assert.Equal(401, (await Standard("m-1", "order.placed", Placed("1"), "whsec_b3RoZXI=")).Status);
        Assert.Equal(401, (await _platform.Push("/webhooks/standard/main", new Dictionary<string, string>(), "{}"u8.ToArray())).Status);
        Assert.Equal(400, (await _platform.Push("/webhooks/shopify/main", new Dictionary<string, string>(), "{}"u8.ToArray())).Status);
        Assert.Equal("unknown_order", (await _admin.Get(Path)).Code);
        Assert.Empty((await _admin.Get("/v1/quarantine")).Body!["items"]!.AsArray());
        Assert.Contains("engine_webhook_signatures_refused_total{platform=\"standard\",reason=\"bad_signature\"} 1", (await _platform.Get("/metrics")).Body!.ToString());
    }

    [Theory]
    [InlineData("/webhooks/standard/other")]
    [InlineData("/webhooks/nobody/main")]
    public async Task An_unknown_shop_is_not_found(string path)
    {
        var reply = await _platform.Push(path, new Dictionary<string, string>(), "{}"u8.ToArray());
        Assert.Equal((404, "unknown_shop"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task What_cannot_be_understood_is_kept_whole_once_and_can_be_replayed()
    {
        for (var time = 0; time < 2; time++) Assert.Equal(204, (await Standard("m-1", """{"type":"order.teleported","data":{}}""")).Status);
        var faulty = Placed("1");
        faulty["lines"]![0]!["quantity"] = 0;
        Assert.Equal(204, (await Standard("m-2", "order.placed", faulty)).Status);
        Assert.Equal(204, (await Standard("m-3", "{ broken")).Status);

        var list = await _admin.Get("/v1/quarantine");
        Assert.Equal(3, list.Body!["items"]!.AsArray().Count);
        var kept = list.Body["items"]!.AsArray().Single(i => i!["reason"]!.ToString().Contains("order.teleported"))!;
        Assert.Equal(("standard", "main"), (kept["platform"]!.ToString(), kept["shop"]!.ToString()));
        Assert.Equal("unknown_order", (await _admin.Get(Path)).Code);

        var replay = await _host.As("ops").Post($"/v1/quarantine/{kept["id"]}/replay");
        Assert.Equal((200, "false"), (replay.Status, replay.Text("understood")));
        Assert.Contains("order.teleported", replay.Text("reason"));
        Assert.Equal(3, (await _admin.Get("/v1/quarantine")).Body!["items"]!.AsArray().Count);
        Assert.Equal("unknown_message", (await _admin.Post("/v1/quarantine/none/replay")).Code);
        Assert.Equal(["limit:out_of_range"], (await _admin.Get("/v1/quarantine?limit=0")).Faults);
        Assert.Contains("engine_quarantined_messages_total{platform=\"standard\"} 3", (await _platform.Get("/metrics")).Body!.ToString());
    }

    [Fact]
    public async Task A_message_that_is_understood_by_now_is_applied_by_its_replay_and_leaves_quarantine()
    {
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["type"] = "order.placed", ["data"] = Placed("1") }.ToJsonString());
        var request = new PlatformRequest("main", body, new Dictionary<string, string> { ["webhook-id"] = "m-1" }, TimeProvider.System.GetUtcNow());
        await _host.Services.GetRequiredService<QuarantineDesk>().KeepAsync("standard", request, new ParsedMessage("m-1", [], "an adapter of last year"));
        var id = (await _admin.Get("/v1/quarantine")).Text("items[0].id");
        var replay = await _admin.Post($"/v1/quarantine/{id}/replay");
        Assert.Equal((200, "true", "standard:main:1"), (replay.Status, replay.Text("understood"), replay.Text("orders[0]")));
        Assert.Equal("awaiting_payment", (await _admin.Until(Path, r => r.Text("state") == "awaiting_payment")).Text("state"));
        Assert.Empty((await _admin.Get("/v1/quarantine")).Body!["items"]!.AsArray());
        Assert.Equal(200, (await _admin.Post($"/v1/quarantine/{id}/replay")).Status);
    }

    [Theory]
    [InlineData("shopify", "main", "", ApiHost.ShopifySecret)]
    [InlineData("standard", "main", "", ApiHost.StandardSecret)]
    [InlineData("youzan", "strict", "client", "youzan-secret")]
    public async Task Real_messages_of_every_platform_become_orders(string platform, string shopName, string appKey, string secret)
    {
        var shop = new LoadShop(platform, shopName, appKey, secret);
        var order = new LoadOrder
        {
            Shop = shop,
            Id = platform == "youzan" ? "E20260101000000000001" : "5678901234",
            PlacedAt = TimeProvider.System.GetUtcNow(),
            Buyer = new LoadBuyer(7, "张伟", "13800138000"),
            Address = new LoadAddress("广东省", "广州市", "天河区", "天河路 1 号"),
            Lines = [new LoadLine("1", "A", 11, "奶粉", 2, 9900)],
        };
        var message = new MessageFactory(new Random(1)).Make(order, MessageKind.Created, TimeProvider.System.GetUtcNow());
        var refused = MessageFactory.WithBadSignature(message, shop);
        Assert.Equal(401, (await _platform.Push(refused.Path, refused.Headers, refused.Body)).Status);
        Assert.InRange((await _platform.Push(message.Path, message.Headers, message.Body)).Status, 200, 204);
        var id = (await _admin.Until("/v1/orders", r => r.Text("items[0].orderId") is not null)).Text("items[0].orderId")!;
        var shown = await _admin.Until($"/v1/orders/{Uri.EscapeDataString(id)}", r => r.Text("state") == "awaiting_payment");
        Assert.Equal(("awaiting_payment", platform, shopName, "A", "2"), (shown.Text("state"), shown.Text("platform"), shown.Text("shop"), shown.Text("lines[0].sku"), shown.Text("lines[0].quantity")));
    }

    [Fact]
    public async Task A_status_that_nothing_follows_from_is_shown_with_its_order_whichever_comes_first()
    {
        foreach (var status in new[] { "WAIT_BUYER_PAY", "SOMETHING_NEW", "SOMETHING_NEW" }) Assert.Equal(200, (await Youzan(status)).Status);
        var order = Orders.New("E20260101000000000002", ("A", 2));
        (order["platform"], order["shop"], order["placedAt"]) = ("youzan", "strict", Now);
        await _admin.Post("/v1/orders", order.ToJsonString());
        Assert.Equal(200, (await Youzan("SOMETHING_ELSE")).Status);
        var shown = await _admin.Until($"/v1/orders/{Uri.EscapeDataString("youzan:strict:E20260101000000000002")}", r => r.Body!["flags"]!.AsArray().Count >= 3);
        Assert.Equal(["platform_status:WAIT_BUYER_PAY", "platform_status:SOMETHING_NEW", "platform_status:SOMETHING_ELSE"], shown.Body!["flags"]!.AsArray().Select(f => f!.ToString()));

        Task<Reply> Youzan(string status)
        {
            var message = new JsonObject { ["tid"] = "E20260101000000000002", ["status"] = status }.ToJsonString();
            var body = new JsonObject { ["client_id"] = "client", ["id"] = "E20260101000000000002", ["type"] = "TRADE_ORDER_STATE", ["msg_id"] = status, ["msg"] = Uri.EscapeDataString(message) }.ToJsonString();
            var bytes = Encoding.UTF8.GetBytes(body);
            return _platform.Push("/webhooks/youzan/strict", new Dictionary<string, string>
            {
                ["Content-Type"] = "application/json", ["Event-Sign"] = Signers.Youzan("client", "youzan-secret", bytes), ["Event-Type"] = "TRADE_ORDER_STATE",
            }, bytes);
        }
    }
}
