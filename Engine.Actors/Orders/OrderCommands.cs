using Engine.Actors.Deciders;

namespace Engine.Actors.Orders;

/// <summary>
/// Everything one push or call says about an order, decided as one: the order itself, a payment, a cancellation, a refund,
/// a step. Facts that come before their order are kept where <see cref="KeepEarly"/> says so.
/// </summary>
public sealed class Intake : Command
{
    public required string Platform { get; init; }
    public required string Shop { get; init; }
    public required string PlatformOrderId { get; init; }
    /// <summary>Where it came from: <c>webhook:youzan</c>, <c>api:NAME OF KEY</c>, <c>quarantine</c>.</summary>
    public required string Source { get; init; }
    public required ShopPolicy Policy { get; init; }

    public OrderDetails? Details { get; init; }
    /// <summary>The wrapped key of <see cref="OrderDetails.Personal"/>.</summary>
    public byte[] WrappedKey { get; init; } = [];
    /// <summary>What the edge noticed: <c>client_time_deviates</c>, <c>near_duplicate:ORDER</c>, …</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    public PaymentFact? Payment { get; init; }
    public Cancellation? Cancellation { get; init; }
    public RefundFact? Refund { get; init; }
    public StepFact? Step { get; init; }

    /// <summary>Keep facts of an order that is not known yet (platforms promise no order of arrival).</summary>
    public bool KeepEarly { get; init; }
    /// <summary>For a warehouse key: the only warehouses whose orders it may touch.</summary>
    public IReadOnlyCollection<string>? OnlyWarehouses { get; init; }
    public Idempotency? Idempotency { get; init; }
}

/// <summary>The caller's Idempotency-Key: hashes of key (with API key and path) and body.</summary>
public sealed record Idempotency(ulong Key, ulong Body);

/// <param name="Reference">Of the message that says so, the same when it comes again; 0 where it has none. Without it the same lines cancelled twice are more lines cancelled.</param>
public sealed record Cancellation(string Reason, string By, IReadOnlyList<CancelledQuantity>? Lines = null, ulong Reference = 0);

public sealed class UnholdOrder : Command
{
    public required string By { get; init; }
    public required string Reason { get; init; }
    /// <summary>Line id to SKU.</summary>
    public IReadOnlyDictionary<string, string> Corrections { get; init; } = new Dictionary<string, string>();
    public Idempotency? Idempotency { get; init; }
}

/// <summary>Destroys the key of the order's personal data (PIPL Art. 47). Only for closed orders.</summary>
public sealed class ForgetPerson : Command
{
    public required string By { get; init; }
    public required string Reason { get; init; }
    public Idempotency? Idempotency { get; init; }
}

public enum OrderOutcome
{
    /// <summary>The order is new.</summary>
    Created,
    Done,
    /// <summary>Nothing that was not known before.</summary>
    Repeated,
    /// <summary>Kept until its order comes.</summary>
    Kept,
    UnknownOrder,
    NotAllowed,
    /// <summary>The key may not touch orders of these warehouses.</summary>
    Forbidden,
    IdempotencyConflict,
    OrderOpen,
    /// <summary>Bad input that only the order can tell: <see cref="OrderReply.Detail"/> names it.</summary>
    Invalid,
}

/// <summary>The answer to a command about an order; the order itself is shown as it stands when the answer goes out.</summary>
public sealed record OrderReply(OrderOutcome Outcome)
{
    /// <summary>For <see cref="OrderOutcome.NotAllowed"/>: the state it is in, and what is allowed from there.</summary>
    public MicroState State { get; init; }
    public IReadOnlyList<string> Allowed { get; init; } = [];
    public string Detail { get; init; } = "";
}
