using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms.Youzan;

/// <summary>
/// Youzan (有赞) cloud push. <c>Event-Sign</c> is MD5 over client id, raw body and secret; the in-body <c>sign</c> covers
/// only <c>msg</c> and is never looked at. No time is signed, so only the dedupe key stands against a replay. A retry has
/// other bytes (<c>sendCount</c>) and another signature, but the same <c>msg_id</c>.
/// </summary>
public sealed class YouzanPlatform : IPlatform
{
    private const string Json = "application/json";

    public string Name => "youzan";

    public Verification Verify(in PlatformRequest request, PlatformCredentials credentials)
    {
        if (request.Header("Event-Sign") is not { } claimed)
            return Verification.MissingSignature;
        var body = request.Body;
        if (!Signatures.AnySecret(credentials, secret => IsSignedWith(secret, credentials.AppKey, body.Span, claimed)))
            return Verification.BadSignature;
        // A body that is meant for another app of the same owner must not be taken for this one.
        return NamesOtherApp(body.Span, credentials.AppKey) ? Verification.BadSignature : Verification.Genuine;
    }

    public string? FaultOf(PlatformCredentials credentials) => credentials.AppKey.Length == 0 ? "AppKey, the client_id, is part of what is signed and must not be empty" : null;

    public ParsedMessage Parse(in PlatformRequest request)
    {
        var faults = new Faults();
        using var document = JsonBody.Parse(request.Body, faults);
        if (document is null)
            return new ParsedMessage(LooseFields.DedupeKey(null, request.Body), [], faults.ToString());
        var envelope = Fields.Of(document.RootElement, faults);
        var key = LooseFields.DedupeKey(MessageId(envelope), request.Body);
        if (faults.Any)
            return new ParsedMessage(key, [], faults.ToString());
        if (envelope.Truthy("test"))
            return new ParsedMessage(key, []);
        return YouzanMessage.Read(envelope, key, request.Shop);
    }

    public PlatformReply Reply(PlatformVerdict verdict) => verdict switch
    {
        PlatformVerdict.Received => new PlatformReply(200, Json, """{"code":0,"msg":"success"}"""),
        PlatformVerdict.TryLater => new PlatformReply(429, Json, """{"code":429,"msg":"fail"}"""),
        _ => new PlatformReply(401, Json, """{"code":401,"msg":"fail"}"""),
    };

    private static bool IsSignedWith(string secret, string clientId, ReadOnlySpan<byte> body, string claimed)
    {
        // MD5 is the platform's choice; nothing else would match.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        hash.AppendData(Encoding.UTF8.GetBytes(clientId));
        hash.AppendData(body);
        hash.AppendData(Encoding.UTF8.GetBytes(secret));
        Span<byte> digest = stackalloc byte[MD5.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return Signatures.IsHexOf(claimed, digest);
    }

    private static bool NamesOtherApp(ReadOnlySpan<byte> body, string clientId)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = JsonBody.DepthMax });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1 || !reader.ValueTextEquals("client_id"))
                    continue;
                return reader.Read() && reader.TokenType == JsonTokenType.String && !reader.ValueTextEquals(clientId);
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // A well-signed body that is no JSON names nobody; Parse will say what is wrong with it.
        }
        return false;
    }

    // Old types carry no msg_id.
    private static string? MessageId(Fields envelope)
    {
        if (envelope.Id("msg_id") is { } id)
            return id;
        return envelope.Id("id") is { } order
            ? $"{envelope.Id("type")}:{order}:{envelope.Id("status")}:{envelope.Id("version")}"
            : null;
    }
}
