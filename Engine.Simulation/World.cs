using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;

namespace Engine.Simulation;

/// <summary>What there is in one run: a small shop with too little stock, on an engine whose limits are so tight that everything happens all the time.</summary>
sealed class World
{
    static readonly (string Province, long Latitude, long Longitude)[] Places = [("浙江", 302700000, 1201600000), ("广东", 231300000, 1132600000), ("四川", 305700000, 1040700000)];

    readonly Random _random;
    readonly IReadOnlyList<ShopPolicy>? _policies;

    /// <param name="policies">What shops have chosen; null for many different choices.</param>
    public World(Random random, IReadOnlyList<ShopPolicy>? policies)
    {
        (_random, _policies) = (random, policies);
        Partitions = random.Next(2, 5);
        Skus = [.. Enumerable.Range(1, random.Next(2, 5)).Select(i => $"sku-{i}")];
        Warehouses = [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => new[] { "hz", "gz", "cd" }[i])];
        Limits = new Limits
        {
            MessagesPerBatch = random.Next(1, 12),
            WrittenInTurn = random.Next(0, 8),
            UrgentPerBatch = random.Next(1, 5),
            NormalPerBatch = random.Next(1, 5),
            DeadlinesPerBatch = random.Next(1, 4),
            QuestionsPerSecond = random.Next(1, 100),
            QuestionsAtOnce = random.Next(1, 4),
            FrameBytes = random.Next(300, 4000),
            CheckpointBytes = random.Next(500, 8000),
            SnapshotsPerSlice = 2,
            SegmentBytes = random.Next(100, 4000),
            LaneLength = 32,
            SegmentLive = 0.3 + random.NextDouble() * 0.6,
            // The first fault ends a run: none is expected.
            FaultsPerMinute = 0,
        };
    }

    public int Partitions { get; }
    public string[] Skus { get; }
    public string[] Warehouses { get; }
    public Limits Limits { get; }

    /// <summary>Every lock and every reminder is over by then.</summary>
    public TimeSpan Longest => TimeSpan.FromMilliseconds(Math.Max(3 * 60 * 60_000L + 10 * 60_000, _policies?.Max(p => Math.Max(p.PayingTier, p.ReminderAfter)) ?? 0));

    /// <summary>Codes that mean no SKU at first.</summary>
    public static readonly string[] Codes = ["art-1", "art-2"];

    /// <summary>A SKU that is made of others; stock clients set it up and change it.</summary>
    public const string Bundle = "set-1";

    public BundlePart[] Parts() => _random.Next(2) == 0
        ? [new() { Sku = Skus[0], Quantity = 1 }, new() { Sku = Skus[1], Quantity = 2 }]
        : [new() { Sku = Skus[1], Quantity = 1 }, new() { Sku = Skus[0], Quantity = 1 }];

    /// <summary>What somebody buys.</summary>
    public string Wanted() => _random.Next(6) == 0 ? Bundle : Sku();

    public string Sku() => Skus[_random.Next(Skus.Length)];

    public string Warehouse() => Warehouses[_random.Next(Warehouses.Length)];

    public ShopPolicy Policy() => _policies is { } given ? given[_random.Next(given.Count)] : new()
    {
        RejectOnShortage = _random.Next(4) == 0,
        OrderTier = _random.Next(3) == 0 ? 30_000 : 15 * 60_000,
        PayingTier = 45 * 60_000,
        ReminderAfter = _random.Next(3) * 60 * 60_000L,
    };

    public Place Place() => new() { Country = "CN", Province = _random.Next(4) == 0 ? "" : Places[_random.Next(Places.Length)].Province };

    public WarehouseSettings Settings(string warehouse, WarehouseState state)
    {
        var at = Places[Array.IndexOf(Warehouses, warehouse)];
        return new WarehouseSettings { Code = warehouse, Name = warehouse, HasLocation = true, Latitude = at.Latitude, Longitude = at.Longitude, State = state };
    }
}
