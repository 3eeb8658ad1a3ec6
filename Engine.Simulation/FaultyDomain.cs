using Engine.Actors;
using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;

namespace Engine.Simulation;

/// <summary>The engine's domain with one fault planted in its deciders.</summary>
sealed class FaultyDomain(DomainFault fault) : IDomain
{
    public Actor NewActor(ActorId id)
    {
        var actor = EngineDomain.Instance.NewActor(id);
        return id.Kind is ActorKind.Sku or ActorKind.Order or ActorKind.Cart ? new FaultyActor(actor, fault) : actor;
    }

    public Event NewEvent(byte tag) => EngineDomain.Instance.NewEvent(tag);

    public Message NewMessage(byte tag) => EngineDomain.Instance.NewMessage(tag);
}

/// <summary>Decides like the actor it stands before, but for the fault.</summary>
sealed class FaultyActor(Actor inner, DomainFault fault) : Actor(inner.Id)
{
    bool _wasRead;
    int _forgotten;

    public override long Deadline => inner.Deadline;
    public override bool IsSettled => inner.IsSettled;
    public override bool IsPassive => inner.IsPassive;
    public override bool Rests => inner.Rests;

    public override object? View(long now) => inner.View(now);

    public override void Evolve(Event happened, in Stamp stamp) => inner.Evolve(happened, stamp);

    public override void Layout(Codec codec)
    {
        inner.Layout(codec);
        _wasRead |= !codec.IsWriting;
    }

    public override void Decide(Command command, Turn turn)
    {
        switch (fault, command)
        {
            case (DomainFault.ForgetTokens, Reserve wish) when _wasRead: inner.Decide(WithUnknownToken(wish), turn); break;
            case (DomainFault.ForgetTokens, ReserveLine { Tokens.Count: > 0 } wish) when _wasRead: inner.Decide(WithUnknownTokens(wish), turn); break;
            case (DomainFault.DoubleRelease, ChangeLine { Change: LineChange.Reduce or LineChange.Release or LineChange.Expire } change): ReleaseTwice(change, turn); break;
            case (DomainFault.ExpireUnasked, DeadlineReached) when inner is SkuActor sku: ExpireUnasked(sku, turn); break;
            case (DomainFault.ExpireUnderPayment, LockDue due) when inner is OrderActor { Known: true, IsEnded: false, MayCommit: false } order && turn.Now >= order.OrderDeadline:
                turn.Emit(new OrderExpired { Why = "lock_lapsed" });
                turn.Send(turn.Sender, new ChangeLine { ReservationId = due.ReservationId, Change = LineChange.Expire });
                break;
            case (DomainFault.GrantUnchecked, ReserveLine wish) when inner is SkuActor sku: GrantUnchecked(sku, wish, turn); break;
            case (DomainFault.CartKeepsPart, LineAnswer) when inner is CartActor: inner.Decide(command, new ForgetfulTurn(turn)); break;
            case (DomainFault.BundleDropsPart, LineAnswer { Kind: LineAnswerKind.Bundle } answer): inner.Decide(WithoutLastPart(answer), turn); break;
            case (DomainFault.IgnoreRepeat, Intake { Details: not null, Payment: not null }) when inner is OrderActor { Known: true }: turn.Reply(new OrderReply(OrderOutcome.Repeated)); break;
            default: inner.Decide(command, turn); break;
        }
    }

    static LineAnswer WithoutLastPart(LineAnswer answer) => new()
    {
        ReservationId = answer.ReservationId,
        Kind = answer.Kind,
        Quantity = answer.Quantity,
        Version = answer.Version,
        Number = answer.Number,
        Standing = answer.Standing,
        Parts = [.. answer.Parts.SkipLast(1)],
    };

    Reserve WithUnknownToken(Reserve wish) => new()
    {
        ReservationId = wish.ReservationId,
        OrderId = wish.OrderId,
        Quantity = wish.Quantity,
        Warehouse = wish.Warehouse,
        Token = wish.Token with { TokenId = $"{wish.Token.TokenId}?{_forgotten++}" },
        OrderTier = wish.OrderTier,
        PayingTier = wish.PayingTier,
        KeyId = wish.KeyId,
    };

    ReserveLine WithUnknownTokens(ReserveLine wish)
    {
        var copy = new ReserveLine();
        var codec = Codec.Writer();
        wish.Layout(codec);
        copy.Layout(Codec.Reader(codec.Written.ToArray()));
        foreach (var token in copy.Tokens) token.TokenId += $"?{_forgotten++}";
        return copy;
    }

    void ReleaseTwice(ChangeLine change, Turn turn)
    {
        var reservation = ((SkuActor)inner).Reservation(change.ReservationId);
        var (warehouse, quantity) = (reservation?.Warehouse, reservation?.Quantity ?? 0);
        inner.Decide(change, turn);
        if (warehouse is not null)
            turn.Emit(new StockAdjusted { Reference = change.ReservationId, Warehouse = warehouse, Reason = StockReason.Return, Delta = quantity });
    }

    void ExpireUnasked(SkuActor sku, Turn turn)
    {
        while (sku.NextDue(turn.Now) is { } id)
        {
            if (sku.Reservation(id) is not { } reservation)
            {
                inner.Decide(DeadlineReached.Instance, turn);
                return;
            }
            turn.Emit(new ReservationReleased { ReservationId = id, End = ReservationState.Expired, Quantity = reservation.Quantity, Why = "lock lapsed" });
        }
    }

    void GrantUnchecked(SkuActor sku, ReserveLine wish, Turn turn)
    {
        var stock = sku.Warehouses.FirstOrDefault(w => w.Free >= wish.Quantity);
        if (stock is null || sku.HasReservation(wish.ReservationId))
        {
            inner.Decide(wish, turn);
            return;
        }
        turn.Emit(new StockReserved
        {
            ReservationId = wish.ReservationId, OrderId = turn.Sender.Key, Warehouse = stock.Warehouse, Quantity = wish.Quantity, Owner = ReservationOwner.Order,
            ExpiresAt = wish.ExpiresAt, PayingExpiresAt = wish.PayingExpiresAt, LinesInOrder = wish.LinesInOrder,
        });
        turn.Send(turn.Sender, new LineAnswer { ReservationId = wish.ReservationId, Kind = LineAnswerKind.Granted, Warehouse = stock.Warehouse, Quantity = wish.Quantity });
    }
}

/// <summary>Passes everything on, but the first of the lines that are to be given back.</summary>
sealed class ForgetfulTurn(Turn turn) : Turn
{
    bool _forgot;

    public override long Now => turn.Now;
    public override ActorId Self => turn.Self;
    public override ActorId Sender => turn.Sender;
    public override Actor Directory => turn.Directory;
    public override int Partitions => turn.Partitions;

    public override void Emit(Event happened) =>
        turn.Emit(happened is CartLinesTold { Change: LineChange.Withdraw } told ? new CartLinesTold { Change = told.Change, Lines = [.. told.Lines.Skip(1)] } : happened);

    public override void Send(ActorId to, Message message)
    {
        var forgets = !_forgot && message is ChangeLine { Change: LineChange.Withdraw };
        _forgot |= forgets;
        if (!forgets) turn.Send(to, message);
    }

    public override void Reply(object reply) => turn.Reply(reply);
    public override KeyRef StoreKey(byte[] wrapped) => turn.StoreKey(wrapped);
    public override void DropKey(KeyRef key) => turn.DropKey(key);
}
