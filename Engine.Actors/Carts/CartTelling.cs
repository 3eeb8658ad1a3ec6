using Engine.Actors.Inventory;

namespace Engine.Actors.Carts;

/// <summary>What a caller hears of each line it named: what is held for it, or how it stood in the way.</summary>
static class CartTelling
{
    public static CartLineView Line(CartActor cart, CartWish wish)
    {
        var line = cart.Lines.First(l => l.Sku == wish.Sku && !l.IsPart);
        var parts = cart.PartsOf(line).ToArray();
        var version = cart.VersionOf(line);
        return new CartLineView(
            wish.Sku, wish.Quantity, line.Quantity, parts.Length == 0 ? line.Warehouse : Common(parts), wish.Token.Version != version, wish.Token, version, parts.Length > 0,
            [.. parts.Select(p => new CartPartView(p.Sku, p.Quantity, p.Warehouse, cart.IdOf(p)))],
            cart.State == CartState.Refused ? Refusal(line, parts, wish) : null);
    }

    /// <summary>The warehouse of a bundle all of whose components come from one; empty where they don't.</summary>
    static string Common(CartLine[] parts) => parts.All(p => p.Warehouse == parts[0].Warehouse) ? parts[0].Warehouse : "";

    static CartRefusal? Refusal(CartLine line, CartLine[] parts, CartWish wish)
    {
        if (line.StoodInTheWay)
        {
            // Of several lines of one SKU only that whose token it was.
            if (line.Standing.TokenId.Length > 0 && line.Standing.TokenId != wish.Token.TokenId) return null;
            return new CartRefusal(line.Answer, line.Standing.Available, line.Standing.WouldFit, line.Answer == LineAnswerKind.Refused ? Short(line) : null);
        }
        var refused = parts.Where(p => p.StoodInTheWay).ToArray();
        if (refused.Length == 0) return null;
        var (available, fits) = (parts.Min(p => p.Standing.Available / p.Each), parts.Min(p => p.Standing.WouldFit / p.Each));
        return new CartRefusal(LineAnswerKind.Refused, available, fits, Short(refused.MinBy(p => p.Standing.WouldFit / p.Each)!));
    }

    static ReplenishmentView Short(CartLine line)
    {
        var standing = line.Standing;
        return Replenishment.Told(line.Sku, line.Quantity - standing.WouldFit, standing.Suggested, standing.CommittedInWeek < 0 ? null : standing.CommittedInWeek, standing.Since);
    }
}
