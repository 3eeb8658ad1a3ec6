namespace Engine.Actors.Verification;

/// <summary>Where a journal does not hold what is promised, and what is wrong there.</summary>
/// <param name="Sequence">The frame; 0 where it is the store as a whole or what is kept beside the frames.</param>
public sealed record Breach(int Partition, long Sequence, string What)
{
    public override string ToString() => Sequence == 0 ? $"partition {Partition}: {What}" : $"partition {Partition}, frame {Sequence}: {What}";
}

/// <summary>Units of stock over all SKUs and warehouses, as the independent ledger counts them.</summary>
public sealed record StockTotals(long Received, long Shipped, long WrittenOff, long OnHand, long Reserved, long Committed, long Shortage)
{
    public static readonly StockTotals None = new(0, 0, 0, 0, 0, 0, 0);

    public static StockTotals operator +(StockTotals a, StockTotals b) => new(
        a.Received + b.Received, a.Shipped + b.Shipped, a.WrittenOff + b.WrittenOff, a.OnHand + b.OnHand, a.Reserved + b.Reserved,
        a.Committed + b.Committed, a.Shortage + b.Shortage);
}

/// <summary>What a whole journal was found to hold.</summary>
public sealed record VerifyReport
{
    public int Partitions { get; init; }
    public long Frames { get; init; }
    public long Bytes { get; init; }
    public long Events { get; init; }
    public long Messages { get; init; }
    /// <summary>Sent and not taken in yet; none in a store that was stopped in peace.</summary>
    public long MessagesInFlight { get; init; }
    public long Orders { get; init; }
    public long Skus { get; init; }
    /// <summary>Reservations ever granted.</summary>
    public long Grants { get; init; }
    public StockTotals Stock { get; init; } = StockTotals.None;
    /// <summary>Actors whose newest snapshot was read and found undamaged.</summary>
    public long Snapshots { get; init; }
    /// <summary>How many events of each type there are, by the type's name.</summary>
    public IReadOnlyDictionary<string, long> EventsByType { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);
    /// <summary>At most one per partition: behind the first, nothing can be believed.</summary>
    public IReadOnlyList<Breach> Breaches { get; init; } = [];

    public Breach? First => Breaches.Count > 0 ? Breaches[0] : null;
}

/// <summary>Something is not as promised; says in which frame.</summary>
sealed class BreachException : Exception
{
    public BreachException(string message) : base(message) { }
}
