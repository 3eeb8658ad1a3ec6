using System.Text;
using System.Text.Json.Nodes;
using Engine.Adapters.Canonical;
using Engine.Adapters.Platforms;
using Engine.Adapters.Platforms.Youzan;
using Engine.Load;
using Xunit;

namespace Engine.Tests.Platforms;

public sealed class YouzanTests
{
    private const string File = "youzan";
    private static readonly PlatformCredentials Credentials = new("yztest0000000001", "yz-test-client-secret-not-real", []);
    private static readonly YouzanPlatform Platform = new();

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
    public void A_paid_full_order_carries_the_order_and_its_payment()
    {
        var push = Assert.Single(Platform.Parse(VectorFile.Request(File, "yz-02", "shop-1")).Pushes);
        var order = push.Order!;

        Assert.Equal(("youzan", "shop-1"), (order.Platform, order.Shop));
        Assert.Equal(new DateTimeOffset(2025, 6, 15, 15, 6, 40, TimeSpan.Zero), order.PlacedAt);
        Assert.Equal("WAIT_SELLER_SEND_GOODS", push.PlatformStatus);
        Assert.Equal(new CanonicalAmounts { Goods = 31840, Freight = 0, Discount = 1990, Total = 29850, Currency = "CNY" }, order.Amounts);
        Assert.Equal("尽快\n谢谢", order.Note);
        Assert.Equal(new CanonicalBuyer { Id = "1", Name = "王小二", Phone = "13800000000" }, order.Buyer);
        Assert.Equal(PaymentStatus.Succeeded, push.Payment!.Status);
        Assert.Equal(29850, push.Payment.Amount);
        Assert.Equal(new DateTimeOffset(2025, 6, 15, 15, 7, 45, TimeSpan.Zero), push.Payment.At);
    }

    [Fact]
    public void The_message_is_percent_decoded_exactly_once()
    {
        var order = Platform.Parse(VectorFile.Request(File, "yz-02")).Pushes[0].Order!;
        Assert.Equal("粤海街道科技园路1号 “A座” 5楼 & 前台%20", order.Address!.Street);
        Assert.Equal(("CN", "广东省", "深圳市", "南山区"), (order.Address.Country, order.Address.Province, order.Address.City, order.Address.District));
    }

    [Fact]
    public void A_message_that_is_encoded_as_in_forms_is_read_the_same()
    {
        var request = VectorFile.Request(File, "yz-02");
        var envelope = JsonNode.Parse(request.Body.Span)!;
        var text = Uri.UnescapeDataString(envelope["msg"]!.GetValue<string>()).Replace("5楼", "5+楼", StringComparison.Ordinal);
        envelope["msg"] = System.Net.WebUtility.UrlEncode(text);
        Assert.Contains('+', envelope["msg"]!.GetValue<string>());

        var order = Platform.Parse(request with { Body = Encoding.UTF8.GetBytes(envelope.ToJsonString()) }).Pushes[0].Order!;
        Assert.Equal(new DateTimeOffset(2025, 6, 15, 15, 6, 40, TimeSpan.Zero), order.PlacedAt);
        Assert.Equal("粤海街道科技园路1号 “A座” 5+楼 & 前台%20", order.Address!.Street);
    }

    [Fact]
    public void Lines_carry_code_price_discount_presale_and_gift()
    {
        var lines = Platform.Parse(VectorFile.Request(File, "yz-02")).Pushes[0].Order!.Lines;

        Assert.Equal(
            new CanonicalLine { LineId = "2810000000000000001", Sku = "WJ-SC-RED-F", Quantity = 2, UnitPrice = 12900, Discount = 1940 }, lines[0]);
        Assert.Equal(
            new CanonicalLine { LineId = "2810000000000000002", Sku = "WJ-GL-BLK-M", Quantity = 1, UnitPrice = 6040, Discount = 50, Presale = true }, lines[1]);
        Assert.Equal(
            new CanonicalLine { LineId = "2810000000000000003", Sku = "GIFT-BOX-01", Quantity = 1, GiftOf = "2810000000000000001" }, lines[2]);
    }

    [Fact]
    public void A_line_without_merchant_code_is_named_by_the_platforms_number()
    {
        var lines = Platform.Parse(VectorFile.Request(File, "yz-15")).Pushes[0].Order!.Lines;
        Assert.Equal(("36000001", true), (lines[0].Sku, lines[0].ByPlatformSku));
        Assert.Equal(("WJ-GL-BLK-M", false), (lines[1].Sku, lines[1].ByPlatformSku));
    }

    [Theory]
    [InlineData("0", "425890001")]
    [InlineData("36000001", "36000001")]
    public void An_article_without_variants_is_named_by_its_item_number(string skuId, string expected)
    {
        var message = Edited("yz-15", msg => msg["full_order_info"]!["orders"]![0]!["sku_id"] = long.Parse(skuId));
        Assert.Equal((expected, true), (message.Pushes[0].Order!.Lines[0].Sku, message.Pushes[0].Order!.Lines[0].ByPlatformSku));
    }

    [Fact]
    public void A_merchant_code_that_cannot_be_a_sku_leaves_the_line_to_an_alias()
    {
        var message = Edited("yz-11", msg => msg["full_order_info"]!["orders"]![0]!["outer_sku_id"] = "A/B");
        Assert.Equal(("36000001", true), (message.Pushes[0].Order!.Lines[0].Sku, message.Pushes[0].Order!.Lines[0].ByPlatformSku));
    }

    [Fact]
    public void A_gift_listed_first_still_belongs_to_the_first_bought_line()
    {
        var message = Edited("yz-11", msg =>
        {
            var orders = msg["full_order_info"]!["orders"]!.AsArray();
            var gift = orders[2]!;
            orders.RemoveAt(2);
            orders.Insert(0, gift);
        });
        var lines = message.Pushes[0].Order!.Lines;
        Assert.Equal("2810000000000000001", lines[0].GiftOf);
        Assert.Null(lines[1].GiftOf);
    }

    [Fact]
    public void Ids_above_two_to_the_53_survive_as_numbers()
    {
        var message = Edited("yz-11", msg => msg["full_order_info"]!["orders"]![0]!["oid"] = 2810000000000000001L);
        Assert.Equal("2810000000000000001", message.Pushes[0].Order!.Lines[0].LineId);
    }

    [Fact]
    public void A_closed_full_order_carries_the_order_and_its_cancellation_but_no_payment()
    {
        var push = Platform.Parse(VectorFile.Request(File, "yz-13")).Pushes[0];
        Assert.NotNull(push.Order);
        Assert.NotNull(push.Cancellation);
        Assert.Null(push.Payment);
    }

    [Fact]
    public void A_thin_unpaid_state_says_nothing_but_its_status()
    {
        var push = Assert.Single(Platform.Parse(VectorFile.Request(File, "yz-01")).Pushes);
        Assert.Equal(new OrderPush { PlatformOrderId = "E20250615230640000100001", PlatformStatus = "WAIT_BUYER_PAY" }, push);
    }

    [Theory]
    [InlineData("TRADE_PAID", true, false, null)]
    [InlineData("WAIT_CONFIRM", true, false, null)]
    [InlineData("WAIT_SELLER_SEND_GOODS", true, false, null)]
    [InlineData("WAIT_BUYER_CONFIRM_GOODS", true, false, "shipped")]
    [InlineData("TRADE_SUCCESS", true, false, "completed")]
    [InlineData("TRADE_CLOSED", false, true, null)]
    [InlineData("SOMETHING_NEW", false, false, null)]
    public void A_thin_state_says_what_its_status_means(string status, bool isPaid, bool isClosed, string? step)
    {
        var push = Assert.Single(Thin("TRADE_ORDER_STATE", $$"""{"tid":"E1","status":"{{status}}"}""").Pushes);
        Assert.Equal(isPaid, push.Payment is not null);
        Assert.Null(push.Payment?.Amount);
        Assert.Equal(isClosed, push.Cancellation is not null);
        Assert.Equal(step, push.Step?.Step);
        Assert.Equal((status, status == "SOMETHING_NEW"), (push.PlatformStatus, push.UntranslatedStatus is not null));
    }

    [Fact]
    public void Thin_and_full_pushes_of_one_payment_name_the_same_payment()
    {
        var thin = Thin("TRADE_ORDER_STATE", """{"tid":"E20250615230640000100001","status":"TRADE_PAID"}""");
        var full = Platform.Parse(VectorFile.Request(File, "yz-02"));
        Assert.Equal(full.Pushes[0].Payment!.Reference, thin.Pushes[0].Payment!.Reference);
    }

    [Theory]
    [InlineData("trade_refund_BuyerCreated", RefundStatus.Requested)]
    [InlineData("trade_refund_RefundSellerAgree", RefundStatus.Requested)]
    [InlineData("trade_refund_RefundSellerRefuse", RefundStatus.Requested)]
    [InlineData("trade_refund_RefundSuccess", RefundStatus.Succeeded)]
    [InlineData("trade_refund_RefundClosed", RefundStatus.Closed)]
    public void Refund_types_say_how_far_the_refund_is(string type, RefundStatus status)
    {
        var push = Assert.Single(Thin(type, """{"tid":"E1","refund_id":"R1","refunded_fee":"59.90"}""").Pushes);
        Assert.Equal(new RefundPush("R1", status, 5990, Full: false, VectorFile.SomeTime), push.Refund);
    }

    [Fact]
    public void A_refund_that_names_no_amount_is_the_whole()
    {
        var refund = Thin("trade_refund_RefundSuccess", """{"tid":"E1","refund_id":"R1"}""").Pushes[0].Refund!;
        Assert.True(refund.Full);
        Assert.Null(refund.Amount);
    }

    [Fact]
    public void A_refund_of_one_line_that_names_no_amount_is_none_of_the_whole()
    {
        var refund = Thin("trade_refund_RefundSuccess", """{"tid":"E1","oid":"L1","refund_id":"R1"}""").Pushes[0].Refund!;
        Assert.Equal((false, 0L), (refund.Full, refund.Amount));
    }

    [Fact]
    public void A_refund_that_names_no_order_is_unreadable() =>
        Assert.Equal("msg platformOrderId: bad_format", Thin("trade_refund_RefundSuccess", """{"refund_id":"R1"}""").Unreadable);

    [Fact]
    public void A_type_nobody_described_is_taken_when_it_brings_the_whole_order()
    {
        var envelope = JsonNode.Parse(VectorFile.Request(File, "yz-11").Body.Span)!;
        envelope["type"] = "trade_TradeSomethingNew";
        Assert.NotNull(Platform.Parse(Request(envelope.ToJsonString())).Pushes[0].Order);
        Assert.Equal("unknown_type trade_TradeSomethingNew", Thin("trade_TradeSomethingNew", """{"tid":"E1"}""").Unreadable);
    }

    [Fact]
    public void An_unknown_type_is_kept_and_says_nothing()
    {
        var message = Thin("item_ItemUpdate", """{"tid":"E1"}""");
        Assert.Empty(message.Pushes);
        Assert.Equal("unknown_type item_ItemUpdate", message.Unreadable);
        Assert.Equal("m-1", message.DedupeKey);
    }

    [Theory]
    [InlineData("%7B%22tid%22%3A%22E1%2")]
    [InlineData("%7Bnope")]
    [InlineData("%FF%FE")]
    [InlineData("%zz")]
    [InlineData("%5B%5D")]
    [InlineData("")]
    public void A_message_that_cannot_be_decoded_is_unreadable(string msg)
    {
        var message = Platform.Parse(Request($$"""{"msg_id":"m-1","type":"TRADE_ORDER_STATE","msg":"{{msg}}"}"""));
        Assert.Empty(message.Pushes);
        Assert.NotNull(message.Unreadable);
        Assert.Equal("m-1", message.DedupeKey);
    }

    [Theory]
    [InlineData("payment", "\"298.505\"")]
    [InlineData("payment", "\"1e3\"")]
    [InlineData("payment", "\"１２.００\"")]
    [InlineData("payment", "\"\"")]
    [InlineData("payment", "\"-1.00\"")]
    public void An_order_whose_total_is_not_exact_is_unreadable(string field, string value)
    {
        var message = Edited("yz-11", msg => msg["full_order_info"]!["pay_info"]![field] = JsonNode.Parse(value));
        Assert.StartsWith("msg full_order_info.pay_info.payment", message.Unreadable, StringComparison.Ordinal);
        Assert.Empty(message.Pushes);
    }

    [Fact]
    public void The_sign_in_the_body_is_never_looked_at()
    {
        var body = Encoding.UTF8.GetBytes("""{"client_id":"yztest0000000001","sign":"nonsense","test":true}""");
        var request = Signed(body, Signers.Youzan(Credentials.AppKey, Credentials.Secret, body).ToUpperInvariant());
        Assert.Equal(Verification.Genuine, Platform.Verify(request, Credentials));
    }

    private static ParsedMessage Thin(string type, string msg) => Platform.Parse(Request(
        $$"""{"msg_id":"m-1","type":"{{type}}","version":1750000065,"test":false,"msg":"{{Uri.EscapeDataString(msg)}}"}"""));

    // A recorded push with its inner message changed.
    private static ParsedMessage Edited(string id, Action<JsonNode> edit)
    {
        var envelope = JsonNode.Parse(VectorFile.Request(File, id).Body.Span)!;
        var msg = JsonNode.Parse(Uri.UnescapeDataString(envelope["msg"]!.GetValue<string>()))!;
        edit(msg);
        envelope["msg"] = Uri.EscapeDataString(msg.ToJsonString());
        return Platform.Parse(Request(envelope.ToJsonString()));
    }

    private static PlatformRequest Request(string body) => Signed(Encoding.UTF8.GetBytes(body), "");

    private static PlatformRequest Signed(byte[] body, string signature) => new(
        "main", body, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["event-sign"] = signature }, VectorFile.SomeTime);
}
