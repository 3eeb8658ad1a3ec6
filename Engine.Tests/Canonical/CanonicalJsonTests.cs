using System.Text;
using System.Text.Json.Nodes;
using Engine.Adapters.Canonical;
using Engine.Adapters.Platforms;
using Xunit;

namespace Engine.Tests.Canonical;

public sealed class CanonicalJsonTests
{
    private const string Whole = """
        {"platform":"shop-x","shop":"main","platformOrderId":"SO:1","placedAt":"2025-06-15T23:06:40.5+08:00",
         "clientSubmittedAt":"2025-06-15T15:06:38Z","urgency":"urgent","shipBy":"2025-06-17T00:00:00Z",
         "buyer":{"id":"b1","name":"王小二","phone":"13800000000","vipLevel":"gold"},
         "address":{"country":"CN","province":"广东省","city":"深圳市","district":"南山区","street":"科技园路1号","postalCode":"518000","lat":22.5,"lon":113.9},
         "lines":[{"lineId":"1","sku":"A 1","quantity":2,"unitPrice":12900,"discount":1940},
                  {"lineId":"2","sku":"GIFT","quantity":1,"giftOf":"1","presale":true}],
         "amounts":{"goods":25800,"freight":800,"discount":1940,"tax":0,"total":24660,"currency":"CNY"},
         "payment":{"method":"cash_on_delivery","status":"pending","reference":"p1","at":"2025-06-15T15:06:41Z","amount":24660},
         "tags":["live","vip"],"note":"quick\nplease","compliance":{"filing":"A-1","grade":3},"somethingNew":{"deep":[1,2]}}
        """;

    [Fact]
    public void A_whole_order_is_read_field_by_field()
    {
        var reading = CanonicalJson.ReadOrder(Bytes(Whole));
        Assert.Empty(reading.Faults);
        var order = reading.Value!;

        Assert.Equal(("shop-x", "main", "SO:1"), (order.Platform, order.Shop, order.PlatformOrderId));
        Assert.Equal(new DateTimeOffset(2025, 6, 15, 15, 6, 40, 500, TimeSpan.Zero), order.PlacedAt);
        Assert.Equal(TimeSpan.Zero, order.PlacedAt.Offset);
        Assert.Equal(new DateTimeOffset(2025, 6, 15, 15, 6, 38, TimeSpan.Zero), order.ClientSubmittedAt);
        Assert.Equal(new DateTimeOffset(2025, 6, 17, 0, 0, 0, TimeSpan.Zero), order.ShipBy);
        Assert.Equal(Urgency.Urgent, order.Urgency);
        Assert.Equal(new CanonicalBuyer { Id = "b1", Name = "王小二", Phone = "13800000000", VipLevel = "gold" }, order.Buyer);
        Assert.Equal("南山区", order.Address!.District);
        Assert.Equal((22.5, 113.9), (order.Address.Lat, order.Address.Lon));
        Assert.Equal(new CanonicalLine { LineId = "1", Sku = "A 1", Quantity = 2, UnitPrice = 12900, Discount = 1940 }, order.Lines[0]);
        Assert.Equal(new CanonicalLine { LineId = "2", Sku = "GIFT", Quantity = 1, GiftOf = "1", Presale = true }, order.Lines[1]);
        Assert.Equal(new CanonicalAmounts { Goods = 25800, Freight = 800, Discount = 1940, Total = 24660, Currency = "CNY" }, order.Amounts);
        Assert.Equal(
            new CanonicalPayment { Method = PaymentMethod.CashOnDelivery, Reference = "p1", At = new DateTimeOffset(2025, 6, 15, 15, 6, 41, TimeSpan.Zero), Amount = 24660 },
            order.Payment);
        Assert.Equal(["live", "vip"], order.Tags);
        Assert.Equal("quick\nplease", order.Note);
        Assert.Equal(("A-1", "3"), (order.Compliance["filing"], order.Compliance["grade"]));
    }

    [Fact]
    public void Platforms_may_mask_all_but_the_required_fields()
    {
        var reading = CanonicalJson.ReadOrder(Bytes("""
            {"platform":"p","shop":"s","platformOrderId":"1","placedAt":"2025-06-15T15:06:40Z","buyer":null,
             "lines":[{"lineId":"1","sku":"A","quantity":1}],"amounts":{"total":0,"currency":"CNY"}}
            """));
        Assert.True(reading.IsGood);
        Assert.Null(reading.Value.Buyer);
        Assert.Null(reading.Value.Payment);
        Assert.Equal(Urgency.Normal, reading.Value.Urgency);
    }

    [Fact]
    public void Every_missing_field_is_named_at_once()
    {
        var faults = CanonicalJson.ReadOrder(Bytes("""{"lines":[{}]}""")).Faults;
        Assert.All(faults, fault => Assert.Equal("required", fault.Code));
        Assert.Equal(
            ["amounts.currency", "amounts.total", "lines[0].lineId", "lines[0].quantity", "lines[0].sku", "placedAt", "platform", "platformOrderId", "shop"],
            faults.Select(fault => fault.Path).Order(StringComparer.Ordinal));
    }

    public static TheoryData<string, string, string> SingleFaults => new()
    {
        { "platform", "\"Shop\"", "bad_format" },
        { "platform", "7", "wrong_type" },
        { "shop", "\"a/b\"", "bad_format" },
        { "shop", $"\"{new string('a', 41)}\"", "bad_format" },
        { "platformOrderId", "\"a/b\"", "bad_format" },
        { "platformOrderId", "\"a\\nb\"", "bad_format" },
        { "platformOrderId", $"\"{new string('a', 65)}\"", "bad_format" },
        { "platformOrderId", "1234", "wrong_type" },
        { "placedAt", "\"2025-06-15 15:06:40\"", "bad_format" },
        { "placedAt", "1750000000", "wrong_type" },
        { "urgency", "\"asap\"", "unknown_value" },
        { "shipBy", "\"soon\"", "bad_format" },
        { "buyer", "\"王\"", "wrong_type" },
        { "buyer.name", "{}", "wrong_type" },
        { "address.lat", "90.1", "out_of_range" },
        { "address.lat", "1e999", "out_of_range" },
        { "address.lon", "-180.5", "out_of_range" },
        { "address.lon", "\"113.9\"", "wrong_type" },
        { "lines", "[]", "required" },
        { "lines", "{}", "wrong_type" },
        { "lines[0]", "1", "wrong_type" },
        { "lines[0].lineId", "\"2\"", "duplicate@lines[1].lineId" },
        { "lines[0].lineId", $"\"{new string('1', 65)}\"", "bad_format" },
        { "lines[0].sku", "\"a/b\"", "bad_format" },
        { "lines[0].sku", "\"a\\u202Eb\"", "bad_format" },
        { "lines[0].sku", $"\"{new string('a', 81)}\"", "bad_format" },
        { "lines[0].sku", "null", "required" },
        { "lines[0].quantity", "0", "not_positive" },
        { "lines[0].quantity", "-3", "not_positive" },
        { "lines[0].quantity", "1.5", "wrong_type" },
        { "lines[0].quantity", "1e2", "wrong_type" },
        { "lines[0].quantity", "\"2\"", "wrong_type" },
        { "lines[0].quantity", "1000001", "too_large" },
        { "lines[0].quantity", "99999999999999999999999", "too_large" },
        { "lines[0].unitPrice", "-1", "negative" },
        { "lines[0].unitPrice", "129.00", "wrong_type" },
        { "lines[0].unitPrice", "1000000000000001", "too_large" },
        { "lines[0].unitPrice", "600000000000000", "too_large" },
        { "lines[0].discount", "-1", "negative" },
        { "lines[0].presale", "1", "wrong_type" },
        { "lines[1].giftOf", "\"9\"", "unknown_value" },
        { "lines[1].giftOf", "\"2\"", "not_a_main_line" },
        { "lines[0].giftOf", "\"2\"", "not_a_main_line" },
        { "amounts", "[]", "wrong_type" },
        { "amounts.total", "null", "required" },
        { "amounts.total", "-1", "negative" },
        { "amounts.tax", "true", "wrong_type" },
        { "amounts.currency", "\"cny\"", "bad_format" },
        { "amounts.currency", "\"RMB1\"", "bad_format" },
        { "payment.method", "\"card\"", "unknown_value" },
        { "payment.status", "\"paid\"", "unknown_value" },
        { "payment.amount", "0", "not_positive" },
        { "payment.at", "\"x\"", "bad_format" },
        { "tags", "\"a\"", "wrong_type" },
        { "tags[1]", "1", "wrong_type" },
        { "tags[0]", $"\"{new string('a', 65)}\"", "too_long" },
        { "tags", $"[{string.Join(',', Enumerable.Repeat("\"a\"", 33))}]", "too_many" },
        { "note", $"\"{new string('a', 2001)}\"", "too_long" },
        { "compliance", "\"x\"", "wrong_type" },
        { "compliance.filing", "{}", "wrong_type" },
    };

    [Theory]
    [MemberData(nameof(SingleFaults))]
    public void One_fault_is_told_once_at_its_path(string path, string value, string expected)
    {
        var (code, at) = expected.Split('@') is [var first, var second] ? (first, second) : (expected, path);
        var reading = CanonicalJson.ReadOrder(Bytes(With(path, value)));
        Assert.False(reading.IsGood);
        // A gift of a gift and a swapped line id are seen from both lines; the wanted one must be among them.
        Assert.Contains((at, code), reading.Faults.Select(fault => (fault.Path, fault.Code)));
        Assert.Single(reading.Faults, fault => fault.Path == at);
        Assert.All(reading.Faults, fault => Assert.True(fault.Path == at || fault.Path.EndsWith(".giftOf", StringComparison.Ordinal), fault.ToString()));
    }

    [Fact]
    public void A_wrong_type_in_one_field_does_not_hide_faults_in_others()
    {
        var body = With("lines[0].quantity", "\"two\"").Replace("\"urgent\"", "\"asap\"", StringComparison.Ordinal).Replace("\"CNY\"", "5", StringComparison.Ordinal);
        Assert.Equal(
            [("amounts.currency", "wrong_type"), ("lines[0].quantity", "wrong_type"), ("urgency", "unknown_value")],
            CanonicalJson.ReadOrder(Bytes(body)).Faults.Select(fault => (fault.Path, fault.Code)).Order());
    }

    [Fact]
    public void Two_hundred_lines_are_taken_and_one_more_is_not()
    {
        Assert.True(CanonicalJson.ReadOrder(Bytes(WithLines(200))).IsGood);
        var fault = Assert.Single(CanonicalJson.ReadOrder(Bytes(WithLines(201))).Faults);
        Assert.Equal(("lines", "too_many"), (fault.Path, fault.Code));
    }

    [Fact]
    public void A_name_that_stands_twice_is_refused_beside_the_other_faults()
    {
        var body = Whole.Replace("\"quantity\":2", "\"quantity\":2,\"quantity\":20", StringComparison.Ordinal).Replace("\"urgent\"", "\"asap\"", StringComparison.Ordinal);
        var faults = CanonicalJson.ReadOrder(Bytes(body)).Faults;
        Assert.Equal([("lines[0].quantity", "duplicate"), ("urgency", "unknown_value")], faults.Select(fault => (fault.Path, fault.Code)).Order());
    }

    [Fact]
    public void Names_that_differ_only_in_their_escapes_stand_twice()
    {
        var body = Whole.Replace("\"quantity\":2", "\"quantity\":2,\"qu\\u0061ntity\":20", StringComparison.Ordinal);
        Assert.Equal("duplicate", Assert.Single(CanonicalJson.ReadOrder(Bytes(body)).Faults).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{\"a\":01}")]
    [InlineData("{\"platform\":\"\\ud800\"}")]
    [InlineData("{\"platform\":\"\\udc00\\ud800\"}")]
    [InlineData("{\"\\ud83dx\":1}")]
    public void What_is_no_JSON_is_one_fault_of_the_whole_body(string body)
    {
        var fault = Assert.Single(CanonicalJson.ReadOrder(Bytes(body)).Faults);
        Assert.Equal(("", "malformed"), (fault.Path, fault.Code));
    }

    [Fact]
    public void Escaped_pairs_are_text()
    {
        var reading = CanonicalJson.ReadOrder(Bytes(Whole.Replace("quick\\nplease", "\\\\ud800 \\ud83d\\ude42\\ud83d\\ude42", StringComparison.Ordinal)));
        Assert.Equal("\\ud800 🙂🙂", reading.Value!.Note);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_malformed()
    {
        var body = Bytes(Whole);
        body[Whole.IndexOf("shop-x", StringComparison.Ordinal)] = 0xFF;
        Assert.Equal("malformed", Assert.Single(CanonicalJson.ReadOrder(body).Faults).Code);
    }

    [Theory]
    [InlineData(31, true)]
    [InlineData(32, false)]
    [InlineData(10_000, false)]
    public void Nesting_ends_at_thirty_two(int arrays, bool isTaken)
    {
        var body = Whole.Replace("[1,2]", "1", StringComparison.Ordinal).Replace("{\"deep\":1}", new string('[', arrays) + new string(']', arrays), StringComparison.Ordinal);
        Assert.Equal(isTaken, CanonicalJson.ReadOrder(Bytes(body)).IsGood);
    }

    [Fact]
    public void A_body_that_is_no_object_is_one_fault()
    {
        var fault = Assert.Single(CanonicalJson.ReadOrder(Bytes("[1]")).Faults);
        Assert.Equal(("", "wrong_type"), (fault.Path, fault.Code));
    }

    [Fact]
    public void An_order_that_costs_nothing_may_be_paid_with_nothing()
    {
        var order = JsonNode.Parse(With("payment.amount", "0"))!;
        order["amounts"]!["total"] = 0;
        Assert.Equal(0, CanonicalJson.ReadOrder(Bytes(order.ToJsonString())).Value!.Payment!.Amount);
    }

    [Fact]
    public void A_payment_is_read_and_its_faults_come_together()
    {
        var payment = CanonicalJson.ReadPayment(Bytes("""{"status":"succeeded","reference":"p1","at":"2025-06-15T15:06:41Z","amount":100}""")).Value!;
        Assert.Equal((PaymentStatus.Succeeded, "p1", 100L), (payment.Status, payment.Reference, payment.Amount!.Value));

        var faults = CanonicalJson.ReadPayment(Bytes("""{"status":"pending","amount":0}""")).Faults;
        Assert.Equal(
            [("amount", "not_positive"), ("at", "required"), ("reference", "required"), ("status", "unknown_value")],
            faults.Select(fault => (fault.Path, fault.Code)).Order());
    }

    [Fact]
    public void A_cancellation_is_of_the_whole_or_of_lines()
    {
        var whole = CanonicalJson.ReadCancellation(Bytes("""{"reason":"changed my mind","by":"cs-1"}""")).Value!;
        Assert.Equal(new CancellationPush("changed my mind", null, null, "cs-1"), whole);

        var part = CanonicalJson.ReadCancellation(Bytes("""{"reason":"r","by":"b","lines":[{"lineId":"1","quantity":2}]}""")).Value!;
        Assert.Equal([new CancelledLine("1", 2)], part.Lines!);

        // Nothing is not everything.
        var nothing = CanonicalJson.ReadCancellation(Bytes("""{"reason":"r","by":"b","lines":[]}""")).Faults;
        Assert.Equal([("lines", "required")], nothing.Select(fault => (fault.Path, fault.Code)));

        var faults = CanonicalJson.ReadCancellation(Bytes("""{"lines":[{"lineId":"1","quantity":0},{"lineId":"1","quantity":1}]}""")).Faults;
        Assert.Equal(
            [("by", "required"), ("lines[0].quantity", "not_positive"), ("lines[1].lineId", "duplicate"), ("reason", "required")],
            faults.Select(fault => (fault.Path, fault.Code)).Order());
    }

    [Fact]
    public void A_step_names_a_known_state_and_who_did_it()
    {
        var step = CanonicalJson.ReadStep(Bytes("""{"step":"shipped","operator":"w-7","device":"pda-1","carrier":"SF","trackingNumber":"SF1"}""")).Value!;
        Assert.Equal(new StepPush("shipped", null, "w-7", "pda-1", "SF", "SF1"), step);

        var faults = CanonicalJson.ReadStep(Bytes("""{"step":"teleported"}""")).Faults;
        Assert.Equal([("operator", "required"), ("step", "unknown_value")], faults.Select(fault => (fault.Path, fault.Code)).Order());
    }

    // The whole order with the value at one path replaced, written out by hand so that odd numbers stay as they are.
    private static string With(string path, string value)
    {
        const string Mark = "@@";
        var root = JsonNode.Parse(Whole)!;
        var parts = path.Replace("[", ".#", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.');
        var node = root;
        foreach (var part in parts[..^1])
            node = part[0] == '#' ? node![int.Parse(part[1..])] : node![part];
        if (parts[^1][0] == '#')
            node![int.Parse(parts[^1][1..])] = Mark;
        else
            node![parts[^1]] = Mark;
        return root.ToJsonString().Replace($"\"{Mark}\"", value, StringComparison.Ordinal);
    }

    private static string WithLines(int count) => With(
        "lines", $"[{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"lineId":"{{i}}","sku":"A","quantity":1}"""))}]");

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
