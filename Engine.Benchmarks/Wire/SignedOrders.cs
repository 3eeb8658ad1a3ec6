using System.Globalization;
using System.Text;
using Engine.Load;

namespace Engine.Benchmarks.Wire;

/// <summary>
/// Signed orders as requests, made ahead of the time that is measured: some hundred different orders as the platform sends
/// them, each again and again under a new number of the same length, of another buyer, and with a new signature.
/// </summary>
sealed class SignedOrders
{
    const int Templates = 500;
    const int Digits = 8;
    readonly Template[] _templates;
    readonly LoadShop _shop;

    /// <param name="Head">The request up to the body.</param>
    /// <param name="SignatureAt">In the head.</param>
    /// <param name="DigitsAt">In the body: the last digits of the order's number and of the buyer's phone, every place.</param>
    sealed record Template(byte[] Head, int SignatureAt, byte[] Body, int[] DigitsAt);

    public SignedOrders(LoadShop shop, Catalogue catalogue, Uri server, DateTimeOffset placedAt)
    {
        _shop = shop;
        var random = new Random(11);
        var (factory, generator) = (new MessageFactory(random), new OrderGenerator(random, catalogue));
        _templates = [.. Enumerable.Range(0, Templates).Select(_ =>
        {
            var order = generator.Next(shop, placedAt);
            return Make(factory.Make(order, MessageKind.Created, placedAt), order.Buyer.Phone, server);
        })];
    }

    Template Make(LoadMessage message, string phone, Uri server)
    {
        var head = new StringBuilder($"POST {message.Path} HTTP/1.1\r\nHost: {server.Authority}\r\n");
        foreach (var (name, value) in message.Headers) head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {message.Body.Length}\r\n\r\n");
        var bytes = Encoding.UTF8.GetBytes(head.ToString());
        var signature = Encoding.ASCII.GetBytes(Signature(message.Body));
        return new Template(bytes, bytes.AsSpan().IndexOf(signature), message.Body, [.. LastDigits(message.Body, message.OrderId), .. LastDigits(message.Body, phone)]);
    }

    static IEnumerable<int> LastDigits(byte[] body, string number)
    {
        var bytes = Encoding.ASCII.GetBytes(number);
        for (var from = 0; from < body.Length;)
        {
            var at = body.AsSpan(from).IndexOf(bytes);
            if (at < 0) yield break;
            from += at + bytes.Length;
            yield return from - Digits;
        }
    }

    string Signature(byte[] body) => _shop.Platform == "youzan" ? Signers.Youzan(_shop.AppKey, _shop.Secret, body) : Signers.Shopify(_shop.Secret, body);

    /// <param name="serial">No two requests of one serial are for different orders.</param>
    public byte[] Make(int serial)
    {
        var template = _templates[serial % Templates];
        var body = template.Body.ToArray();
        Span<byte> digits = stackalloc byte[Digits];
        serial.TryFormat(digits, out _, "D8", CultureInfo.InvariantCulture);
        foreach (var at in template.DigitsAt) digits.CopyTo(body.AsSpan(at));
        var request = new byte[template.Head.Length + body.Length];
        template.Head.CopyTo(request, 0);
        Encoding.ASCII.GetBytes(Signature(body), request.AsSpan(template.SignatureAt));
        body.CopyTo(request, template.Head.Length);
        return request;
    }

    /// <summary>So many, on all cores.</summary>
    public byte[][] Make(int from, int count)
    {
        var made = new byte[count][];
        Parallel.For(0, count, i => made[i] = Make(from + i));
        return made;
    }
}
