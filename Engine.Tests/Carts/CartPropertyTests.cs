using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Engine.Tests.Carts;

/// <summary>
/// Carts and bundles under random calls, crashes and passing time, against a ledger so naive that it can't be wrong: it adds up
/// what the carts that say they hold something asked for. Nothing else is promised, and each cart has all or nothing.
/// </summary>
public sealed class CartPropertyTests
{
    static readonly string[] Skus = ["A", "B", "C"];
    static readonly (string Sku, int Quantity)[] Set = [("A", 1), ("B", 2)];

    [Fact]
    public void Whatever_is_asked_carts_hold_all_or_nothing_and_what_they_hold_is_all_that_is_promised()
    {
        var steps = Gen.Choose(0, int.MaxValue - 1).ListOf(25).Select(seeds => seeds.ToArray());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(120), Prop.ForAll(Arb.From(steps), seeds =>
        {
            var rig = new EngineRig();
            var carts = new CartRig(rig);
            rig.Warehouse("W1");
            rig.Warehouse("W2");
            foreach (var sku in Skus) rig.Adjust(sku, "W1", 8);
            rig.Ask(ActorId.Sku("SET"), new ConfigureSku { Bundle = [.. Set.Select(p => new BundlePart { Sku = p.Sku, Quantity = p.Quantity })] });
            var begun = new HashSet<string>();
            foreach (var seed in seeds) Step(rig, carts, begun, new Random(seed));
            rig.Settle();
            rig.Pass(TimeSpan.FromSeconds(3));
            Compare(rig, carts, begun);
            carts.Verify();
            return true;
        }));
    }

    static void Step(EngineRig rig, CartRig carts, HashSet<string> begun, Random random)
    {
        var id = $"r{random.Next(6)}";
        switch (random.Next(10))
        {
            case < 5:
                // Several at once, so that they stand in each other's way.
                for (var i = random.Next(1, 4); i > 0; i--)
                {
                    begun.Add(id = $"r{random.Next(6)}");
                    _ = carts.Begin(id, [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (random.Next(3) == 0 ? "SET" : Skus[random.Next(3)], random.Next(1, 4)))]);
                }
                rig.Settle();
                rig.Pass(TimeSpan.FromSeconds(random.Next(3)));
                break;
            case 5 or 6 or 7: carts.Move(id, (ReservationChange)random.Next(4)); break;
            case 8: rig.Adjust(Skus[random.Next(3)], random.Next(2) == 0 ? "W1" : "W2", random.Next(1, 4)); break;
            default:
                rig.Time.Advance(TimeSpan.FromMinutes(random.Next(3) * 8));
                if (random.Next(2) == 0) rig.Restart();
                rig.Pass(TimeSpan.FromSeconds(2));
                break;
        }
    }

    static void Compare(EngineRig rig, CartRig carts, HashSet<string> begun)
    {
        var promised = Skus.ToDictionary(s => s, _ => 0L);
        foreach (var cart in begun.Select(carts.View))
        {
            Assert.NotEqual(CartState.Reserving, cart.State);
            if (cart.State is not (CartState.Reserved or CartState.Committed)) continue;
            foreach (var line in cart.Lines)
                foreach (var (sku, each) in line.Sku == "SET" ? Set : [(line.Sku, 1)]) promised[sku] += (long)each * line.Quantity;
        }
        foreach (var sku in Skus)
        {
            var stock = rig.Stock(sku);
            Assert.Equal(promised[sku], stock.Reserved + stock.Committed);
            Assert.True(stock.OnHand >= promised[sku], $"{sku}: {promised[sku]} promised of {stock.OnHand}");
        }
    }
}
