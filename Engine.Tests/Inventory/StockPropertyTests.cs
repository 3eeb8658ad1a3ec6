using Engine.Actors.Inventory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Engine.Tests.Inventory;

/// <summary>
/// The SKU decider under random command sequences, against a ledger so naive that it can't be wrong: it only adds up what
/// the answers said. Whatever is asked, in whatever order, no unit is promised twice and every answer adds up.
/// </summary>
public sealed class StockPropertyTests
{
    static readonly string[] Warehouses = ["W1", "W2"];

    [Fact]
    public void No_sequence_of_commands_oversells_and_every_answer_adds_up()
    {
        var steps = Gen.Choose(0, int.MaxValue - 1).ListOf(60).Select(seeds => seeds.ToArray());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Arb.From(steps), seeds =>
        {
            var sku = new DeciderRig();
            var ledger = new NaiveLedger();
            foreach (var seed in seeds) Step(sku, ledger, new Random(seed));
            return true;
        }));
    }

    [Fact]
    public void A_state_rebuilt_from_its_events_and_one_read_from_a_snapshot_are_the_live_one()
    {
        var steps = Gen.Choose(0, int.MaxValue - 1).ListOf(60).Select(seeds => seeds.ToArray());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Arb.From(steps), seeds =>
        {
            var sku = new DeciderRig();
            var ledger = new NaiveLedger();
            foreach (var seed in seeds) Step(sku, ledger, new Random(seed));
            var live = sku.Encode(sku.Sku);
            return live.AsSpan().SequenceEqual(sku.Encode(sku.Replay())) && live.AsSpan().SequenceEqual(sku.Encode(sku.FromSnapshot(live)));
        }));
    }

    static void Step(DeciderRig sku, NaiveLedger ledger, Random random)
    {
        var warehouse = Warehouses[random.Next(2)];
        switch (random.Next(10))
        {
            case 0 or 1:
                var received = random.Next(1, 20);
                if (sku.Adjust(warehouse, received, StockReason.Receiving).Outcome == StockOutcome.Done) ledger.Received += received;
                break;
            case 2:
                var before = sku.OnHand(warehouse);
                var lost = sku.Adjust(warehouse, -random.Next(1, 8), random.Next(2) == 0 ? StockReason.Damage : StockReason.Correction);
                if (lost.Outcome == StockOutcome.Done) ledger.Lost += before - lost.OnHand;
                break;
            case 3 or 4 or 5:
                var id = $"r{random.Next(25)}";
                var quantity = random.Next(1, 6);
                var reply = sku.Reserve(id, $"o{id}", quantity, random.Next(3) == 0 ? warehouse : null);
                ledger.Told(id, quantity, reply);
                break;
            case 6: ledger.Told(sku.Change($"r{random.Next(25)}", ReservationChange.Commit)); break;
            case 7: ledger.Told(sku.Change($"r{random.Next(25)}", ReservationChange.Release)); break;
            case 8:
                // What leaves although the books had lost it is found again: the only way stock appears that nobody booked.
                var shipping = $"r{random.Next(25)}";
                var booked = sku.Sku.Reservation(shipping) is { State: ReservationState.Committed } r ? r.Quantity - sku.OnHand(r.Warehouse) : 0;
                ledger.Received += Math.Max(0, booked);
                ledger.Told(sku.Change(shipping, ReservationChange.Ship));
                break;
            default:
                sku.Pass(random.Next(1, 400_000));
                ledger.Expire(sku.Now);
                break;
        }
        ledger.Check(sku.Sku);
    }

    /// <summary>What a caller knows: only what it was told.</summary>
    sealed class NaiveLedger
    {
        readonly Dictionary<string, (int Quantity, ReservationState State, long ExpiresAt)> _told = [];

        public long Received { get; set; }
        public long Lost { get; set; }
        long Shipped { get; set; }

        public void Told(string id, int quantity, StockReply reply)
        {
            switch (reply.Outcome)
            {
                case StockOutcome.Done:
                    Assert.True(_told.TryAdd(id, (quantity, ReservationState.Reserved, reply.Reservation!.ExpiresAt)), $"{id} was granted twice");
                    break;
                case StockOutcome.Repeated: Assert.Equal(_told[id].Quantity, quantity); break;
                case StockOutcome.IdempotencyConflict: Assert.NotEqual(_told[id].Quantity, quantity); break;
                case StockOutcome.InsufficientStock: Assert.True(reply.WouldFit < quantity); break;
                default: Assert.Equal(StockOutcome.UnknownSku, reply.Outcome); break;
            }
        }

        public void Told(StockReply reply)
        {
            if (reply.Reservation is not { } now || reply.Outcome is not (StockOutcome.Done or StockOutcome.ReservationClosed)) return;
            var earlier = _told[now.ReservationId];
            if (now.State == ReservationState.Shipped && earlier.State != ReservationState.Shipped) Shipped += earlier.Quantity;
            _told[now.ReservationId] = (earlier.Quantity, now.State, now.ExpiresAt);
        }

        public void Expire(long now)
        {
            foreach (var (id, told) in _told.ToArray())
                if (told.State == ReservationState.Reserved && told.ExpiresAt <= now) _told[id] = told with { State = ReservationState.Expired };
        }

        public void Check(SkuActor sku)
        {
            var view = sku.ToView();
            Assert.Equal(Received - Lost - Shipped, view.OnHand);
            Assert.Equal(Sum(ReservationState.Reserved), view.Reserved);
            Assert.Equal(Sum(ReservationState.Committed), view.Committed);
            Assert.All(view.Warehouses, w => Assert.True(w.Reserved + w.Committed <= w.OnHand + w.Shortage));
            Assert.True(view.Available <= Math.Max(0, view.OnHand - view.Reserved - view.Committed));
        }

        long Sum(ReservationState state) => _told.Values.Where(t => t.State == state).Sum(t => (long)t.Quantity);
    }
}
