using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Verification;
using Xunit;

namespace Engine.Tests.Carts;

/// <summary>The words of tests about carts.</summary>
sealed class CartRig(EngineRig rig)
{
    int _tokens;

    /// <summary>What a snapshot token of the SKU says now; for a bundle as the edge adds it up.</summary>
    public LineToken Snapshot(string sku, long lifetime = 60_000)
    {
        var stock = rig.Stock(sku);
        var parts = stock.Bundle.Select(p => (p.Quantity, Stock: rig.Stock(p.Sku))).ToArray();
        return new LineToken
        {
            TokenId = $"t{_tokens++}",
            Version = stock.Version + parts.Sum(p => p.Stock.Version),
            Available = parts.Length == 0 ? stock.Available : parts.Min(p => p.Stock.Available / p.Quantity),
            ExpiresAt = rig.Now + lifetime,
        };
    }

    ReserveCart Wish(string id, (string Sku, int Quantity, LineToken Token)[] lines) => new()
    {
        ReservationId = id, OrderId = $"order of {id}", OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k1",
        Lines = [.. lines.Select(l => new CartWish { Sku = l.Sku, Quantity = l.Quantity, Token = l.Token })],
    };

    (string, int, LineToken)[] Fresh((string Sku, int Quantity)[] lines) => Array.ConvertAll(lines, l => (l.Sku, l.Quantity, Snapshot(l.Sku)));

    public CartView Reserve(string id, params (string Sku, int Quantity)[] lines) => Reserve(id, Fresh(lines));

    public CartView Reserve(string id, params (string Sku, int Quantity, LineToken Token)[] lines) => (CartView)rig.Ask(ActorId.Cart(id), Wish(id, lines)).View!;

    /// <summary>A bundle by itself, as the edge reserves it.</summary>
    public CartView ReserveBundle(string sku, string id, int quantity) => (CartView)rig.Ask(ActorId.Cart(id, sku), Wish(id, Fresh([(sku, quantity)]))).View!;

    public CartReply Ask(string id, params (string Sku, int Quantity)[] lines) => (CartReply)rig.Ask(ActorId.Cart(id), Wish(id, Fresh(lines))).Reply!;

    public Task<Answer> Begin(string id, params (string Sku, int Quantity)[] lines) =>
        rig.Node.Ask(ActorId.Cart(id), Wish(id, Fresh(lines)), new AskOptions(WithView: true, Settle: TimeSpan.FromSeconds(5))).Answer;

    public CartView Change(string id, ReservationChange change)
    {
        var answer = rig.Ask(ActorId.Cart(id), new ChangeCart { Change = change });
        Assert.Equal(CartOutcome.Done, ((CartReply)answer.Reply!).Outcome);
        return (CartView)answer.View!;
    }

    public CartReply Move(string id, ReservationChange change) => (CartReply)rig.Ask(ActorId.Cart(id), new ChangeCart { Change = change }).Reply!;

    public CartView View(string id) => rig.Read<CartView>(ActorId.Cart(id));

    public StockReply ReserveOne(string sku, string id, int quantity)
    {
        var token = Snapshot(sku);
        return (StockReply)rig.Ask(ActorId.Sku(sku), new Reserve
        {
            ReservationId = id, OrderId = $"order of {id}", Quantity = quantity, OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k1",
            Token = new SnapshotClaims(token.TokenId, token.Version, token.Available, null, rig.Now, token.ExpiresAt),
        }).Reply!;
    }

    /// <summary>The journal read by itself finds no promise broken, and carts and SKUs of one mind.</summary>
    public void Verify() => Assert.Null(new Verifier(rig.Journal, EngineDomain.Instance, static () => new MemoryStream()) { Settled = true }.Run().First);
}
