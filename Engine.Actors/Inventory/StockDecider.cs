using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;

namespace Engine.Actors.Inventory;

/// <summary>Commands to a SKU from callers. Messages from orders and carts are decided in <see cref="LineDecider"/>.</summary>
public static class StockDecider
{
    public static void Decide(SkuActor sku, Command command, Turn turn)
    {
        switch (command)
        {
            case ReserveLine c: LineDecider.Decide(sku, c, turn); break;
            case ChangeLine c: LineDecider.Decide(sku, c, turn); break;
            case AwaitStock c: BackorderDecider.Decide(sku, c, turn); break;
            case DeadlineReached: LockDecider.Decide(sku, turn); break;
            case Reserve c: turn.Reply(Dated(Decide(sku, c, turn), turn)); break;
            case ChangeReservation c: turn.Reply(Decide(sku, c, turn)); break;
            case AdjustStock c: turn.Reply(AdjustDecider.Decide(sku, c, turn)); break;
            case ConfigureSku c: turn.Reply(Decide(sku, c, turn)); break;
            case FreeOrphan c: turn.Reply(LockDecider.Decide(sku, c, turn)); break;
            case ServeWaiting:
                BackorderDecider.Freed(sku, turn);
                turn.Reply(new StockReply(StockOutcome.Done, sku.ToView()));
                break;
            default: throw new InvariantBrokenException($"{sku.Id} does not understand {command.GetType().Name}");
        }
    }

    /// <summary>A refusal comes with a fresh token, which is dated by the time the stock was so.</summary>
    static StockReply Dated(StockReply reply, Turn turn) => reply with { Stock = reply.Stock with { At = turn.Now } };

    /// <summary>The order of these checks is part of the contract (API.md, refusals): callers see the first that applies.</summary>
    static StockReply Decide(SkuActor sku, Reserve wish, Turn turn)
    {
        if (!sku.Known) return new(StockOutcome.UnknownSku, sku.ToView());
        if (sku.Reservation(wish.ReservationId) is { } earlier)
        {
            return earlier.Owner == ReservationOwner.Caller && earlier.OrderId == wish.OrderId && earlier.Quantity == wish.Quantity
                ? new(StockOutcome.Repeated, sku.ToView()) { Reservation = ReservationView.First(sku.Sku, earlier) }
                : new(StockOutcome.IdempotencyConflict, sku.ToView());
        }
        if (sku.Claim(wish.ReservationId) is { } claim) return new(StockOutcome.Led, sku.ToView()) { Leader = claim.Leader };
        if (sku.IsBundle) return new(StockOutcome.Led, sku.ToView()) { Leader = ActorId.Cart(wish.ReservationId, sku.Sku) };
        if (sku.IsUsed(wish.Token.TokenId)) return new(StockOutcome.TokenUsed, sku.ToView());
        if (turn.Now > wish.Token.ExpiresAt) return new(StockOutcome.TokenExpired, sku.ToView());
        var moved = wish.Token.Version != sku.Version;
        if (moved && sku.Strict) return new(StockOutcome.StaleToken, sku.ToView());

        var directory = (DirectoryActor)turn.Directory;
        var warehouse = wish.Warehouse is null
            ? sku.Warehouses.FirstOrDefault(w => sku.AvailableIn(w) >= wish.Quantity && directory.IsOpen(w.Warehouse))
            : sku.Find(wish.Warehouse) is { } asked && sku.AvailableIn(asked) >= wish.Quantity ? asked : null;
        if (warehouse is null) return Short(sku, wish, directory, turn);

        turn.Emit(new StockReserved
        {
            ReservationId = wish.ReservationId,
            OrderId = wish.OrderId,
            Warehouse = warehouse.Warehouse,
            Quantity = wish.Quantity,
            Owner = ReservationOwner.Caller,
            ExpiresAt = turn.Now + wish.OrderTier,
            PayingExpiresAt = turn.Now + wish.PayingTier,
            KeyId = wish.KeyId,
            Revalidated = moved,
            TokenId = wish.Token.TokenId,
            TokenExpiresAt = wish.Token.ExpiresAt,
            IsWarehouseAsked = wish.Warehouse is not null,
            TokenVersion = wish.Token.Version,
        });
        return new(StockOutcome.Done, sku.ToView()) { Reservation = ReservationView.Of(sku.Sku, sku.Reservation(wish.ReservationId)!) };
    }

    static StockReply Short(SkuActor sku, Reserve wish, DirectoryActor directory, Turn turn)
    {
        long fits = 0;
        foreach (var w in sku.Warehouses)
            if (wish.Warehouse is null ? directory.IsOpen(w.Warehouse) : w.Warehouse == wish.Warehouse) fits = Math.Max(fits, sku.AvailableIn(w));
        Replenishment.Suggest(sku, wish.Quantity - fits, wish.Warehouse ?? "", turn);
        return new(StockOutcome.InsufficientStock, sku.ToView())
        {
            WouldFit = fits,
            Replenishment = Replenishment.Of(sku, wish.Quantity - fits, wish.Warehouse, turn.Now),
        };
    }

    static StockReply Decide(SkuActor sku, ChangeReservation change, Turn turn)
    {
        var led = sku.Reservation(change.ReservationId) is { Owner: ReservationOwner.Cart } ofCart ? ofCart.Leader : sku.Claim(change.ReservationId)?.Leader;
        if (led is { } leader) return new(StockOutcome.Led, sku.ToView()) { Leader = leader };
        if (sku.Reservation(change.ReservationId) is not { Owner: ReservationOwner.Caller } reservation)
            return new(sku.Known ? StockOutcome.UnknownReservation : StockOutcome.UnknownSku, sku.ToView());
        var outcome = change.Change switch
        {
            ReservationChange.Paying => Paying(reservation, turn),
            ReservationChange.Commit => Commit(reservation, turn),
            ReservationChange.Release => Release(reservation, turn),
            _ => Ship(sku, reservation, turn),
        };
        var now = sku.Reservation(reservation.Id)!;
        // Released, shipped or found lapsed.
        if (reservation.IsLive && !now.IsLive) BackorderDecider.Freed(sku, turn);
        return new(outcome, sku.ToView()) { Reservation = ReservationView.Of(sku.Sku, now) };
    }

    static StockOutcome Paying(Reservation reservation, Turn turn)
    {
        if (!reservation.IsLive) return StockOutcome.ReservationClosed;
        if (reservation.State == ReservationState.Committed || reservation.Tier == LockTier.Paying) return StockOutcome.Repeated;
        if (turn.Now >= reservation.ExpiresAt) return Expire(reservation, turn);
        turn.Emit(new LockExtended { ReservationId = reservation.Id, Tier = LockTier.Paying, ExpiresAt = Math.Max(reservation.ExpiresAt, reservation.PayingExpiresAt) });
        return StockOutcome.Done;
    }

    static StockOutcome Commit(Reservation reservation, Turn turn)
    {
        if (reservation.State is ReservationState.Committed or ReservationState.Shipped) return StockOutcome.Repeated;
        if (!reservation.IsLive) return StockOutcome.ReservationClosed;
        if (turn.Now >= reservation.ExpiresAt) return Expire(reservation, turn);
        turn.Emit(new ReservationCommitted { ReservationId = reservation.Id });
        return StockOutcome.Done;
    }

    static StockOutcome Release(Reservation reservation, Turn turn)
    {
        if (reservation.State == ReservationState.Released) return StockOutcome.Repeated;
        if (!reservation.IsLive) return StockOutcome.ReservationClosed;
        turn.Emit(new ReservationReleased { ReservationId = reservation.Id, Quantity = reservation.Quantity, Why = "caller" });
        return StockOutcome.Done;
    }

    static StockOutcome Ship(SkuActor sku, Reservation reservation, Turn turn)
    {
        if (reservation.State == ReservationState.Shipped) return StockOutcome.Repeated;
        if (reservation.State != ReservationState.Committed) return StockOutcome.ReservationClosed;
        AdjustDecider.FindMissing(sku, reservation.Id, reservation.Warehouse, reservation.Quantity, turn);
        turn.Emit(new ReservationShipped { ReservationId = reservation.Id });
        return StockOutcome.Done;
    }

    /// <summary>The lock has lapsed although its timer has not come round yet: time decides, not the timer.</summary>
    static StockOutcome Expire(Reservation reservation, Turn turn)
    {
        turn.Emit(new ReservationReleased { ReservationId = reservation.Id, End = ReservationState.Expired, Quantity = reservation.Quantity, Why = "lock lapsed" });
        return StockOutcome.ReservationClosed;
    }

    static StockReply Decide(SkuActor sku, ConfigureSku wish, Turn turn)
    {
        var known = sku.Known;
        var aliases = wish.Aliases?.Select(AliasActor.Join).Distinct().ToList() ?? sku.Aliases;
        var wanted = new SkuConfigured
        {
            Name = wish.Name ?? sku.Name,
            Strict = wish.Strict ?? sku.Strict,
            SafetyStock = wish.SafetyStock ?? sku.SafetyStock,
            Barcodes = wish.Barcodes?.ToList() ?? [.. sku.Barcodes],
            Aliases = [.. aliases],
            Bundle = wish.Bundle?.ToList() ?? sku.Bundle,
            By = wish.By,
        };
        if (known && wanted.Name == sku.Name && wanted.Strict == sku.Strict && wanted.SafetyStock == sku.SafetyStock
            && wanted.Barcodes.SequenceEqual(sku.Barcodes) && wanted.Aliases.SequenceEqual(sku.Aliases) && Same(wanted.Bundle, sku.Bundle))
            return new(StockOutcome.Repeated, sku.ToView());

        foreach (var alias in aliases.Except(sku.Aliases)) turn.Send(new ActorId(ActorKind.Alias, alias), new MapAlias { Sku = sku.Sku });
        foreach (var alias in sku.Aliases.Except(aliases)) turn.Send(new ActorId(ActorKind.Alias, alias), new MapAlias { Sku = sku.Sku, Remove = true });
        Configure(sku, wanted, turn);
        if (sku.IsBundle) BackorderDecider.SendAway(sku, turn);
        else BackorderDecider.Freed(sku, turn);
        return new(known ? StockOutcome.Repeated : StockOutcome.Done, sku.ToView());
    }

    static bool Same(List<BundlePart> a, List<BundlePart> b) => a.Select(p => (p.Sku, p.Quantity)).SequenceEqual(b.Select(p => (p.Sku, p.Quantity)));

    /// <summary>Makes the SKU known and tells the orders that were waiting for that.</summary>
    internal static void Configure(SkuActor sku, SkuConfigured settings, Turn turn)
    {
        foreach (var order in sku.AwaitingOrders) turn.Send(ActorId.Order(order), new SkuResolved { Code = sku.Sku, Sku = sku.Sku });
        turn.Emit(settings);
    }
}
