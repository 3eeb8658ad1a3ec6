using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;

namespace Engine.Benchmarks;

/// <summary>The catalogue and the orders that all measurements share: 10,000 SKUs, Zipf 0.99, 1 to 3 lines (1.8 on average).</summary>
sealed class World
{
    public const int Skus = 10_000;
    readonly double[] _cumulated = new double[Skus];
    readonly Random _random;
    readonly byte[] _personal = new byte[180];
    readonly byte[] _key = new byte[61];

    public World(int seed)
    {
        _random = new Random(seed);
        _random.NextBytes(_personal);
        _random.NextBytes(_key);
        double sum = 0;
        for (var i = 0; i < Skus; i++) _cumulated[i] = sum += 1 / Math.Pow(i + 1, 0.99);
    }

    public static string Sku(int i) => $"SKU-{i:00000}";

    int Pick()
    {
        var found = Array.BinarySearch(_cumulated, _random.NextDouble() * _cumulated[^1]);
        return Math.Min(Skus - 1, found < 0 ? ~found : found);
    }

    /// <summary>A full order: 27 fields, the personal part as the ciphertext it would be.</summary>
    public Intake Order(string id, long now, bool paid = false)
    {
        var lines = new List<OrderedLine>(3);
        var count = _random.NextDouble() switch { < 0.4 => 1, < 0.8 => 2, _ => 3 };
        for (var i = 0; i < count; i++) lines.Add(new OrderedLine { LineId = $"{i + 1}", Code = Sku(Pick()), Quantity = 1 + _random.Next(2), UnitPrice = 12_900, Discount = 100 });
        return new Intake
        {
            Platform = "youzan", Shop = "flagship", PlatformOrderId = id, Source = "webhook:youzan", Policy = new ShopPolicy(), KeepEarly = true, WrappedKey = _key,
            Details = new OrderDetails
            {
                PlacedAt = now, Goods = 25_800, Freight = 0, Discount = 200, Total = 25_600, Currency = "CNY", Lines = lines, Personal = _personal, PersonalHash = 1,
                Place = new Place { Country = "CN", Province = "广东省", City = "深圳市", District = "南山区" },
            },
            Payment = paid ? new PaymentFact { Reference = "p", Status = PayStatus.Succeeded, Amount = PaymentFact.Whole, At = now, ArrivedAt = now } : null,
        };
    }

    public static ActorId OrderId(string id) => ActorId.Order($"youzan:flagship:{id}");

    public static async Task StockAsync(EngineNode node, int each)
    {
        string[] warehouses = ["SH1", "GZ1", "BJ1"];
        foreach (var (code, latitude, longitude) in new[] { ("SH1", 31.2, 121.5), ("GZ1", 23.1, 113.3), ("BJ1", 39.9, 116.4) })
        {
            await node.AskAsync(ActorId.Warehouse(code), new ConfigureWarehouse
            {
                Settings = new WarehouseSettings { Code = code, HasLocation = true, Latitude = (long)(latitude * 1e7), Longitude = (long)(longitude * 1e7) },
            }, new AskOptions(Settle: TimeSpan.FromSeconds(5)));
        }
        await Parallel.ForAsync(0, Skus, new ParallelOptions { MaxDegreeOfParallelism = 512 }, async (i, _) =>
        {
            foreach (var warehouse in warehouses)
                await node.AskAsync(ActorId.Sku(Sku(i)), new AdjustStock { Reference = "start", LineNumber = 0, Warehouse = warehouse, Delta = each, Reason = StockReason.Receiving });
        });
    }
}
