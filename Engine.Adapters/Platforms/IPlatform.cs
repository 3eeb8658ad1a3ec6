using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms;

/// <summary>
/// One platform's wire format: verify, parse, map, reply. Pure and fed with bytes; the clock comes in with the request.
/// A platform's own words stop here.
/// </summary>
public interface IPlatform
{
    /// <summary>The name in the path <c>/webhooks/{platform}/{shop}</c>.</summary>
    string Name { get; }

    /// <summary>Checks the signature over the raw body, in constant time, and the replay window where the platform signs a time.</summary>
    Verification Verify(in PlatformRequest request, PlatformCredentials credentials);

    /// <summary>What is wrong with a shop's credentials, so that what its platform signs with the present ones can't be verified; null where nothing is.</summary>
    string? FaultOf(PlatformCredentials credentials) => null;

    /// <summary>Reads a verified body. Never throws on bad input: what cannot be understood comes back as <see cref="ParsedMessage.Unreadable"/>.</summary>
    ParsedMessage Parse(in PlatformRequest request);

    /// <summary>What the platform expects to hear.</summary>
    PlatformReply Reply(PlatformVerdict verdict);
}

/// <summary>A request as it arrived. Header names are compared without case.</summary>
/// <param name="Shop">The shop of the path: the order's shop, whatever the body says.</param>
/// <param name="ReceivedAt">The server's clock, UTC.</param>
public readonly record struct PlatformRequest(
    string Shop, ReadOnlyMemory<byte> Body, IReadOnlyDictionary<string, string> Headers, DateTimeOffset ReceivedAt)
{
    /// <summary>The header's value, null where it is absent or empty.</summary>
    public string? Header(string name)
    {
        if (!Headers.TryGetValue(name, out var value))
            value = Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
        return string.IsNullOrEmpty(value) ? null : value;
    }
}

/// <summary>What a shop shares with its platform. <see cref="OldSecrets"/> still verify, for the time of a rotation.</summary>
public sealed record PlatformCredentials(string AppKey, string Secret, IReadOnlyList<string> OldSecrets);

public enum Verification
{
    Genuine,
    MissingSignature,
    BadSignature,
    OutsideReplayWindow,
}

public enum PlatformVerdict
{
    /// <summary>Durable: applied, known before, a probe, or in quarantine.</summary>
    Received,
    MissingSignature,
    BadSignature,
    /// <summary>The engine is at its limit or without a store; the platform should come again.</summary>
    TryLater,
}

public sealed record PlatformReply(int Status, string ContentType, string Body);

/// <summary>What one message says.</summary>
/// <param name="DedupeKey">The platform's id of the message, the same when it is pushed again.</param>
/// <param name="Pushes">What it says of orders; none for a probe or for a type that is not about orders.</param>
/// <param name="Unreadable">Why it could not be understood (it then goes to quarantine whole), else null.</param>
public sealed record ParsedMessage(string DedupeKey, IReadOnlyList<OrderPush> Pushes, string? Unreadable = null);

/// <summary>What a message says of one order. Several parts may come together, e.g. a paid order with all its lines.</summary>
public sealed record OrderPush
{
    public required string PlatformOrderId { get; init; }
    /// <summary>The whole order, where the platform pushes it.</summary>
    public CanonicalOrder? Order { get; init; }
    /// <summary>A payment told beside the order or alone. What a canonical order says of its own is in <see cref="CanonicalOrder.Payment"/>; never both.</summary>
    public CanonicalPayment? Payment { get; init; }
    public CancellationPush? Cancellation { get; init; }
    public RefundPush? Refund { get; init; }
    public StepPush? Step { get; init; }
    /// <summary>The platform's own status, as it was said.</summary>
    public string? PlatformStatus { get; init; }
    /// <summary>The same where nothing here follows from it: it is then shown with the order (FEATURES B5).</summary>
    public string? UntranslatedStatus { get; init; }
}

/// <param name="At">When, by the platform's clock.</param>
/// <param name="Lines">What is cancelled; null means the whole order.</param>
/// <param name="By">Who says so, where the message tells.</param>
public sealed record CancellationPush(string Reason, DateTimeOffset? At, IReadOnlyList<CancelledLine>? Lines = null, string? By = null);

public sealed record CancelledLine(string LineId, int Quantity);

public enum RefundStatus : byte
{
    Requested = 0,
    Succeeded = 1,
    Closed = 2,
}

/// <param name="Reference">The platform's id of the refund.</param>
/// <param name="Amount">Minor units; null where the platform does not say (the whole is meant).</param>
/// <param name="Full">True when nothing of the order is left to keep.</param>
public sealed record RefundPush(string Reference, RefundStatus Status, long? Amount, bool Full, DateTimeOffset? At);

/// <param name="Step">A micro-state's name (API: <c>shipped</c>, <c>delivered</c>, …).</param>
public sealed record StepPush(string Step, DateTimeOffset? At, string? Operator = null, string? Device = null, string? Carrier = null, string? TrackingNumber = null, string? Reason = null);
