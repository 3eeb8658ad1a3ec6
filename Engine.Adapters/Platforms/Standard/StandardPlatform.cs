using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms.Standard;

/// <summary>
/// Standard Webhooks (standardwebhooks.com), the format for shops that no platform speaks for. <c>v1</c> is HMAC-SHA256
/// over id, time and raw body; the header may hold several signatures, any of which may match; the time may be 300 s off,
/// either way. <c>v1a</c> (Ed25519) never matches: the framework has no Ed25519, and half a check would be none.
/// The <c>svix-</c> names of the headers are taken as well.
/// </summary>
public sealed class StandardPlatform : IPlatform
{
    private const string Text = "text/plain";
    private const string SecretPrefix = "whsec_";
    private const int ToleranceSeconds = 300;

    public string Name => "standard";

    public Verification Verify(in PlatformRequest request, PlatformCredentials credentials)
    {
        if (Header(request, "id") is not { } id || Header(request, "timestamp") is not { } timestamp
            || Header(request, "signature") is not { } signatures)
            return Verification.MissingSignature;
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var signedAt))
            return Verification.BadSignature;
        var body = request.Body;
        if (!Signatures.AnySecret(credentials, secret => IsSignedWith(secret, $"{id}.{timestamp}.", body.Span, signatures)))
            return Verification.BadSignature;
        var age = request.ReceivedAt.ToUnixTimeSeconds() - signedAt;
        return age is >= -ToleranceSeconds and <= ToleranceSeconds ? Verification.Genuine : Verification.OutsideReplayWindow;
    }

    public string? FaultOf(PlatformCredentials credentials) => KeyOf(credentials.Secret) is null ? $"Secret must be base64, with or without {SecretPrefix} before it" : null;

    public ParsedMessage Parse(in PlatformRequest request)
    {
        var key = LooseFields.DedupeKey(Header(request, "id"), request.Body);
        var faults = new Faults();
        using var document = JsonBody.Parse(request.Body, faults);
        if (document is null)
            return new ParsedMessage(key, [], faults.ToString());
        var body = Fields.Of(document.RootElement, faults);
        var type = body.Text("type", required: true);
        var saidAt = body.Words("timestamp") is { } text && Instants.TryRfc3339(text, out var at) ? at : (DateTimeOffset?)null;
        if (faults.Any)
            return new ParsedMessage(key, [], faults.ToString());

        var data = body.ObjectOrEmpty("data");
        var push = type switch
        {
            "order.placed" => ReadPlaced(data, request.Shop),
            "order.payment" => About(data) with { Payment = CanonicalJson.ReadPaymentFact(data, data.Instant("at") ?? saidAt) },
            "order.cancelled" => About(data) with { Cancellation = CanonicalJson.ReadCancellation(data, data.Text("by"), saidAt) },
            "order.step" => About(data) with { Step = CanonicalJson.ReadStep(data, data.Text("operator"), data.Instant("at") ?? saidAt) },
            _ => null,
        };
        if (push is null)
            return new ParsedMessage(key, [], $"unknown_type {type}");
        return faults.Any ? new ParsedMessage(key, [], $"data {faults}") : new ParsedMessage(key, [push]);
    }

    public PlatformReply Reply(PlatformVerdict verdict) => verdict switch
    {
        PlatformVerdict.Received => new PlatformReply(204, Text, ""),
        PlatformVerdict.TryLater => new PlatformReply(429, Text, "fail"),
        _ => new PlatformReply(401, Text, "fail"),
    };

    private static OrderPush ReadPlaced(Fields data, string shop)
    {
        var order = CanonicalJson.ReadOrder(data, "standard", shop);
        return new OrderPush { PlatformOrderId = order.PlatformOrderId, Order = order };
    }

    private static OrderPush About(Fields data)
    {
        var id = data.Text("platformOrderId", required: true) ?? "";
        OrderRules.CheckOrderId(id, data.Faults);
        return new OrderPush { PlatformOrderId = id };
    }

    private static string? Header(in PlatformRequest request, string name) =>
        request.Header($"webhook-{name}") ?? request.Header($"svix-{name}");

    /// <summary>Null where the secret is no base64, which nothing can be signed with.</summary>
    private static byte[]? KeyOf(string secret)
    {
        var encoded = secret.StartsWith(SecretPrefix, StringComparison.Ordinal) ? secret[SecretPrefix.Length..] : secret;
        return Base64.IsValid(encoded, out var length) && length > 0 ? Convert.FromBase64String(encoded) : null;
    }

    private static bool IsSignedWith(string secret, string before, ReadOnlySpan<byte> body, string signatures)
    {
        if (KeyOf(secret) is not { } key)
            return false;
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(Encoding.UTF8.GetBytes(before));
        hash.AppendData(body);
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);

        var matches = false;
        foreach (var range in signatures.AsSpan().Split(' '))
        {
            var signature = signatures.AsSpan(range);
            if (signature.StartsWith("v1,"))
                matches |= Signatures.IsBase64Of(signature[3..], digest);
        }
        return matches;
    }
}
