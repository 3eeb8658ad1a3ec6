using System.Text.Json;
using Engine.Adapters.Platforms;
using Xunit;

namespace Engine.Tests.Platforms;

/// <summary>Recorded requests of one platform, each with the verdict a receiver must come to.</summary>
internal static class VectorFile
{
    public static readonly DateTimeOffset SomeTime = DateTimeOffset.FromUnixTimeSeconds(1_750_000_065);

    public static JsonElement Open(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Vectors", $"{name}.json")));
        return document.RootElement.Clone();
    }

    public static IEnumerable<JsonElement> All(string file)
    {
        var root = Open(file);
        return root.GetProperty("vectors").EnumerateArray().Concat(root.GetProperty("negatives").EnumerateArray());
    }

    public static JsonElement Find(string file, string id) => All(file).Single(vector => vector.GetProperty("id").GetString() == id);

    public static TheoryData<string> Ids(string file, string? except = null)
    {
        var ids = new TheoryData<string>();
        foreach (var vector in All(file))
        {
            var id = vector.GetProperty("id").GetString()!;
            if (id != except)
                ids.Add(id);
        }
        return ids;
    }

    public static PlatformRequest Request(JsonElement vector, string shop = "main")
    {
        var request = vector.GetProperty("request");
        var headers = request.GetProperty("headers").EnumerateObject()
            .ToDictionary(header => header.Name, header => header.Value.GetString()!, StringComparer.OrdinalIgnoreCase);
        var body = Convert.FromBase64String(request.GetProperty("body").GetProperty("base64").GetString()!);
        var now = vector.TryGetProperty("clock", out var clock) ? DateTimeOffset.FromUnixTimeSeconds(clock.GetInt64()) : SomeTime;
        return new PlatformRequest(shop, body, headers, now);
    }

    public static PlatformRequest Request(string file, string id, string shop = "main") => Request(Find(file, id), shop);

    /// <summary>Verifies as the vector says, and answers as it says where it says so.</summary>
    public static void CheckVerdict(IPlatform platform, PlatformCredentials credentials, JsonElement vector)
    {
        var verification = platform.Verify(Request(vector), credentials);
        if (vector.GetProperty("verdict").GetString() == "reject")
            Assert.NotEqual(Verification.Genuine, verification);
        else
            Assert.Equal(Verification.Genuine, verification);

        if (!vector.TryGetProperty("reply", out var expected))
            return;
        var reply = platform.Reply(verification switch
        {
            Verification.Genuine => PlatformVerdict.Received,
            Verification.MissingSignature => PlatformVerdict.MissingSignature,
            _ => PlatformVerdict.BadSignature,
        });
        Assert.Equal(expected.GetProperty("status").GetInt32(), reply.Status);
        Assert.Equal(expected.GetProperty("body").GetString(), reply.Body);
    }

    /// <summary>The dedupe key and what the vector's own reading of the event says.</summary>
    public static void CheckReading(IPlatform platform, JsonElement vector)
    {
        var message = platform.Parse(Request(vector));
        Assert.Null(message.Unreadable);
        if (vector.TryGetProperty("dedupe_key", out var key))
            Assert.Equal((key.ValueKind == JsonValueKind.Array ? key[0] : key).GetString(), message.DedupeKey);
        if (!vector.TryGetProperty("parsed", out var parsed))
            return;
        var happened = parsed.GetProperty("event").GetString();
        if (happened == "probe")
        {
            Assert.Empty(message.Pushes);
            return;
        }
        var push = Assert.Single(message.Pushes);
        Assert.Equal(happened == "paid", push.Payment is { Status: Engine.Adapters.Canonical.PaymentStatus.Succeeded });
        Assert.Equal(happened is "cancelled" or "closed", push.Cancellation is not null);
        if (parsed.TryGetProperty("order_id", out var order))
            Assert.Equal(order.GetString(), push.PlatformOrderId);
        if (parsed.TryGetProperty("lines", out var lines))
            Assert.Equal(lines.GetInt32(), push.Order!.Lines.Count);
        if (parsed.TryGetProperty("amount_fen", out var amount) && push.Order is { } whole)
            Assert.Equal(amount.GetInt64(), whole.Amounts.Total);
    }
}
