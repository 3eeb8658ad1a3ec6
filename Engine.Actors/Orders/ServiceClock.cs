using static Engine.Actors.Orders.MicroState;

namespace Engine.Actors.Orders;

/// <summary>
/// How long an order may stay in each state (FEATURES B3, SLA): who, when, how long, overdue or not. A matter of looking, not
/// of deciding: limits are settings, and changing one changes no order.
/// </summary>
public sealed class ServiceClock
{
    const long Minute = 60_000;
    const long Hour = 60 * Minute;

    /// <summary>What holds where nothing is set. States that are not named here have no limit.</summary>
    static readonly Dictionary<MicroState, long> Defaults = new()
    {
        [Paid] = 30 * Minute,
        [Allocated] = 2 * Hour,
        [WaveAssigned] = 2 * Hour,
        [Picking] = Hour,
        [Labelling] = Hour,
        [Packed] = 2 * Hour,
        [AwaitingLoading] = Hour,
        [Shipped] = 24 * Hour,
        [InTransit] = 72 * Hour,
        [OutForDelivery] = 24 * Hour,
        [Intercepting] = 24 * Hour,
        [Intercepted] = 168 * Hour,
        [CustomerRejected] = 168 * Hour,
        [ReturnRequested] = 24 * Hour,
        [Returning] = 168 * Hour,
        [Inspected] = 48 * Hour,
        [Refunding] = 72 * Hour,
    };

    readonly Dictionary<MicroState, long> _limits = new(Defaults);

    /// <param name="limits">Milliseconds that take the place of the defaults; 0 for no limit.</param>
    public ServiceClock(IEnumerable<KeyValuePair<MicroState, long>>? limits = null, long stalledAfter = 24 * Hour)
    {
        StalledAfter = stalledAfter;
        foreach (var (state, limit) in limits ?? [])
        {
            if (limit > 0) _limits[state] = limit;
            else _limits.Remove(state);
        }
    }

    /// <summary>Milliseconds in one state, whichever, after which an open order counts as stalled.</summary>
    public long StalledAfter { get; }

    /// <summary>Milliseconds by state.</summary>
    public IReadOnlyDictionary<MicroState, long> Limits => _limits;

    /// <summary>When it is or was due to move on: at the end of its state's limit, or earlier at the platform's ship-by time; null for never.</summary>
    /// <param name="shipBy">Milliseconds since 1970 UTC, as all instants here; 0 for none.</param>
    public long? DueAt(MicroState state, long since, long shipBy)
    {
        long? due = _limits.TryGetValue(state, out var limit) ? since + limit : null;
        return shipBy > 0 && state < Shipped && (due is null || shipBy < due) ? shipBy : due;
    }

    public bool IsOverdue(MicroState state, long since, long shipBy, long now) => DueAt(state, since, shipBy) < now;

    public bool IsStalled(MicroState state, long since, long now) => !state.IsClosed() && now - since > StalledAfter;
}
