using System.Text;
using Engine.Adapters.Canonical;
using Engine.Adapters.Platforms;
using Engine.Adapters.Platforms.Standard;
using Xunit;

namespace Engine.Tests.Platforms;

public sealed class StandardTests
{
    private const string File = "standard_webhooks";
    private const string Ed25519Vector = "sw-05";
    private static readonly PlatformCredentials Credentials = new("", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", []);
    private static readonly StandardPlatform Platform = new();

    public static TheoryData<string> Ids => VectorFile.Ids(File, except: Ed25519Vector);

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_recorded_push_gets_its_verdict(string id) =>
        VectorFile.CheckVerdict(Platform, Credentials, VectorFile.Find(File, id));

    [Fact]
    public void An_ed25519_signature_alone_does_not_verify() =>
        Assert.Equal(Verification.BadSignature, Platform.Verify(VectorFile.Request(File, Ed25519Vector), Credentials));

    [Fact]
    public void The_published_example_verifies()
    {
        var published = VectorFile.Open(File).GetProperty("published")[0];
        var timestamp = published.GetProperty("webhook-timestamp").GetString()!;
        var request = new PlatformRequest(
            "main",
            Encoding.UTF8.GetBytes(published.GetProperty("body").GetString()!),
            Headers(published.GetProperty("webhook-id").GetString()!, timestamp, published.GetProperty("expected").GetString()!),
            DateTimeOffset.FromUnixTimeSeconds(long.Parse(timestamp)));
        Assert.Equal(Verification.Genuine, Platform.Verify(request, new PlatformCredentials("", published.GetProperty("secret").GetString()!, [])));
    }

    [Theory]
    [InlineData("sw-n1", Verification.OutsideReplayWindow)]
    [InlineData("sw-n2", Verification.OutsideReplayWindow)]
    [InlineData("sw-n4", Verification.BadSignature)]
    [InlineData("sw-n8", Verification.MissingSignature)]
    public void A_refusal_says_why(string id, Verification expected) =>
        Assert.Equal(expected, Platform.Verify(VectorFile.Request(File, id), Credentials));

    [Fact]
    public void The_svix_names_of_the_headers_are_taken_too()
    {
        var request = VectorFile.Request(File, "sw-01");
        var svix = request with { Headers = request.Headers.ToDictionary(header => header.Key.Replace("webhook-", "svix-", StringComparison.Ordinal), header => header.Value) };
        Assert.Equal(Verification.Genuine, Platform.Verify(svix, Credentials));
        Assert.Equal("msg_0001", Platform.Parse(svix).DedupeKey);
    }

    [Theory]
    [InlineData(" 1750000065")]
    [InlineData("+1750000065")]
    [InlineData("1750000065.0")]
    [InlineData("99999999999999999999999")]
    public void A_timestamp_is_digits_and_nothing_else(string timestamp)
    {
        var body = Encoding.UTF8.GetBytes("{}");
        var mac = System.Security.Cryptography.HMACSHA256.HashData(
            Convert.FromBase64String(Credentials.Secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"m.{timestamp}.{{}}"));
        var request = new PlatformRequest("main", body, Headers("m", timestamp, $"v1,{Convert.ToBase64String(mac)}"), VectorFile.SomeTime);
        Assert.Equal(Verification.BadSignature, Platform.Verify(request, Credentials));
    }

    [Fact]
    public void An_order_takes_platform_and_shop_from_the_path()
    {
        var message = Parse("order.placed", """
            {"platform":"other","shop":"other","platformOrderId":"SO1","placedAt":"2025-06-15T15:06:40Z",
             "lines":[{"lineId":"1","sku":"A","quantity":2}],"amounts":{"total":100,"currency":"CNY"}}
            """);
        var push = Assert.Single(message.Pushes);
        Assert.Equal(("standard", "main", "SO1"), (push.Order!.Platform, push.Order.Shop, push.PlatformOrderId));
        Assert.Equal("msg_1", message.DedupeKey);
    }

    [Fact]
    public void A_payment_is_told_of_its_order()
    {
        var push = Assert.Single(Parse("order.payment", """{"platformOrderId":"SO1","status":"succeeded","reference":"p1"}""").Pushes);
        Assert.Equal("SO1", push.PlatformOrderId);
        Assert.Equal(
            new CanonicalPayment { Status = PaymentStatus.Succeeded, Reference = "p1", At = new DateTimeOffset(2025, 6, 15, 15, 7, 45, TimeSpan.Zero) }, push.Payment);
    }

    [Fact]
    public void A_cancellation_and_a_step_are_told_of_their_order()
    {
        Assert.Equal("changed my mind", Parse("order.cancelled", """{"platformOrderId":"SO1","reason":"changed my mind"}""").Pushes[0].Cancellation!.Reason);
        var step = Parse("order.step", """{"platformOrderId":"SO1","step":"shipped","carrier":"SF","trackingNumber":"SF1","at":"2025-06-15T16:00:00Z"}""").Pushes[0].Step;
        Assert.Equal(new StepPush("shipped", new DateTimeOffset(2025, 6, 15, 16, 0, 0, TimeSpan.Zero), Carrier: "SF", TrackingNumber: "SF1"), step);
    }

    [Theory]
    [InlineData("order.placed", """{"platformOrderId":"SO1"}""")]
    [InlineData("order.payment", """{"platformOrderId":"SO1","status":"succeeded"}""")]
    [InlineData("order.payment", """{"status":"succeeded","reference":"p1"}""")]
    [InlineData("order.cancelled", """{"reason":"x"}""")]
    [InlineData("order.step", """{"platformOrderId":"SO1","step":"flying"}""")]
    [InlineData("order.step", "[]")]
    public void Incomplete_data_is_unreadable_and_says_nothing(string type, string data)
    {
        var message = Parse(type, data);
        Assert.Empty(message.Pushes);
        Assert.StartsWith("data ", message.Unreadable, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_type_is_kept_and_says_nothing()
    {
        var message = Platform.Parse(VectorFile.Request(File, "sw-01"));
        Assert.Empty(message.Pushes);
        Assert.Equal("unknown_type order.paid", message.Unreadable);
    }

    private static ParsedMessage Parse(string type, string data) => Platform.Parse(new PlatformRequest(
        "main",
        Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","timestamp":"2025-06-15T15:07:45Z","data":{{data}}}"""),
        Headers("msg_1", "1750000065", "v1,x"),
        VectorFile.SomeTime));

    private static Dictionary<string, string> Headers(string id, string timestamp, string signature) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["webhook-id"] = id,
        ["webhook-timestamp"] = timestamp,
        ["webhook-signature"] = signature,
    };
}
