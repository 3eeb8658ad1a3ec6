using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Verification;

/// <summary>
/// A second opinion on stock: plain sums over the quantities that events carry, written without a look at how the actors
/// count. What both find must be the same, and promise 1 must hold after every event.
/// </summary>
sealed class StockLedger
{
    readonly Dictionary<string, SkuBook> _skus = new(StringComparer.Ordinal);
    readonly HashSet<ulong> _usedTokens = [];

    public int Count => _skus.Count;
    public long Grants { get; private set; }

    public StockTotals Totals => _skus.Values.SelectMany(sku => sku.Shelves.Values).Aggregate(StockTotals.None, (sum, s) =>
        sum + new StockTotals(s.Received, s.Shipped, s.WrittenOff, s.OnHand, s.Reserved, s.Committed, s.Shortage));

    /// <exception cref="BreachException" />
    public void Take(string sku, Event happened, long at)
    {
        if (!_skus.TryGetValue(sku, out var book)) _skus.Add(sku, book = new SkuBook());
        var shelf = happened switch
        {
            SkuConfigured e => Configured(book, e),
            StockAdjusted e => Adjusted(book, e),
            StockReserved e => Granted(sku, book, e, at),
            ReservationCommitted e => Committed(book, e),
            ReservationReleased e => Released(book, e, at),
            ReservationShipped e => Shipped(book, e, at),
            BundleClaimed e => Claimed(sku, book, e),
            BundleClaimEnded e => Claimed(book, e),
            _ => null,
        };
        if (shelf is null) return;
        // A promise that was kept or given back is no longer missing.
        shelf.Shortage = Math.Min(shelf.Shortage, Math.Max(0, shelf.Promised - shelf.OnHand));
        Require(shelf is { OnHand: >= 0, Reserved: >= 0, Committed: >= 0, Shortage: >= 0 }, $"{sku}: something is negative in {shelf}");
        Require(shelf.Promised <= shelf.OnHand + shelf.Shortage, $"{sku} is oversold: {shelf}");
    }

    static Shelf? Configured(SkuBook book, SkuConfigured e)
    {
        book.SafetyStock = e.SafetyStock;
        return null;
    }

    static Shelf Adjusted(SkuBook book, StockAdjusted e)
    {
        if (!book.Shelves.TryGetValue(e.Warehouse, out var shelf)) book.Shelves.Add(e.Warehouse, shelf = new Shelf(e.Warehouse));
        Require(e.Shortage >= 0 && e.Shortage <= Math.Max(0, -e.Delta), $"{e.Reference}: a shortage of {e.Shortage} can't come of a change by {e.Delta}");
        Require(e.Shortage == 0 || e.Reason is not (StockReason.Correction or StockReason.TransferOut), $"{e.Reference}: a {e.Reason} took stock that was promised");
        if (e.Delta > 0) shelf.Received += e.Delta;
        else shelf.WrittenOff -= e.Delta;
        shelf.Shortage += e.Shortage;
        return shelf;
    }

    Shelf Granted(string sku, SkuBook book, StockReserved e, long at)
    {
        Require(book.Shelves.TryGetValue(e.Warehouse, out var shelf), $"reservation {e.ReservationId} of {sku} in {e.Warehouse}, where it never was");
        Require(e.Quantity > 0, $"reservation {e.ReservationId} of {e.Quantity}");
        Require(e.Quantity <= shelf!.Free, $"reservation {e.ReservationId} of {e.Quantity} {sku} was granted against {shelf}");
        Require(e.Quantity <= book.Shelves.Values.Sum(s => s.Free) - book.SafetyStock, $"reservation {e.ReservationId} of {e.Quantity} {sku} was granted from the safety stock of {book.SafetyStock}");
        Require(book.MayGrant(e, at), $"reservation {e.ReservationId} of {sku} was granted twice");
        if (e.TokenId.Length > 0) Use(sku, e.TokenId);
        foreach (var token in e.Tokens) Use(sku, token.TokenId);
        Grants++;
        book.Live.Add(e.ReservationId, new Promise(shelf!, e.Quantity, e.Committed, e.Owner, e.Tokens));
        if (e.Committed) shelf!.Committed += e.Quantity;
        else shelf!.Reserved += e.Quantity;
        return shelf;
    }

    static Shelf Committed(SkuBook book, ReservationCommitted e)
    {
        var promise = book.Promised(e.ReservationId);
        Require(!promise.IsCommitted, $"reservation {e.ReservationId} was committed twice");
        promise.Take(promise.Quantity);
        promise.IsCommitted = true;
        promise.Shelf.Committed += promise.Quantity;
        return promise.Shelf;
    }

    void Use(string sku, string token) => Require(_usedTokens.Add(Digest.Of(token)), $"token {token} of {sku} was used twice");

    void GiveBack(List<LineToken> tokens) => tokens.ForEach(t => _usedTokens.Remove(Digest.Of(t.TokenId)));

    Shelf? Claimed(string sku, SkuBook book, BundleClaimed e)
    {
        foreach (var token in e.Tokens) Use(sku, token.TokenId);
        Require(book.Claims.TryAdd(e.ReservationId, e.Tokens), $"bundle {sku} was claimed twice under {e.ReservationId}");
        return null;
    }

    Shelf? Claimed(SkuBook book, BundleClaimEnded e)
    {
        Require(book.Claims.Remove(e.ReservationId, out var tokens), $"claim {e.ReservationId} is not live");
        if (e.Withdrawn) GiveBack(tokens!);
        return null;
    }

    Shelf Released(SkuBook book, ReservationReleased e, long at)
    {
        var promise = book.Promised(e.ReservationId);
        Require(e.Quantity > 0 && e.Quantity <= promise.Quantity, $"reservation {e.ReservationId} of {promise.Quantity} gave back {e.Quantity}");
        promise.Take(e.Quantity);
        promise.Quantity -= e.Quantity;
        if (e.Withdrawn)
        {
            Require(promise is { Quantity: 0, IsCommitted: false, Owner: ReservationOwner.Cart }, $"reservation {e.ReservationId} was withdrawn although its caller knew of it");
            book.Live.Remove(e.ReservationId);
            GiveBack(promise.Tokens);
            return promise.Shelf;
        }
        if (promise.Quantity == 0) book.End(e.ReservationId, promise, at);
        return promise.Shelf;
    }

    static Shelf Shipped(SkuBook book, ReservationShipped e, long at)
    {
        var promise = book.Promised(e.ReservationId);
        promise.Take(promise.Quantity);
        promise.Shelf.Shipped += promise.Quantity;
        book.End(e.ReservationId, promise, at);
        return promise.Shelf;
    }

    /// <summary>Holds what the actor says against these books.</summary>
    /// <exception cref="BreachException" />
    public void Compare(SkuActor actor)
    {
        if (!_skus.TryGetValue(actor.Sku, out var book)) book = new SkuBook();
        Require(actor.Warehouses.Count == book.Shelves.Count, $"{actor.Sku} is in {actor.Warehouses.Count} warehouses, by the ledger in {book.Shelves.Count}");
        foreach (var stock in actor.Warehouses)
        {
            var shelf = book.Shelves.GetValueOrDefault(stock.Warehouse) ?? new Shelf(stock.Warehouse);
            var agree = (stock.OnHand, stock.Reserved, stock.Committed, stock.Shortage) == (shelf.OnHand, shelf.Reserved, shelf.Committed, shelf.Shortage);
            Require(agree, $"{actor.Sku}: the actor counts on hand {stock.OnHand}, reserved {stock.Reserved}, committed {stock.Committed}, shortage {stock.Shortage}; the ledger has {shelf}");
        }
        var live = actor.Reservations.Where(r => r.IsLive).ToDictionary(r => r.Id, r => r.Quantity, StringComparer.Ordinal);
        var differing = book.Live.FirstOrDefault(p => live.GetValueOrDefault(p.Key) != p.Value.Quantity).Key ?? live.Keys.FirstOrDefault(id => !book.Live.ContainsKey(id));
        Require(differing is null, $"{actor.Sku}: actor and ledger disagree on reservation {differing}");
    }

    static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new BreachException(otherwise);
    }

    sealed class SkuBook
    {
        readonly HashSet<ulong> _ordersGranted = [];
        readonly Dictionary<ulong, long> _callersEnded = [];

        public readonly Dictionary<string, Shelf> Shelves = new(StringComparer.Ordinal);
        public readonly Dictionary<string, Promise> Live = new(StringComparer.Ordinal);
        public readonly Dictionary<string, List<LineToken>> Claims = new(StringComparer.Ordinal);
        public long SafetyStock;

        /// <summary>An order never asks twice under one id; a caller's id may come again once it is forgotten (API.md: 7 days), or was withdrawn unheard of.</summary>
        public bool MayGrant(StockReserved e, long at)
        {
            if (Live.ContainsKey(e.ReservationId)) return false;
            var id = Digest.Of(e.ReservationId);
            return e.Owner == ReservationOwner.Order ? _ordersGranted.Add(id) : !_callersEnded.TryGetValue(id, out var ended) || ended < at - SkuActor.Remembered;
        }

        public Promise Promised(string id) => Live.GetValueOrDefault(id) ?? throw new BreachException($"reservation {id} is not live");

        public void End(string id, Promise promise, long at)
        {
            Live.Remove(id);
            if (promise.Owner != ReservationOwner.Order) _callersEnded[Digest.Of(id)] = at;
        }
    }

    sealed class Promise(Shelf shelf, long quantity, bool committed, ReservationOwner owner, List<LineToken> tokens)
    {
        public readonly List<LineToken> Tokens = tokens;
        public readonly Shelf Shelf = shelf;
        public readonly ReservationOwner Owner = owner;
        public long Quantity = quantity;
        public bool IsCommitted = committed;

        /// <summary>Takes it off the sum it stands in.</summary>
        public void Take(long quantity)
        {
            if (IsCommitted) Shelf.Committed -= quantity;
            else Shelf.Reserved -= quantity;
        }
    }

    sealed class Shelf(string warehouse)
    {
        public long Received, Shipped, WrittenOff, Reserved, Committed, Shortage;

        public long OnHand => Received - Shipped - WrittenOff;
        public long Promised => Reserved + Committed;
        public long Free => OnHand - Promised;

        public override string ToString() => $"{warehouse}: on hand {OnHand}, reserved {Reserved}, committed {Committed}, shortage {Shortage}";
    }
}

/// <summary>Texts that must be known again but not shown are kept as 64 bits: among ten million two agree once in some 300,000 journals.</summary>
static class Digest
{
    public static ulong Of(string text) => new ActorId(ActorKind.None, text).Hash;
}
