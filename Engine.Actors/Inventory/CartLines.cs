using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;

namespace Engine.Actors.Inventory;

/// <summary>What is different about a cart's line: it brings its caller's tokens, and its caller hears why it was refused.</summary>
static class CartLines
{
    /// <summary>The stock as it is before the decision.</summary>
    public static LineStanding Standing(SkuActor sku, ReserveLine wish, Turn turn)
    {
        var standing = new LineStanding { IsStrict = sku.Strict };
        if (!sku.Known || sku.IsBundle) return standing;
        standing.Available = sku.Available;
        foreach (var stock in new Candidates(sku, wish.Warehouses, (DirectoryActor)turn.Directory)) standing.WouldFit = Math.Max(standing.WouldFit, sku.AvailableIn(stock));
        if (standing.WouldFit >= wish.Quantity) return standing;
        var replenishment = Replenishment.Of(sku, wish.Quantity - standing.WouldFit, null, turn.Now);
        (standing.Suggested, standing.Since) = (replenishment.SuggestedQuantity, replenishment.Since);
        standing.CommittedInWeek = sku.CommittedInWeek(turn.Now) ?? -1;
        return standing;
    }

    /// <summary>The checks before the stock itself, in the order that is part of the contract (API.md, refusals).</summary>
    public static LineAnswerKind? Refusal(SkuActor sku, ReserveLine wish, LineStanding standing, Turn turn)
    {
        if (sku.HasReservation(wish.ReservationId) || sku.Claim(wish.ReservationId) is not null) return LineAnswerKind.Conflict;
        for (var i = 0; i < wish.Tokens.Count; i++)
        {
            var token = wish.Tokens[i].TokenId;
            if (sku.IsUsed(token) || wish.Tokens.FindIndex(t => t.TokenId == token) < i) return Because(LineAnswerKind.TokenUsed, token);
        }
        foreach (var token in wish.Tokens)
            if (turn.Now > token.ExpiresAt) return Because(LineAnswerKind.TokenExpired, token.TokenId);
        // The version of a bundle is that of all its components together: only the cart sees them all.
        if (!sku.Strict || sku.IsBundle) return null;
        foreach (var token in wish.Tokens)
            if (token.Version != sku.Version - wish.OwnMoves) return Because(LineAnswerKind.StaleToken, token.TokenId);
        return null;

        LineAnswerKind Because(LineAnswerKind kind, string token)
        {
            standing.TokenId = token;
            return kind;
        }
    }

    public static void Complete(StockReserved granted, ReserveLine wish, LineAnswer answer, Turn turn)
    {
        answer.Revalidated = wish.Tokens.Exists(t => t.Version != answer.Version);
        (granted.Owner, granted.Cart, granted.OrderId) = (ReservationOwner.Cart, turn.Sender.Key, wish.OrderId);
        (granted.KeyId, granted.Revalidated, granted.Tokens) = (wish.KeyId, answer.Revalidated, wish.Tokens);
    }

    public static LineAnswerKind EndClaim(ChangeLine wish, Turn turn)
    {
        turn.Emit(new BundleClaimEnded { ReservationId = wish.ReservationId, Withdrawn = wish.Change == LineChange.Withdraw });
        return wish.Change == LineChange.Ship ? LineAnswerKind.Shipped : LineAnswerKind.Released;
    }
}
