using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation;

/// <summary>
/// A naive book of every unit of stock, kept from the durable events and from nothing else: I2 (conservation, never oversold)
/// and I3 (one grant per reservation, one use per token, one effect per adjustment).
/// </summary>
sealed class StockLedger
{
    readonly Dictionary<(string Sku, string Warehouse), Pile> _piles = [];
    readonly Dictionary<(string Sku, string Reservation), Hold> _holds = [];
    readonly HashSet<(string Sku, string Token)> _tokens = [];
    readonly Dictionary<(string Sku, string Reservation), List<LineToken>> _claims = [];
    readonly HashSet<(string Sku, string Reference, int Line)> _adjustments = [];
    readonly Dictionary<string, int> _safety = [];

    public long Grants { get; private set; }

    public int Adjustments => _adjustments.Count;

    public bool WasGranted(string sku, string reservation, int quantity) => _holds.TryGetValue((sku, reservation), out var hold) && hold.Granted == quantity;

    public bool WasAdjusted(string sku, string reference) => _adjustments.Contains((sku, reference, 0));

    public bool Has(string sku, string reservation, ReservationState state) => _holds.TryGetValue((sku, reservation), out var hold) && hold.State == state;

    public bool WasGranted(string sku, string reservation) => _holds.ContainsKey((sku, reservation));

    public void Write(SkuActor actor, Event happened, long at)
    {
        var sku = actor.Sku;
        switch (happened)
        {
            case SkuConfigured e: _safety[sku] = e.SafetyStock; return;
            case StockAdjusted e: Adjust(sku, e); break;
            case StockReserved e: Grant(sku, e, at); break;
            case ReservationCommitted e: Commit(Live(sku, e.ReservationId)); break;
            case ReservationReleased e: Release(sku, Live(sku, e.ReservationId), e); break;
            case ReservationShipped e: Ship(Live(sku, e.ReservationId)); break;
            case BundleClaimed e: Claim(sku, e, at); return;
            case BundleClaimEnded e: EndClaim(sku, e); return;
            default: return;
        }
        foreach (var stock in actor.Warehouses) Compare(actor, stock);
    }

    void Adjust(string sku, StockAdjusted e)
    {
        var pile = Pile(sku, e.Warehouse);
        // Goods that left although they had been written off are found again.
        if (e.Reference.StartsWith("shipped:", StringComparison.Ordinal)) Require(e.Delta > 0 && pile.OnHand + e.Delta <= pile.Promised, "I2", $"{e.Delta} of {sku} found for {e.Reference}");
        else Require(_adjustments.Add((sku, e.Reference, e.LineNumber)), "I3", $"adjustment {e.Reference} of {sku} took effect twice");
        if (e.Delta > 0) pile.Received += e.Delta;
        else pile.WrittenOff -= e.Delta;
    }

    void Grant(string sku, StockReserved e, long at)
    {
        Grants++;
        var pile = Pile(sku, e.Warehouse);
        var free = _piles.Where(p => p.Key.Sku == sku).Sum(p => p.Value.Free) - _safety.GetValueOrDefault(sku);
        var available = Math.Min(free, pile.Free);
        Require(e.Quantity > 0 && available >= e.Quantity, "I2", $"{e.Quantity} of {sku} in {e.Warehouse} granted to {e.ReservationId} with {available} available");
        if (e.TokenId.Length > 0) Use(sku, e.TokenId, e.TokenExpiresAt, e.ReservationId, at);
        foreach (var token in e.Tokens) Use(sku, token.TokenId, token.ExpiresAt, e.ReservationId, at);
        var hold = new Hold(pile) { Granted = e.Quantity, Quantity = e.Quantity, State = e.Committed ? ReservationState.Committed : ReservationState.Reserved, Tokens = e.Tokens };
        Require(_holds.TryAdd((sku, e.ReservationId), hold), "I3", $"reservation {e.ReservationId} of {sku} was granted twice");
        pile.Promised += e.Quantity;
    }

    void Use(string sku, string token, long expiresAt, string reservation, long at)
    {
        Require(at <= expiresAt, "I2", $"{reservation} of {sku} was granted on an expired token");
        Require(_tokens.Add((sku, token)), "I3", $"token {token} of {sku} was used twice");
    }

    void Claim(string sku, BundleClaimed e, long at)
    {
        foreach (var token in e.Tokens) Use(sku, token.TokenId, token.ExpiresAt, e.ReservationId, at);
        Require(_claims.TryAdd((sku, e.ReservationId), e.Tokens), "I3", $"bundle {sku} was claimed twice under {e.ReservationId}");
    }

    /// <summary>What was withdrawn has never been: its tokens and its id may come again.</summary>
    void EndClaim(string sku, BundleClaimEnded e)
    {
        Require(_claims.TryGetValue((sku, e.ReservationId), out var tokens), "I3", $"claim {e.ReservationId} of {sku} ended, but is not live");
        if (!e.Withdrawn) return;
        _claims.Remove((sku, e.ReservationId));
        foreach (var token in tokens!) _tokens.Remove((sku, token.TokenId));
    }

    static void Commit(Hold hold)
    {
        Require(hold.State == ReservationState.Reserved, "I3", "committed twice");
        hold.State = ReservationState.Committed;
    }

    void Release(string sku, Hold hold, ReservationReleased e)
    {
        Require(e.Quantity <= hold.Quantity, "I2", $"{e.Quantity} given back of {hold.Quantity} held by {e.ReservationId}");
        hold.Quantity -= e.Quantity;
        hold.Pile.Promised -= e.Quantity;
        if (hold.Quantity == 0) hold.State = e.End;
        if (!e.Withdrawn) return;
        _holds.Remove((sku, e.ReservationId));
        foreach (var token in hold.Tokens) _tokens.Remove((sku, token.TokenId));
    }

    static void Ship(Hold hold)
    {
        hold.Pile.Shipped += hold.Quantity;
        hold.Pile.Promised -= hold.Quantity;
        hold.State = ReservationState.Shipped;
    }

    Hold Live(string sku, string reservation) =>
        _holds.TryGetValue((sku, reservation), out var hold) && hold.State is ReservationState.Reserved or ReservationState.Committed
            ? hold
            : throw new BrokenInvariantException("I3", $"{reservation} of {sku} is moved on, but is not live");

    /// <summary>The books of the engine and these must say the same.</summary>
    void Compare(SkuActor actor, WarehouseStock stock)
    {
        var warehouse = stock.Warehouse;
        var pile = Pile(actor.Sku, warehouse);
        Require(stock.OnHand == pile.OnHand && stock.Reserved + stock.Committed == pile.Promised, "I2",
            $"{actor.Sku} in {warehouse}: the engine says {stock.OnHand} on hand, {stock.Reserved}+{stock.Committed} promised; the ledger {pile.OnHand} and {pile.Promised}");
        Require(pile.OnHand >= 0 && pile.Promised >= 0 && pile.Promised <= pile.OnHand + stock.Shortage, "I2",
            $"{actor.Sku} in {warehouse}: {pile.Promised} promised of {pile.OnHand} with a shortage of {stock.Shortage}");
    }

    Pile Pile(string sku, string warehouse)
    {
        if (!_piles.TryGetValue((sku, warehouse), out var pile)) _piles.Add((sku, warehouse), pile = new Pile());
        return pile;
    }
}

/// <summary>What came to one SKU in one warehouse and what went.</summary>
sealed class Pile
{
    public long Received, WrittenOff, Shipped, Promised;

    public long OnHand => Received - WrittenOff - Shipped;
    public long Free => OnHand - Promised;
}

sealed class Hold(Pile pile)
{
    public Pile Pile { get; } = pile;
    public int Granted;
    public int Quantity;
    public ReservationState State;
    public List<LineToken> Tokens = [];
}
