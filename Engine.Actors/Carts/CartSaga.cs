using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Carts;

/// <summary>
/// How a cart gets the stock of all its lines or of none: as an order does (ReservationSaga), but what it can't have it is
/// refused with all that stood in the way, and what it gives back is as if it had never been.
/// </summary>
static class CartSaga
{
    /// <summary>Rounds tried while others stand in the way, before the shortage counts as real.</summary>
    const int TriesMax = 5;

    public static void Start(CartActor cart, bool oneByOne, Turn turn)
    {
        turn.Emit(new CartRoundStarted { OneByOne = oneByOne });
        Advance(cart, turn);
    }

    /// <summary>A SKU has answered about one line.</summary>
    public static void Answered(CartActor cart, LineAnswer answer, Turn turn)
    {
        // Only the last question or instruction counts: what an earlier one granted was given back right behind it.
        if (cart.LineOf(turn.Sender.Key, answer.ReservationId) is not { } line || line.Number != answer.Number) return;
        turn.Emit(new CartLineAnswered
        {
            Line = cart.IndexOf(line), Kind = answer.Kind, Warehouse = answer.Warehouse, Version = answer.Version, Temporary = answer.Temporary, Standing = answer.Standing,
        });
        if (answer.Kind == LineAnswerKind.Bundle) Expand(cart, line, answer, turn);
        Advance(cart, turn);
    }

    static void Expand(CartActor cart, CartLine line, LineAnswer answer, Turn turn)
    {
        if (!cart.PartsOf(line).Any()) turn.Emit(new CartLineExpanded { Line = cart.IndexOf(line), Parts = answer.Parts });
    }

    /// <summary>What follows from the answers as they are now.</summary>
    static void Advance(CartActor cart, Turn turn)
    {
        if (cart.State != CartState.Reserving || cart.RetryAt != Actor.Never || cart.Lines.Any(l => l.Stock == CartStock.Asked)) return;
        var refused = cart.Lines.Where(l => l.Stock == CartStock.Refused).ToArray();
        if (refused.Length > 0)
        {
            GoRound(cart, refused, turn);
            return;
        }
        var missing = Those(cart, l => l.Stock is CartStock.None);
        if (missing.Count > 0) Ask(cart, missing, turn);
        else if (Stale(cart) is { Count: > 0 } stale) Refuse(cart, turn, stale);
        else turn.Emit(new CartReserved());
    }

    static void GoRound(CartActor cart, CartLine[] refused, Turn turn)
    {
        if (cart.Tries >= TriesMax || !Array.TrueForAll(refused, l => l.Answer == LineAnswerKind.Refused && l.Temporary))
        {
            Refuse(cart, turn, []);
            return;
        }
        Tell(cart, LineChange.Withdraw, Those(cart, l => l.Stock == CartStock.Reserved), "others stand in the way", turn);
        if (cart.OneByOne) turn.Emit(new CartRetryPlanned { At = turn.Now + Pause(cart) });
        else Start(cart, oneByOne: true, turn);
    }

    static void Ask(CartActor cart, List<int> lines, Turn turn)
    {
        if (cart.OneByOne && lines.Count > 1) lines = [lines.MinBy(i => cart.Lines[i].Sku, StringComparer.Ordinal)];
        turn.Emit(new CartLinesAsked { Lines = lines });
        foreach (var i in lines)
        {
            var line = cart.Lines[i];
            turn.Send(ActorId.Sku(line.Sku), new ReserveLine
            {
                ReservationId = cart.IdOf(line),
                Quantity = line.Quantity,
                Warehouses = cart.Warehouse.Length > 0 ? [cart.Warehouse] : [],
                ExpiresAt = cart.OrderDeadline,
                PayingExpiresAt = cart.PayingDeadline,
                LinesInOrder = cart.Lines.Count,
                IsPart = line.IsPart,
                Number = line.Number,
                OrderId = cart.OrderId,
                KeyId = cart.KeyId,
                OwnMoves = cart.Lines.Where(l => l.Sku == line.Sku).Sum(l => l.Moves) + lines.Count(j => j < i && cart.Lines[j].Sku == line.Sku),
                Tokens = line.IsPart ? [] : [.. cart.Wishes.Where(w => w.Sku == line.Sku).Select(w => w.Token)],
            });
        }
    }

    /// <summary>Strict bundles whose components have moved since a snapshot.</summary>
    static List<int> Stale(CartActor cart) => Those(cart, line =>
        line.Stock == CartStock.Expanded && line.Standing.IsStrict && cart.Wishes.Any(w => w.Sku == line.Sku && w.Token.Version != cart.VersionOf(line)));

    static void Refuse(CartActor cart, Turn turn, List<int> stale, bool gaveUp = false)
    {
        turn.Emit(new CartRefused { Stale = stale, GaveUp = gaveUp });
        Tell(cart, LineChange.Withdraw, Those(cart, l => l.Stock is CartStock.Asked or CartStock.Reserved or CartStock.Expanded), "the cart was refused", turn);
    }

    /// <summary>The time has come to ask once more, or to give up: a cart that can't be decided must not hold stock in vain.</summary>
    public static void Due(CartActor cart, Turn turn)
    {
        if (cart.State != CartState.Reserving) return;
        if (turn.Now >= cart.GiveUpAt) Refuse(cart, turn, [], gaveUp: true);
        else if (turn.Now >= cart.RetryAt) Start(cart, oneByOne: true, turn);
    }

    /// <summary>Milliseconds to step aside: longer with every try, and different for every cart, so that no two keep meeting.</summary>
    static long Pause(CartActor cart)
    {
        var step = 20L << cart.Tries;
        return step + (long)(new ActorId(ActorKind.Cart, $"{cart.Id.Key}#{cart.Tries}").Hash % (ulong)step);
    }

    public static List<int> Those(CartActor cart, Func<CartLine, bool> which)
    {
        var lines = new List<int>();
        for (var i = 0; i < cart.Lines.Count; i++)
            if (which(cart.Lines[i])) lines.Add(i);
        return lines;
    }

    public static void Tell(CartActor cart, LineChange change, List<int> lines, string why, Turn turn)
    {
        if (lines.Count == 0) return;
        turn.Emit(new CartLinesTold { Change = change, Lines = lines });
        foreach (var i in lines)
        {
            var line = cart.Lines[i];
            turn.Send(ActorId.Sku(line.Sku), new ChangeLine
            {
                ReservationId = cart.IdOf(line), Change = change, ExpiresAt = change == LineChange.Extend ? cart.LockDeadline : 0, Why = why, Number = line.Number,
            });
        }
    }
}
