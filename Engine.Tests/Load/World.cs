using Engine.Adapters.Platforms;
using Engine.Load;

namespace Engine.Tests.Load;

/// <summary>One shop on one platform, an order of it, and the adapter that has to understand both.</summary>
internal sealed class World
{
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_750_000_065);

    public World(string platform, LoadShop? shop = null, int seed = 1)
    {
        Shop = shop ?? new LoadShop(platform, "main", "app-1", SecretOf(1));
        Adapter = PlatformCatalogue.Find(platform)!;
        Orders = new OrderGenerator(new Random(seed), new Catalogue(200, seed), meanLines: 2.5);
        Order = Orders.Next(Shop, Now.AddMinutes(-1));
        Factory = new MessageFactory(new Random(seed));
        Message = Factory.Make(Order, MessageKind.Created, Now);
    }

    public LoadShop Shop { get; }
    public IPlatform Adapter { get; }
    public OrderGenerator Orders { get; }
    public LoadOrder Order { get; }
    public MessageFactory Factory { get; }
    /// <summary>The creation of <see cref="Order"/>.</summary>
    public LoadMessage Message { get; }

    public string SignatureHeader => Shop.Platform switch
    {
        "youzan" => "Event-Sign",
        "shopify" => "X-Shopify-Hmac-Sha256",
        _ => "webhook-signature",
    };

    /// <summary>The same shop under another secret.</summary>
    public static LoadShop Other(LoadShop shop) => shop with { Secret = SecretOf(shop.Secret[^3] + 1) };

    public static PlatformCredentials Credentials(LoadShop shop) => new(shop.AppKey, shop.Secret, []);

    public static LoadMessage Signed(LoadMessage message, string header, string signature) => message with
    {
        Headers = new Dictionary<string, string>(message.Headers, StringComparer.OrdinalIgnoreCase) { [header] = signature },
    };

    public Verification Verify(LoadMessage message, DateTimeOffset? now = null) => Adapter.Verify(Request(message, now), Credentials(Shop));

    public ParsedMessage Parse(LoadMessage message) => Adapter.Parse(Request(message));

    public PlatformRequest Request(LoadMessage message, DateTimeOffset? now = null) => new(Shop.Shop, message.Body, message.Headers, now ?? Now);

    private static string SecretOf(int number) =>
        "whsec_" + Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)(i * number))]);
}
