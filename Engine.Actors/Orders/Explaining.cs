using System.Globalization;

namespace Engine.Actors.Orders;

/// <summary>Why an order is as it is (FEATURES G5): each decision with its rule, what the rule looked at, and what would have changed it.</summary>
static class Explaining
{
    public static IReadOnlyList<ExplainedDecision> Render(OrderActor order, IReadOnlyList<Explanation> explanations)
    {
        var rendered = new List<ExplainedDecision>(explanations.Count);
        foreach (var e in explanations) rendered.Add(Render(order, e));
        return rendered;
    }

    static ExplainedDecision Render(OrderActor order, Explanation e) => e.Decision switch
    {
        "reserved" => Said(e, "nearest_open_warehouse_with_every_line", Reserved(order),
            "less stock in that warehouse when the order came, another address, or a nearer open warehouse"),
        "backordered" => Said(e, "insufficient_stock", Short(order, e),
            $"{Missing(order, e)} more of {Line(order, e)?.Sku} in one of the open warehouses"),
        "expanded" => Said(e, "bundle_components", new() { ["bundle"] = Line(order, e)?.Sku ?? "", ["each"] = e.Text }, "another composition of the bundle when the order came"),
        "expired" => Said(e, e.Text == "payment_failed" ? "payment_failed" : "lock_tier_lapsed", new()
        {
            ["deadline"] = Time(e.Number), ["tier"] = e.Number < order.PayingDeadline ? "order" : "paying", ["total"] = Number(order.Details.Total), ["paid"] = Number(order.PaidSum),
        }, e.Text == "payment_failed" ? "a payment that succeeded" : "a payment that arrived before the deadline"),
        "reopened" => Said(e, "late_payment", new() { ["paid"] = Number(e.Number), ["total"] = Number(order.Details.Total) },
            "the same payment arriving before the lock lapsed"),
        "cancelled" => Said(e, e.Text == "insufficient_stock" ? "insufficient_stock" : "cancellation", new() { ["reason"] = e.Text, ["paid"] = Number(order.PaidSum) },
            e.Text == "insufficient_stock" ? "enough stock for every line, or a shop that backorders" : "no cancellation before the goods left"),
        "lines_cancelled" => Said(e, "cancellation", new() { ["reason"] = e.Text, ["value"] = Number(e.Number) }, "no cancellation of these lines"),
        "held" => Said(e, e.Text, new() { ["code"] = Line(order, e)?.Ordered.Code ?? "", ["line"] = Line(order, e)?.Ordered.LineId ?? "" },
            "the code as a SKU, an alias for it, or a correction by unhold"),
        _ => Said(e, e.Decision, new() { ["text"] = e.Text }, ""),
    };

    static Dictionary<string, string> Reserved(OrderActor order)
    {
        var inputs = new Dictionary<string, string> { ["ranked"] = string.Join(' ', order.Ranked) };
        foreach (var line in order.Lines)
            if (line.Warehouse.Length > 0)
                inputs[$"line {line.Ordered.LineId}"] = $"{line.Quantity} of {line.Sku} from {line.Warehouse}, {line.Available} available at version {line.Version}";
        return inputs;
    }

    static Dictionary<string, string> Short(OrderActor order, Explanation e) => new()
    {
        ["line"] = Line(order, e)?.Ordered.LineId ?? "",
        ["sku"] = Line(order, e)?.Sku ?? "",
        ["quantity"] = Number(Line(order, e)?.Quantity ?? 0),
        ["available"] = Number(e.Number),
        ["ranked"] = string.Join(' ', order.Ranked),
    };

    static string Missing(OrderActor order, Explanation e) => Number(Math.Max(1, (Line(order, e)?.Quantity ?? 0) - e.Number));

    static OrderLine? Line(OrderActor order, Explanation e) => e.Line >= 0 && e.Line < order.Lines.Count ? order.Lines[e.Line] : null;

    static ExplainedDecision Said(Explanation e, string rule, Dictionary<string, string> inputs, string wouldChange) => new(e.Decision, rule, inputs, wouldChange, e.At);

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    static string Time(long at) => DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
