using System.Runtime.InteropServices;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;

namespace Engine.Host.Upkeep;

/// <summary>What there is, counted over all actors in memory at about one moment.</summary>
sealed class CensusFigures
{
    public Dictionary<(string Tier, string Owner), long> Locks { get; } = [];
    public Dictionary<MicroState, long> Orders { get; } = [];
    public Dictionary<MicroState, long> Overdue { get; } = [];
    public Dictionary<MicroState, long> Stalled { get; } = [];
    public long Backorders { get; set; }
    public long Shortage { get; set; }
    /// <summary>Live: reserved + committed − on hand − shortage wherever that is above zero (promise 1).</summary>
    public long Oversold { get; set; }
}

/// <summary>Counts locks and open orders now and then: too much to do at every scrape, too useful to leave out.</summary>
sealed class Census(IEngine engine, ServiceClock clock, TimeProvider time, ILogger<Census> log) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(15);
    /// <summary>Counting a million open orders takes seconds of a core: it takes a fiftieth of the time at most.</summary>
    const int PausePerCount = 50;

    public CensusFigures Latest { get; private set; } = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            var start = time.GetTimestamp();
            try
            {
                Latest = await CountAsync();
            }
            catch (Exception e)
            {
                // The figures stay as they were; the next round may do better.
                log.UpkeepFailed("census", e);
            }
            var pause = PausePerCount * time.GetElapsedTime(start);
            timer.Period = pause > Every ? pause : Every;
        }
        while (await Next(timer, stoppingToken));
    }

    internal static async ValueTask<bool> Next(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public async Task<CensusFigures> CountAsync()
    {
        var figures = new CensusFigures();
        foreach (var part in await engine.ScanAsync<SkuActor, SkuCount>(ActorKind.Sku, static (sku, _) => new SkuCount(sku)))
        {
            figures.Backorders += part.Backorders;
            figures.Shortage += part.Shortage;
            figures.Oversold += part.Oversold;
            for (var i = 0; i < part.Locks.Length; i++) Add(figures.Locks, SkuCount.Labels[i], part.Locks[i]);
        }
        foreach (var order in await engine.ScanAsync<OrderActor, OrderCount>(ActorKind.Order, Count))
        {
            if (order.State.IsClosed()) continue;
            Add(figures.Orders, order.State, 1);
            if (order.IsOverdue) Add(figures.Overdue, order.State, 1);
            if (order.IsStalled) Add(figures.Stalled, order.State, 1);
        }
        return figures;
    }

    OrderCount? Count(OrderActor order, long now) => !order.Known ? null : OrderCount.Of(
        order.State, clock.IsOverdue(order.State, order.StateSince, order.Details.ShipBy, now), clock.IsStalled(order.State, order.StateSince, now));

    static void Add<T>(Dictionary<T, long> counts, T key, long count) where T : notnull => CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _) += count;

    sealed class SkuCount
    {
        public static readonly (string Tier, string Owner)[] Labels =
            [("order", "caller"), ("paying", "caller"), ("committed", "caller"), ("order", "order"), ("paying", "order"), ("committed", "order"), ("order", "cart"), ("paying", "cart"), ("committed", "cart")];

        public SkuCount(SkuActor sku)
        {
            Backorders = sku.Backorders.Count;
            foreach (var stock in sku.Warehouses)
            {
                Shortage += stock.Shortage;
                Oversold += Math.Max(0, stock.Reserved + stock.Committed - stock.OnHand - stock.Shortage);
            }
            foreach (var (owner, state, tier) in sku.ReservationKinds)
            {
                if (state is ReservationState.Reserved or ReservationState.Committed) Locks[((int)owner * 3) + (state == ReservationState.Committed ? 2 : tier == LockTier.Paying ? 1 : 0)]++;
            }
        }

        public long[] Locks { get; } = new long[Labels.Length];
        public long Backorders { get; }
        public long Shortage { get; }
        public long Oversold { get; }
    }

    sealed record OrderCount(MicroState State, bool IsOverdue, bool IsStalled)
    {
        // A million orders share some hundred of these.
        static readonly OrderCount[] All = [.. Enum.GetValues<MicroState>().SelectMany(s => Enumerable.Range(0, 4).Select(i => new OrderCount(s, (i & 1) != 0, (i & 2) != 0)))];

        public static OrderCount Of(MicroState state, bool isOverdue, bool isStalled) => All[((int)state * 4) + (isOverdue ? 1 : 0) + (isStalled ? 2 : 0)];
    }
}
