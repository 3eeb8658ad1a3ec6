using Engine.Actors.Orders;

namespace Engine.Simulation.Stories;

/// <summary>Facts of one order that may arrive in any order, and what they must come to.</summary>
/// <param name="Facts">In the order in which they happened.</param>
/// <param name="Parked">
/// Which of the two ends an order of arrival leads to, for facts that exclude each other: goods can't leave after the order is
/// cancelled, nor be cancelled after they left. Null where every order of arrival has the same end.
/// </param>
public sealed record FactStory(string Name, IReadOnlyList<NamedFact> Facts, Func<IReadOnlyList<string>, bool>? Parked = null)
{
    public override string ToString() => Name;
}

public sealed record NamedFact(string Name, Func<Intake> Say);

/// <summary>The stories whose every order of arrival is tried (FAULTS.md, scenario 25).</summary>
public static class FactStories
{
    public static readonly IReadOnlyList<FactStory> All =
    [
        new("bought and delivered", [Placed, Repeated, Started, Succeeded, Shipped, Delivered, Completed]),
        new("failed once, paid by another payment", [Placed, Started, Failed, SucceededByAnother, Shipped, Repeated]),
        new("paid in two parts", [Placed, Started, Half("p1"), Half("p2"), Shipped, Repeated, Completed]),
        new("never paid", [Placed, Started, Failed, Repeated, Cancelled]),
        new("cancelled and refunded", [Placed, Started, Succeeded, Cancelled, Repeated, RefundAsked, Refunded]),
        new("refunded without a cancellation", [Placed, Started, Succeeded, Repeated, RefundAsked, Refunded]),
        new("refunded by an amount", [Placed, Started, Succeeded, Repeated, RefundedPart, RefundedAll]),
        new("cancelled, and the refund told of as a step", [Placed, Started, Succeeded, Cancelled, RefundedByStep, Repeated]),
        new("paid once more after all the money went back", [Placed, Paid("p1", 200, at: 1), RefundedWhole(at: 2), Paid("p2", 200, at: 3), Repeated]),
        new("some lines cancelled", [Placed, Started, SomeCancelled, Succeeded, Repeated]),
        new("some lines cancelled, the rest paid in two parts", [Placed, SomeCancelled, Half("p1"), Paid("p2", 100), Shipped, Completed]),
        new("one attempt fails beside another", [Placed, Started, Failed, StartedAnother]),
        new("cash on delivery", [CashPlaced, CashRepeated, Shipped, Delivered, Completed]),
        // The one that comes first decides: goods have left and the cancellation is flagged, or nothing leaves and the report is kept.
        new("cancelled while it ships", [Placed, Started, Succeeded, Shipped, Cancelled, Refunded, Repeated], LeftBeforeItEnded),
    ];

    static NamedFact Placed => new("placed", () => Say(details: Details(cash: false)));
    static NamedFact Repeated => new("repeated", () => Say(details: Details(cash: false)));
    static NamedFact CashPlaced => new("placed", () => Say(details: Details(cash: true)));
    static NamedFact CashRepeated => new("repeated", () => Say(details: Details(cash: true)));
    static NamedFact Started => new("started", () => Payment("p1", PayStatus.Started));
    static NamedFact Succeeded => new("succeeded", () => Payment("p1", PayStatus.Succeeded));
    static NamedFact Failed => new("failed", () => Payment("p1", PayStatus.Failed));
    static NamedFact SucceededByAnother => new("succeeded", () => Payment("p2", PayStatus.Succeeded));
    static NamedFact Cancelled => new("cancelled", () => Say(cancellation: new Cancellation("changed my mind", "buyer")));
    static NamedFact SomeCancelled => new("some cancelled", () => Say(cancellation: new Cancellation("one too many", "buyer", [new CancelledQuantity { LineId = "l1", Quantity = 1 }])));
    static NamedFact RefundAsked => new("refund asked", () => Refund(RefundProgress.Requested));
    static NamedFact Refunded => new("refunded", () => Refund(RefundProgress.Succeeded));
    static NamedFact Shipped => new("shipped", () => Step(MicroState.Shipped));
    static NamedFact Delivered => new("delivered", () => Step(MicroState.Delivered));
    static NamedFact Completed => new("completed", () => Step(MicroState.Completed));

    static NamedFact RefundedPart => new("part refunded", () => Refund(RefundProgress.Succeeded, 150));
    static NamedFact RefundedAll => new("all refunded", () => Refund(RefundProgress.Succeeded, 400));
    static NamedFact StartedAnother => new("another started", () => Payment("p2", PayStatus.Started));

    static NamedFact RefundedByStep => new("refunded", () => Step(MicroState.Refunded));
    static NamedFact RefundedWhole(long at) => new("refunded", () => Refund(RefundProgress.Succeeded, at: at));

    static NamedFact Paid(string reference, long amount, long at = 0) => new($"paid by {reference}", () => Payment(reference, PayStatus.Succeeded, amount, at));
    static NamedFact Half(string reference) => new($"half by {reference}", () => Payment(reference, PayStatus.Succeeded, 200));

    /// <summary>Everything that goods need to leave came before anything that ends the order.</summary>
    static bool LeftBeforeItEnded(IReadOnlyList<string> arrival)
    {
        var placed = Math.Min(At("placed"), At("repeated"));
        var left = Math.Max(Math.Max(placed, At("succeeded")), At("shipped"));
        return left < Math.Min(At("cancelled"), At("refunded"));

        int At(string name) => arrival.ToList().IndexOf(name);
    }

    static Intake Payment(string reference, PayStatus status, long amount = PaymentFact.Whole, long at = 0) =>
        Say(payment: new PaymentFact { Reference = reference, Status = status, Amount = amount, At = at });

    static Intake Refund(RefundProgress status, long amount = PaymentFact.Whole, long at = 0) =>
        Say(refund: new RefundFact { Reference = "f1", Status = status, Amount = amount, Full = amount == PaymentFact.Whole, At = at });

    static Intake Step(MicroState step) => Say(step: new StepFact { Step = step, Role = StepRole.Platform });

    static Intake Say(OrderDetails? details = null, PaymentFact? payment = null, Cancellation? cancellation = null, RefundFact? refund = null, StepFact? step = null) => new()
    {
        Platform = "standard",
        Shop = "shop",
        PlatformOrderId = "o1",
        Source = "webhook:standard",
        Policy = new ShopPolicy(),
        Details = details,
        Payment = payment,
        Cancellation = cancellation,
        Refund = refund,
        Step = step,
        KeepEarly = true,
    };

    static OrderDetails Details(bool cash) => new()
    {
        PlacedAt = new SimClock().Now,
        Lines = [Line("l1", "sku-1", 2), Line("l2", "sku-2", 1), Line("l3", "sku-1", 1)],
        Goods = 400,
        Total = 400,
        Currency = "CNY",
        CashOnDelivery = cash,
    };

    static OrderedLine Line(string id, string sku, int quantity) => new() { LineId = id, Code = sku, Quantity = quantity, UnitPrice = 100 };
}
