using Engine.Load.Auditing;

namespace Engine.Load.Spike;

/// <summary>What became of the orders, by what the engine says of each.</summary>
/// <param name="Reserved">Had all their stock at some time.</param>
/// <param name="RefusedWithSuggestion">Cancelled for want of stock; purchasing was told what to order.</param>
public sealed record SpikeOutcomes(
    int Known, int Reserved, int RefusedWithSuggestion, int Paid, int PaidAndBackordered, int Expired, int Cancelled, int Refunding,
    int LatePayments, int LateReserved, int LateBackordered, int LateRefunding)
{
    public static SpikeOutcomes Of(IEnumerable<OrderTold> orders)
    {
        var all = orders.ToArray();
        var late = Array.FindAll(all, order => order.Decisions.Contains("reopened:late_payment", StringComparer.Ordinal));
        return new SpikeOutcomes(
            all.Length,
            all.Count(order => order.Decisions.Any(d => d.StartsWith("reserved:", StringComparison.Ordinal))),
            all.Count(order => order.Decisions.Contains("cancelled:insufficient_stock", StringComparer.Ordinal)),
            In(all, "paid"), all.Count(order => order.State == "backordered" && order.Paid > 0), In(all, "expired"), In(all, "cancelled"), In(all, "refunding"),
            late.Length, In(late, "paid"), In(late, "backordered"), In(late, "refunding"));
    }

    private static int In(OrderTold[] orders, string state) => orders.Count(order => order.State == state);
}

/// <summary>Everything a spike's client has to tell, in a form that can be handed from its process to another.</summary>
public sealed record SpikeReport
{
    public required IReadOnlyList<OrderAccount> Accounts { get; init; }
    /// <summary>Units put in stock, by SKU.</summary>
    public required IReadOnlyDictionary<string, long> Stock { get; init; }
    public required TallyResult ByApi { get; init; }
    public required SpikeOutcomes Outcomes { get; init; }
    /// <summary>Requests, questions and retries included.</summary>
    public required long Sent { get; init; }
    public required long Retries { get; init; }
    public required long Unknown { get; init; }
    /// <summary>Messages of platforms that were acknowledged.</summary>
    public required long Acknowledged { get; init; }
    public required long Duplicates { get; init; }
    public required long SignaturesRefused { get; init; }
    public required long SignaturesTaken { get; init; }
    public required long UnreadableSent { get; init; }
    public required int Quarantined { get; init; }
    public required int Suggestions { get; init; }
    /// <summary>From the first push to the acknowledgement of the last one.</summary>
    public required TimeSpan Spike { get; init; }
    /// <summary>From the first push until every order had its stock or its refusal.</summary>
    public required TimeSpan Decided { get; init; }
    public required TimeSpan P50 { get; init; }
    public required TimeSpan P99 { get; init; }
    public required TimeSpan P999 { get; init; }

    /// <summary>The client's account, to be held against another teller.</summary>
    public Tally ToTally()
    {
        var tally = new Tally();
        foreach (var account in Accounts)
            tally.Open(account);
        foreach (var (sku, units) in Stock)
            tally.PutInStock(sku, units);
        return tally;
    }
}
