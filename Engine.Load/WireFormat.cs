using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Engine.Load;

/// <summary>How one platform says what happened to an order.</summary>
internal abstract class WireFormat
{
    private static readonly JsonWriterOptions AsPlatformsWrite = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    protected static readonly TimeSpan China = TimeSpan.FromHours(8);

    public static WireFormat Of(string platform) => platform switch
    {
        "youzan" => new YouzanFormat(),
        "shopify" => new ShopifyFormat(),
        "standard" => new StandardFormat(),
        _ => throw new ArgumentOutOfRangeException(nameof(platform), platform, "No such platform."),
    };

    public abstract byte[] Body(LoadOrder order, MessageKind kind, string messageId, DateTimeOffset now);

    /// <summary>The headers of a body, with its signature.</summary>
    public abstract Dictionary<string, string> Headers(LoadShop shop, byte[] body, MessageKind kind, string messageId, DateTimeOffset now);

    /// <summary>The header that holds the signature.</summary>
    public abstract string SignatureHeader { get; }

    protected static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer, AsPlatformsWrite))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Yuan with two decimals.</summary>
    protected static string Yuan(long fen) => string.Create(CultureInfo.InvariantCulture, $"{fen / 100}.{fen % 100:D2}");
}
