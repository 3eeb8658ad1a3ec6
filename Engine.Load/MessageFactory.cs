namespace Engine.Load;

/// <summary>
/// Turns orders into the requests that platforms send, whole and signed, and spoils some for those who want to see a
/// refusal. The same seed and clock make the same bytes.
/// </summary>
public sealed class MessageFactory(Random random)
{
    /// <param name="order">The order as it is when the message is sent.</param>
    /// <param name="now">The platform's clock.</param>
    public LoadMessage Make(LoadOrder order, MessageKind kind, DateTimeOffset now)
    {
        var format = WireFormat.Of(order.Shop.Platform);
        var messageId = NextMessageId();
        return Signed(format, order, kind, messageId, format.Body(order, kind, messageId, now), now);
    }

    /// <summary>The message under a signature that its secret didn't make.</summary>
    public static LoadMessage WithBadSignature(LoadMessage message, LoadShop shop)
    {
        var name = WireFormat.Of(shop.Platform).SignatureHeader;
        var signature = message.Headers[name].ToCharArray();
        var middle = signature.Length / 2;
        signature[middle] = signature[middle] == '0' ? '1' : '0';
        var headers = new Dictionary<string, string>(message.Headers, StringComparer.OrdinalIgnoreCase) { [name] = new string(signature) };
        return message with { Headers = headers };
    }

    /// <summary>A well-signed message that breaks off in the middle.</summary>
    public LoadMessage Unreadable(LoadOrder order, MessageKind kind, DateTimeOffset now)
    {
        var format = WireFormat.Of(order.Shop.Platform);
        var messageId = NextMessageId();
        var body = format.Body(order, kind, messageId, now);
        return Signed(format, order, kind, messageId, body[..(body.Length * 2 / 3)], now);
    }

    private static LoadMessage Signed(
        WireFormat format, LoadOrder order, MessageKind kind, string messageId, byte[] body, DateTimeOffset now) =>
        new(order.Shop.Path, format.Headers(order.Shop, body, kind, messageId, now), body, kind, order.Id);

    private string NextMessageId()
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }
}
