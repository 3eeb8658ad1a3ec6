using System.Collections.Concurrent;

namespace Engine.Load.Auditing;

/// <summary>One order as the client remembers it: what it sent, and what of that it was told has arrived.</summary>
public sealed class OrderAccount
{
    public required string OrderId { get; init; }
    /// <summary>Units of each SKU that were ordered, as first sent.</summary>
    public required IReadOnlyDictionary<string, int> Units { get; init; }
    /// <summary>Some message that holds the whole order was acknowledged.</summary>
    public bool Received { get; set; }
    /// <summary>Minor units of payments sent, each counted once however often it was pushed.</summary>
    public long PaymentsSent { get; set; }
    /// <summary>Minor units of payments acknowledged.</summary>
    public long Paid { get; set; }
    public bool CancellationSent { get; set; }
    public bool Cancelled { get; set; }
}

/// <summary>One order as somebody tells it afterwards: the engine by its API, or a reader of its journal.</summary>
/// <param name="Paid">The sum of payments that succeeded.</param>
/// <param name="References">Of these payments, repeats included.</param>
/// <param name="IsEnded">Cancelled, or on the way to a refund.</param>
/// <param name="Lines">What is left of each line after cancellations, and whether it holds stock.</param>
public sealed record OrderTold(
    string OrderId, string State, long Paid, IReadOnlyList<string> References, bool IsEnded, IReadOnlyList<LineTold> Lines, IReadOnlyList<string> Decisions);

public sealed record LineTold(string Sku, int Quantity, bool HoldsStock);

public sealed record StockTold(string Sku, long OnHand, long Reserved, long Committed, long Shortage);

/// <summary>What does not agree. Each is zero or the engine has broken a promise.</summary>
/// <param name="Oversold">Units promised beyond what was ever there.</param>
/// <param name="Lost">Acknowledged orders, payments, cancellations and stock that are not known.</param>
/// <param name="Doubled">Orders, payments and units counted twice.</param>
/// <param name="Examples">The first few, in words.</param>
public sealed record TallyResult(long Oversold, long Lost, long Doubled, IReadOnlyList<string> Examples)
{
    public bool Holds => (Oversold, Lost, Doubled) == (0, 0, 0);
}

/// <summary>
/// An account of what a client sent and was told, and from it what must be true afterwards. It counts for itself and looks at
/// nothing of the engine but what is told at the end.
/// </summary>
public sealed class Tally
{
    private const int ExamplesMax = 10;

    private readonly ConcurrentDictionary<string, OrderAccount> _orders = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _stock = new(StringComparer.Ordinal);

    /// <summary>Units ever put in stock, as acknowledged.</summary>
    public IReadOnlyDictionary<string, long> Stock => _stock;
    public IReadOnlyDictionary<string, OrderAccount> Orders => _orders;

    public void PutInStock(string sku, long units) => _stock.AddOrUpdate(sku, units, (_, before) => before + units);

    public OrderAccount Open(OrderAccount account) => _orders.GetOrAdd(account.OrderId, account);

    public TallyResult Compare(IReadOnlyDictionary<string, OrderTold> orders, IReadOnlyDictionary<string, StockTold> stock)
    {
        var count = Compared(orders);
        var held = HeldByOrders(orders.Values);
        foreach (var sku in _stock.Keys.Union(held.Keys, StringComparer.Ordinal))
            Compare(sku, stock.GetValueOrDefault(sku), held.GetValueOrDefault(sku), count);
        return count.Result;
    }

    /// <summary>Only the orders, where others use the same stock.</summary>
    public TallyResult CompareOrders(IReadOnlyDictionary<string, OrderTold> orders) => Compared(orders).Result;

    private Count Compared(IReadOnlyDictionary<string, OrderTold> orders)
    {
        var count = new Count();
        foreach (var account in _orders.Values)
            Compare(account, orders.GetValueOrDefault(account.OrderId), count);
        foreach (var stranger in orders.Keys.Where(id => !_orders.ContainsKey(id)))
            count.Doubled($"order {stranger} was never sent");
        return count;
    }

    private static void Compare(OrderAccount account, OrderTold? told, Count count)
    {
        if (told is null)
        {
            if (account.Received)
                count.Lost($"order {account.OrderId} was acknowledged and is not known");
            return;
        }
        if (told.Paid < account.Paid)
            count.Lost($"order {account.OrderId}: {account.Paid} were acknowledged as paid, {told.Paid} are known");
        if (account.Cancelled && !told.IsEnded)
            count.Lost($"order {account.OrderId}: its cancellation was acknowledged, and it is {told.State}");
        if (told.Paid > account.PaymentsSent || told.References.Distinct(StringComparer.Ordinal).Count() < told.References.Count)
            count.Doubled($"order {account.OrderId}: {account.PaymentsSent} were paid, {told.Paid} are counted as {string.Join(", ", told.References)}");
        foreach (var sku in told.Lines.GroupBy(line => line.Sku, StringComparer.Ordinal))
        {
            if (sku.Sum(line => line.Quantity) > account.Units.GetValueOrDefault(sku.Key))
                count.Doubled($"order {account.OrderId} has {sku.Sum(line => line.Quantity)} {sku.Key}, {account.Units.GetValueOrDefault(sku.Key)} were ordered");
        }
    }

    private static Dictionary<string, long> HeldByOrders(IEnumerable<OrderTold> orders)
    {
        var held = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in orders.SelectMany(order => order.Lines).Where(line => line.HoldsStock))
            held[line.Sku] = held.GetValueOrDefault(line.Sku) + line.Quantity;
        return held;
    }

    // Nothing leaves and nothing is written off while this client plays, so all that was put in must still be there.
    private void Compare(string sku, StockTold? told, long held, Count count)
    {
        var put = _stock.GetValueOrDefault(sku);
        if (held > put)
            count.Oversold(held - put, $"{sku}: {held} are promised to orders, {put} were ever there");
        if (told is null || told.OnHand < put)
            count.Lost($"{sku}: {put} were put in stock, {told?.OnHand ?? 0} are on hand");
        if (told is null)
            return;
        if (told.OnHand > put)
            count.Doubled($"{sku}: {put} were put in stock, {told.OnHand} are on hand");
        var promised = told.Reserved + told.Committed;
        if (promised > told.OnHand + told.Shortage)
            count.Oversold(promised - told.OnHand - told.Shortage, $"{sku}: {promised} are promised, {told.OnHand} are on hand");
        if (promised != held)
            count.Doubled($"{sku} holds {promised}, its orders {held}");
    }

    private sealed class Count
    {
        private readonly List<string> _examples = [];
        private long _oversold;
        private long _lost;
        private long _doubled;

        public TallyResult Result => new(_oversold, _lost, _doubled, _examples);

        public void Oversold(long units, string example) => Add(ref _oversold, units, example);
        public void Lost(string example) => Add(ref _lost, 1, example);
        public void Doubled(string example) => Add(ref _doubled, 1, example);

        private void Add(ref long sum, long by, string example)
        {
            sum += by;
            if (_examples.Count < ExamplesMax)
                _examples.Add(example);
        }
    }
}
