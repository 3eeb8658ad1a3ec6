using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;

namespace Engine.Actors.WhatIf;

/// <summary>
/// From what was decided back to what came from outside: a journal keeps facts, not calls, and every fact says what its call
/// said. What followed from it in the same decision is left for the replay to decide. Orders are in <see cref="OutsideOrderFacts"/>.
/// </summary>
static class OutsideFacts
{
    /// <summary>The command; null where the facts do not tell it (a refusal leaves no more than its suggestion).</summary>
    /// <param name="actor">As it stands before the decision.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public static Command? Of(Actor actor, IReadOnlyList<Event> events, long now) => actor.Id.Kind switch
    {
        ActorKind.Sku => OfSku(events, now),
        ActorKind.Order => OutsideOrderFacts.Of(actor, events),
        ActorKind.Cart => OfCart(events, now),
        ActorKind.Warehouse => events.OfType<WarehouseConfigured>().FirstOrDefault() is { } e ? new ConfigureWarehouse { Settings = e.Settings } : null,
        ActorKind.Quarantine => OutsideOrderFacts.OfQuarantine(events),
        ActorKind.Reference => OfReference(events),
        _ => null,
    };

    static Command? OfReference(IReadOnlyList<Event> events) => events.FirstOrDefault() switch
    {
        ReferenceClaimed e => new ClaimReference { Body = e.Body },
        ReferenceAnswered e => new KeepAnswer { Answer = e.Answer },
        ReferenceFreed => new FreeReference(),
        _ => null,
    };

    static Command? OfSku(IReadOnlyList<Event> events, long now)
    {
        foreach (var happened in events)
        {
            switch (happened)
            {
                // What is found again before it ships has no call of its own, and an adjustment may make its SKU known first.
                case StockAdjusted { Asked: not 0 } e: return Adjusted(e);
                case StockReserved { Owner: ReservationOwner.Caller } e: return Reserved(e, now);
                case LockExtended { Tier: LockTier.Paying } e: return Changed(e.ReservationId, ReservationChange.Paying);
                case ReservationCommitted e: return Changed(e.ReservationId, ReservationChange.Commit);
                case ReservationShipped e: return Changed(e.ReservationId, ReservationChange.Ship);
                case ReservationReleased { Orphan: true } e: return new FreeOrphan { ReservationId = e.ReservationId, Why = e.Why };
                // Whoever asked for what had lapsed by then, the lapse is the same.
                case ReservationReleased { End: ReservationState.Expired } e: return Changed(e.ReservationId, ReservationChange.Commit);
                case ReservationReleased e: return Changed(e.ReservationId, ReservationChange.Release);
                default: break;
            }
        }
        if (events.OfType<SkuConfigured>().FirstOrDefault() is { } settings) return Configured(settings);
        return events is [BackorderEnded { Served: true }, ..] ? new ServeWaiting() : null;
    }

    static AdjustStock Adjusted(StockAdjusted e) => new()
    {
        Reference = e.Reference, LineNumber = e.LineNumber, Warehouse = e.Warehouse, Reason = e.Reason, By = e.By,
        Delta = e.IsCount ? null : (int)e.Wanted, Set = e.IsCount ? (int)e.Wanted : null,
    };

    static Reserve Reserved(StockReserved e, long now) => new()
    {
        ReservationId = e.ReservationId, OrderId = e.OrderId, Quantity = e.Quantity, Warehouse = e.IsWarehouseAsked ? e.Warehouse : null,
        OrderTier = e.ExpiresAt - now, PayingTier = e.PayingExpiresAt - now, KeyId = e.KeyId,
        Token = new SnapshotClaims(e.TokenId, e.TokenVersion, Available: 0, OrderId: null, IssuedAt: 0, e.TokenExpiresAt),
    };

    static ChangeReservation Changed(string id, ReservationChange change) => new() { ReservationId = id, Change = change };

    static ConfigureSku Configured(SkuConfigured e) => new()
    {
        Name = e.Name, Strict = e.Strict, SafetyStock = e.SafetyStock, Barcodes = e.Barcodes, Aliases = [.. e.Aliases.Select(AliasActor.Split)], Bundle = e.Bundle, By = e.By,
    };

    static Command? OfCart(IReadOnlyList<Event> events, long now)
    {
        foreach (var happened in events)
        {
            switch (happened)
            {
                case CartRequested e:
                    return new ReserveCart
                    {
                        ReservationId = e.ReservationId, OrderId = e.OrderId, Lines = e.Lines, Warehouse = e.Warehouse, KeyId = e.KeyId,
                        OrderTier = e.ExpiresAt - now, PayingTier = e.PayingExpiresAt - now,
                    };
                case CartPaying: return new ChangeCart { Change = ReservationChange.Paying };
                case CartCommitted: return new ChangeCart { Change = ReservationChange.Commit };
                case CartEnded e: return new ChangeCart { Change = e.End switch { CartState.Released => ReservationChange.Release, CartState.Shipped => ReservationChange.Ship, _ => ReservationChange.Commit } };
                default: break;
            }
        }
        return null;
    }
}
