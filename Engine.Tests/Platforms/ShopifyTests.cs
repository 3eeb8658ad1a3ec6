using System.Text;
using System.Text.Json.Nodes;
using Engine.Adapters.Canonical;
using Engine.Adapters.Platforms;
using Engine.Adapters.Platforms.Shopify;
using Xunit;

namespace Engine.Tests.Platforms;

public sealed class ShopifyTests
{
    private const string File = "shopify";
    private static readonly PlatformCredentials Credentials = new("", "hush-test-client-secret", []);
    private static readonly ShopifyPlatform Platform = new();

    public static TheoryData<string> Ids => VectorFile.Ids(File);

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_recorded_push_gets_its_verdict(string id) =>
        VectorFile.CheckVerdict(Platform, Credentials, VectorFile.Find(File, id));

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_accepted_push_is_read_as_recorded(string id)
    {
        var vector = VectorFile.Find(File, id);
        if (vector.GetProperty("verdict").GetString() != "reject")
            VectorFile.CheckReading(Platform, vector);
    }

    [Fact]
    public void Header_names_are_taken_without_their_X()
    {
        var request = VectorFile.Request(File, "sh-01");
        var bare = request with { Headers = request.Headers.ToDictionary(header => header.Key.Replace("X-", "", StringComparison.Ordinal).ToLowerInvariant(), header => header.Value) };
        Assert.Equal(Verification.Genuine, Platform.Verify(bare, Credentials));
        Assert.Equal("b1234000-eefd-4c9e-9520-000000000001", Platform.Parse(bare).DedupeKey);
    }

    [Fact]
    public void A_paid_order_carries_every_field_in_canonical_words()
    {
        var push = Assert.Single(Platform.Parse(VectorFile.Request(File, "sh-01", "eu")).Pushes);
        var order = push.Order!;

        Assert.Equal("820982911946154508", push.PlatformOrderId);
        Assert.Equal(("shopify", "eu", "820982911946154508"), (order.Platform, order.Shop, order.PlatformOrderId));
        Assert.Equal(new DateTimeOffset(2025, 6, 15, 15, 6, 40, TimeSpan.Zero), order.PlacedAt);
        Assert.Equal(new CanonicalAmounts { Goods = 31840, Discount = 1990, Total = 29850, Currency = "CNY" }, order.Amounts);
        Assert.Equal(new CanonicalBuyer { Name = "王 小二", Phone = "+8613800000000" }, order.Buyer);
        Assert.Equal(new CanonicalAddress { Country = "CN", Province = "广东", City = "深圳市", Street = "科技园路1号 A座5楼", PostalCode = "518000" }, order.Address);
        Assert.Equal("请尽快\n谢谢🙂", order.Note);
        Assert.Equal(new CanonicalLine { LineId = "866550311766439001", Sku = "WJ-SC-RED-F", Quantity = 2, UnitPrice = 12900, Discount = 1940 }, order.Lines[0]);
        Assert.Equal("shopify:820982911946154508:paid", push.Payment!.Reference);
        Assert.Equal("paid", push.PlatformStatus);
    }

    [Fact]
    public void A_free_line_is_a_gift_only_where_a_property_says_so()
    {
        Assert.All(Platform.Parse(VectorFile.Request(File, "sh-01")).Pushes[0].Order!.Lines, line => Assert.Null(line.GiftOf));

        var said = Edited("sh-01", body => body["line_items"]![2]!["properties"] = JsonNode.Parse("""[{"name":"_gift","value":"true"}]"""));
        Assert.Equal("866550311766439001", said.Pushes[0].Order!.Lines[2].GiftOf);

        var wrapped = Edited("sh-01", body => body["line_items"]![1]!["properties"] = JsonNode.Parse("""[{"name":"gift","value":"true"}]"""));
        Assert.Null(wrapped.Pushes[0].Order!.Lines[1].GiftOf);
    }

    [Fact]
    public void A_line_without_a_code_is_named_by_its_variant()
    {
        var lines = Platform.Parse(VectorFile.Request(File, "sh-13")).Pushes[0].Order!.Lines;
        Assert.Equal(("808950001", true), (lines[0].Sku, lines[0].ByPlatformSku));
        Assert.False(lines[1].ByPlatformSku);
    }

    [Theory]
    [InlineData("JPY", "298", 298)]
    [InlineData("CNY", "298.50", 29850)]
    [InlineData("KWD", "298.505", 298505)]
    public void Amounts_count_in_the_smallest_unit_of_their_currency(string currency, string total, long minor)
    {
        var message = Edited("sh-11", body =>
        {
            body["currency"] = currency;
            body["total_price"] = total;
            foreach (var field in new[] { "subtotal_price", "total_discounts", "total_line_items_price" })
                body[field] = "0";
            foreach (var item in body["line_items"]!.AsArray())
                (item!["price"], item["total_discount"]) = ("1", "0");
        });
        Assert.Null(message.Unreadable);
        Assert.Equal(minor, message.Pushes[0].Order!.Amounts.Total);
    }

    [Fact]
    public void A_fraction_of_a_yen_is_unreadable()
    {
        var message = Edited("sh-11", body => body["currency"] = "JPY");
        Assert.NotNull(message.Unreadable);
    }

    [Fact]
    public void Lines_edited_away_are_gone_and_others_count_what_is_left()
    {
        var message = Edited("sh-01", body =>
        {
            body["line_items"]![0]!["current_quantity"] = 1;
            body["line_items"]![1]!["current_quantity"] = 0;
        });
        var lines = message.Pushes[0].Order!.Lines;
        Assert.Equal([("866550311766439001", 1), ("866550311766439003", 1)], lines.Select(line => (line.LineId, line.Quantity)));
    }

    [Fact]
    public void An_order_with_nothing_left_is_told_as_it_was_ordered()
    {
        var message = Edited("sh-02", body =>
        {
            foreach (var item in body["line_items"]!.AsArray())
                item!["current_quantity"] = 0;
        });
        Assert.Equal([2, 1, 1], message.Pushes[0].Order!.Lines.Select(line => line.Quantity));
        Assert.NotNull(message.Pushes[0].Cancellation);
    }

    [Fact]
    public void A_cancelled_order_is_told_by_its_body_whatever_the_topic()
    {
        var push = Platform.Parse(VectorFile.Request(File, "sh-14")).Pushes[0];
        Assert.Equal(new CancellationPush("customer", new DateTimeOffset(2025, 6, 15, 15, 10, 0, TimeSpan.Zero)), push.Cancellation);
        Assert.Null(push.Payment);
        Assert.Equal("voided/cancelled", push.PlatformStatus);
    }

    [Fact]
    public void A_refund_alone_names_its_order_and_amount()
    {
        var message = Parse("""
            {"id":509562969000000001,"order_id":820982911946154508,"created_at":"2025-06-16T10:00:00+08:00","refund_line_items":[],
             "transactions":[{"kind":"refund","status":"success","amount":"59.90","currency":"CNY"},{"kind":"refund","status":"failure","amount":"59.90","currency":"CNY"}]}
            """);
        var push = Assert.Single(message.Pushes);
        Assert.Equal("820982911946154508", push.PlatformOrderId);
        Assert.Equal(
            new RefundPush("509562969000000001", RefundStatus.Succeeded, 5990, Full: false, new DateTimeOffset(2025, 6, 16, 2, 0, 0, TimeSpan.Zero)), push.Refund);
    }

    [Fact]
    public void A_refund_that_moved_no_money_says_nothing()
    {
        var message = Parse("""{"id":1,"order_id":2,"refund_line_items":[],"transactions":[]}""");
        Assert.Null(message.Unreadable);
        Assert.Empty(message.Pushes);
    }

    [Fact]
    public void A_refunded_order_tells_each_refund_and_that_the_last_one_was_full()
    {
        var message = Edited("sh-01", body =>
        {
            body["financial_status"] = "refunded";
            body["refunds"] = JsonNode.Parse("""
                [{"id":1,"transactions":[{"kind":"refund","status":"success","amount":"98.50"}]},
                 {"id":2,"transactions":[{"kind":"refund","status":"success","amount":"200.00"}]}]
                """);
        });
        Assert.Equal([("1", 9850L, false), ("2", 20000L, true)], message.Pushes.Select(push => (push.Refund!.Reference, push.Refund.Amount!.Value, push.Refund.Full)));
        Assert.Equal(PaymentStatus.Succeeded, message.Pushes[0].Payment!.Status);
        Assert.Null(message.Pushes[1].Order);
    }

    [Fact]
    public void A_refunded_order_that_lists_no_refunds_is_refunded_as_a_whole()
    {
        var refund = Edited("sh-01", body => body["financial_status"] = "refunded").Pushes[0].Refund!;
        Assert.True(refund.Full);
        Assert.Null(refund.Amount);
    }

    [Fact]
    public void A_fulfilled_order_is_shipped_with_its_tracking()
    {
        var message = Edited("sh-12", body =>
        {
            body["fulfillment_status"] = "fulfilled";
            body["fulfillments"] = JsonNode.Parse("""[{"created_at":"2025-06-16T10:00:00+08:00","tracking_company":"SF Express","tracking_number":"SF1"}]""");
        });
        Assert.Equal(new StepPush("shipped", new DateTimeOffset(2025, 6, 16, 2, 0, 0, TimeSpan.Zero), Carrier: "SF Express", TrackingNumber: "SF1"), message.Pushes[0].Step);
        Assert.Null(Edited("sh-12", body => body["fulfillment_status"] = "partial").Pushes[0].Step);
    }

    [Theory]
    [InlineData("""{"id":1,"title":"a product"}""")]
    [InlineData("""{"id":1,"order_id":2,"line_items":[],"tracking_number":"x"}""")]
    [InlineData("""{"id":1,"line_items":[],"status":"open"}""")]
    public void What_is_neither_order_nor_refund_is_kept_and_says_nothing(string body)
    {
        var message = Parse(body);
        Assert.Empty(message.Pushes);
        Assert.StartsWith("unknown_type", message.Unreadable, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_id_that_is_unfit_as_a_key_gives_way_to_the_hash_of_the_body()
    {
        var request = VectorFile.Request(File, "sh-01");
        var headers = new Dictionary<string, string>(request.Headers, StringComparer.OrdinalIgnoreCase) { ["X-Shopify-Webhook-Id"] = new string('x', 5000) };
        Assert.StartsWith("sha256:", Platform.Parse(request with { Headers = headers }).DedupeKey, StringComparison.Ordinal);
    }

    private static ParsedMessage Edited(string id, Action<JsonNode> edit)
    {
        var body = JsonNode.Parse(VectorFile.Request(File, id).Body.Span)!;
        edit(body);
        return Parse(body.ToJsonString());
    }

    private static ParsedMessage Parse(string body) => Platform.Parse(new PlatformRequest(
        "main", Encoding.UTF8.GetBytes(body), new Dictionary<string, string>(StringComparer.Ordinal), VectorFile.SomeTime));
}
