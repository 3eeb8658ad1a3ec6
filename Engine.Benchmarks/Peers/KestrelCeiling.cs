using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Load;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Engine.Benchmarks.Peers;

/// <summary>
/// The limit of HTTP on this machine: Kestrel without anything around it, which checks the same signatures, parses the same
/// bodies by generated code, keeps nothing and says yes; and answers a GET with bytes that lie ready.
/// </summary>
sealed class KestrelCeiling(LoadShop youzan, LoadShop shopify)
{
    static readonly byte[] Success = """{"code":0,"msg":"success"}"""u8.ToArray();

    readonly byte[] _youzanKey = Encoding.UTF8.GetBytes(youzan.AppKey);
    readonly byte[] _youzanSecret = Encoding.UTF8.GetBytes(youzan.Secret);
    readonly byte[] _shopifySecret = Encoding.UTF8.GetBytes(shopify.Secret);
    byte[] _fixed = [];

    /// <summary>Serves until its standard input ends, as it does when who started it is gone.</summary>
    public async Task<int> ServeAsync(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Listen(IPAddress.Loopback, port);
        });
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        await Console.Out.WriteLineAsync("ready");
        await Console.In.ReadToEndAsync();
        return 0;
    }

    Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (HttpMethods.IsPost(http.Request.Method)) return TakeAsync(http, isYouzan: path.Contains("youzan", StringComparison.Ordinal));
        // The number of bytes wanted.
        var length = int.Parse(path.AsSpan(1), CultureInfo.InvariantCulture);
        if (_fixed.Length != length) _fixed = Encoding.ASCII.GetBytes($"{{\"items\":\"{new string('x', Math.Max(0, length - 12))}\"}}");
        return SayAsync(http, _fixed);
    }

    async Task TakeAsync(HttpContext http, bool isYouzan)
    {
        var body = new byte[(int)http.Request.ContentLength!.Value];
        await http.Request.Body.ReadExactlyAsync(body);
        if (isYouzan ? TakeYouzan(http.Request.Headers["Event-Sign"].ToString(), body) : TakeShopify(http.Request.Headers["X-Shopify-Hmac-Sha256"].ToString(), body))
        {
            await SayAsync(http, isYouzan ? Success : []);
            return;
        }
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
    }

    bool TakeYouzan(string signature, byte[] body)
    {
        // MD5 is the platform's choice.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        hash.AppendData(_youzanKey);
        hash.AppendData(body);
        hash.AppendData(_youzanSecret);
        Span<byte> digest = stackalloc byte[MD5.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        if (!CryptographicOperations.FixedTimeEquals(digest, Convert.FromHexString(signature))) return false;
        var envelope = JsonSerializer.Deserialize(body, CeilingJson.Default.YouzanEnvelope)!;
        var order = JsonSerializer.Deserialize(Uri.UnescapeDataString(envelope.Msg), CeilingJson.Default.YouzanBody);
        return order?.FullOrderInfo.Orders.Length > 0;
    }

    bool TakeShopify(string signature, byte[] body)
    {
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_shopifySecret, body, digest);
        if (!CryptographicOperations.FixedTimeEquals(digest, Convert.FromBase64String(signature))) return false;
        return JsonSerializer.Deserialize(body, CeilingJson.Default.ShopifyBody)?.LineItems.Length > 0;
    }

    static Task SayAsync(HttpContext http, byte[] body)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body).AsTask();
    }
}

sealed record YouzanEnvelope(string ClientId, string Id, string Msg, string MsgId, string Status, string Type, long Version);

sealed record YouzanBody(YouzanFullOrder FullOrderInfo);

sealed record YouzanFullOrder(YouzanOrderInfo OrderInfo, YouzanPayInfo PayInfo, YouzanAddress AddressInfo, YouzanBuyer BuyerInfo, YouzanRemark RemarkInfo, YouzanLine[] Orders);

sealed record YouzanOrderInfo(string Tid, string Status, string Created, string UpdateTime);

sealed record YouzanPayInfo(string TotalFee, string PostFee, string Payment, string RealPayment);

sealed record YouzanAddress(string ReceiverName, string ReceiverTel, string DeliveryProvince, string DeliveryCity, string DeliveryDistrict, string DeliveryAddress);

sealed record YouzanBuyer(long BuyerId, string FansNickname);

sealed record YouzanRemark(string BuyerMessage, string TradeMemo);

sealed record YouzanLine(string Oid, long ItemId, long SkuId, string OuterSkuId, string Title, int Num, string Price, string TotalFee, string Payment);

sealed record ShopifyBody(
    long Id, string CreatedAt, string Currency, string FinancialStatus, string? Note, string TotalDiscounts, string TotalLineItemsPrice, string TotalPrice, ShopifyCustomer Customer,
    ShopifyAddress ShippingAddress, ShopifyLine[] LineItems);

sealed record ShopifyCustomer(long Id);

sealed record ShopifyAddress(string Name, string Address1, string? Address2, string City, string Province, string CountryCode, string Phone);

sealed record ShopifyLine(long Id, string? Sku, string Title, int Quantity, string Price, string TotalDiscount, long VariantId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(YouzanEnvelope))]
[JsonSerializable(typeof(YouzanBody))]
[JsonSerializable(typeof(ShopifyBody))]
sealed partial class CeilingJson : JsonSerializerContext;
