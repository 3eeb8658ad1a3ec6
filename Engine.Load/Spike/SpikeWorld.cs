using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Engine.Load.Auditing;

namespace Engine.Load.Spike;

/// <summary>What is played. The lock tiers are those of the engine that it is played against.</summary>
public sealed record SpikeOptions(int Orders, int Seed, TimeSpan OrderTier, TimeSpan PayingTier, int Skus = 5_000);

/// <summary>Warehouses, shops, catalogue and stock: made up from a seed, so that who configures the engine and who plays agree.</summary>
public sealed class SpikeWorld
{
    private const int LinesPerCall = 600;
    // What the generator makes: lines per order, and units per line.
    private const double UnitsPerOrder = 1.8 * 1.4;
    private const double Skew = 0.99;

    private static readonly (string Code, string Name, double Lat, double Lon)[] Warehouses =
    [
        ("hangzhou", "杭州仓", 30.2741, 120.1551),
        ("guangzhou", "广州仓", 23.1291, 113.2644),
        ("langfang", "廊坊仓", 39.5380, 116.6838),
        ("chengdu", "成都仓", 30.5728, 104.0668),
        ("wuhan", "武汉仓", 30.5928, 114.3055),
        ("shenyang", "沈阳仓", 41.8057, 123.4315),
    ];

    public SpikeWorld(SpikeOptions options)
    {
        Options = options;
        Catalogue = new Catalogue(options.Skus, options.Seed, Skew);
        Shops =
        [
            new LoadShop("youzan", "flagship", "demo-youzan", Secret("youzan")),
            new LoadShop("shopify", "overseas", "", Secret("shopify")),
            new LoadShop("standard", "own", "", "whsec_" + Convert.ToBase64String(Encoding.ASCII.GetBytes(Secret("standard")[..24]))),
        ];
    }

    public SpikeOptions Options { get; }
    public Catalogue Catalogue { get; }
    public IReadOnlyList<LoadShop> Shops { get; }
    /// <summary>The shop that cancels what it can't deliver; the others let it wait for stock.</summary>
    public LoadShop RejectsOnShortage => Shops[1];
    /// <summary>The best-seller, at a price that only a little stock is there for.</summary>
    public Article FlashSale => Catalogue.Articles[0];

    /// <summary>Creates warehouses and SKUs through the API and puts stock in; what was acknowledged goes into the tally.</summary>
    /// <exception cref="InvalidOperationException">The engine refused some of it.</exception>
    public async Task BuildAsync(AuditClient client, Tally tally, Action<double> progress)
    {
        foreach (var (code, name, lat, lon) in Warehouses)
            Require(await client.CallAsync(HttpMethod.Put, $"/v1/warehouses/{code}", Json(new { name, location = new { lat, lon }, coldChain = false })));
        var calls = Lines().Chunk(LinesPerCall).ToArray();
        var done = 0;
        await Parallel.ForEachAsync(calls.Index(), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (call, stop) =>
        {
            var lines = call.Item.Select(line => new { sku = line.Sku, warehouse = line.Warehouse, delta = line.Units, reason = "receiving" });
            Require(await client.CallAsync(HttpMethod.Post, "/v1/stock/adjustments", Json(new { reference = $"demo-{call.Index}", lines }), stop));
            foreach (var (sku, _, units) in call.Item)
                tally.PutInStock(sku, units);
            progress(Interlocked.Increment(ref done) / (double)calls.Length);
        });
    }

    /// <summary>
    /// Enough of most articles and too little of some: every fortieth has half of what will be asked for. The flash sale has a
    /// tenth as many units as there are orders, all in one place.
    /// </summary>
    private IEnumerable<(string Sku, string Warehouse, int Units)> Lines()
    {
        yield return (FlashSale.Sku, Warehouses[0].Code, Math.Max(10, Options.Orders / 10));
        var articles = Catalogue.Articles;
        var weights = Enumerable.Range(1, articles.Count).Select(rank => Math.Pow(rank, -Skew)).ToArray();
        var scale = Options.Orders * UnitsPerOrder / weights.Sum();
        for (var i = 1; i < articles.Count; i++)
        {
            var units = weights[i] * scale * (i % 40 == 7 ? 0.5 : 1.6);
            for (var w = 0; w < Warehouses.Length; w++)
                yield return (articles[i].Sku, Warehouses[w].Code, (int)(units / Warehouses.Length) + 3);
        }
    }

    private string Secret(string of) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{of} {Options.Seed}")))[..32];

    private static void Require(Exchange exchange)
    {
        if (exchange.Verdict != Verdict.Acknowledged)
            throw new InvalidOperationException($"{exchange.Subject} was answered {exchange.Status}: {Encoding.UTF8.GetString(exchange.Body)}");
    }

    private static byte[] Json<T>(T body) => JsonSerializer.SerializeToUtf8Bytes(body);
}
