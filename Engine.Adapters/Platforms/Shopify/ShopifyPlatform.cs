using System.Security.Cryptography;
using System.Text;
using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms.Shopify;

/// <summary>
/// Shopify webhooks: base64 HMAC-SHA256 over the raw body. The headers are not signed, so what a message is about is read
/// from its body; the topic only names what could not be understood. Header names come with and without <c>X-</c>.
/// </summary>
public sealed class ShopifyPlatform : IPlatform
{
    private const string Text = "text/plain";

    public string Name => "shopify";

    public Verification Verify(in PlatformRequest request, PlatformCredentials credentials)
    {
        if (Header(request, "Shopify-Hmac-Sha256") is not { } claimed)
            return Verification.MissingSignature;
        var body = request.Body;
        return Signatures.AnySecret(credentials, secret => IsSignedWith(secret, body.Span, claimed))
            ? Verification.Genuine
            : Verification.BadSignature;
    }

    public ParsedMessage Parse(in PlatformRequest request)
    {
        var key = LooseFields.DedupeKey(Header(request, "Shopify-Webhook-Id"), request.Body);
        var faults = new Faults();
        using var document = JsonBody.Parse(request.Body, faults);
        if (document is null)
            return new ParsedMessage(key, [], faults.ToString());
        var body = Fields.Of(document.RootElement, faults);
        if (faults.Any)
            return new ParsedMessage(key, [], faults.ToString());

        IReadOnlyList<OrderPush> pushes;
        if (ShopifyRefunds.IsRefund(body))
            pushes = ShopifyRefunds.ReadMessage(body);
        else if (IsOrder(body))
            pushes = ShopifyOrder.Read(body, request.Shop);
        else
            return new ParsedMessage(key, [], $"unknown_type {Header(request, "Shopify-Topic")}");
        return faults.Any ? new ParsedMessage(key, [], faults.ToString()) : new ParsedMessage(key, pushes);
    }

    public PlatformReply Reply(PlatformVerdict verdict) => verdict switch
    {
        PlatformVerdict.Received => new PlatformReply(200, Text, ""),
        PlatformVerdict.MissingSignature => new PlatformReply(400, Text, ""),
        PlatformVerdict.TryLater => new PlatformReply(429, Text, "fail"),
        _ => new PlatformReply(401, Text, ""),
    };

    // Fulfilments and refunds name their order in order_id; drafts and checkouts have lines but neither of the other two.
    private static bool IsOrder(Fields body) =>
        body.Has("line_items") && !body.Has("order_id") && (body.Has("financial_status") || body.Has("order_number"));

    private static string? Header(in PlatformRequest request, string name) =>
        request.Header($"X-{name}") ?? request.Header(name);

    private static bool IsSignedWith(string secret, ReadOnlySpan<byte> body, string claimed)
    {
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, digest);
        return Signatures.IsBase64Of(claimed, digest);
    }
}
