using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation.Clients;

/// <summary>Takes snapshots, reserves with their tokens and moves its reservations on; uses tokens and ids again, as bad callers do.</summary>
sealed class CallerClient(SimulationRun run, int number) : IClient
{
    readonly Random _random = run.Random;
    readonly List<(string Sku, SnapshotClaims Claims)> _tokens = [];
    readonly List<Wish> _wishes = [];
    int _ids;

    public void Act()
    {
        var pick = _random.Next(100);
        if (pick < 25 || _tokens.Count == 0) Snapshot();
        else if (pick < 50) Reserve();
        else if (_wishes.Count == 0) return;
        else if (pick < 65) Send(_wishes[_random.Next(_wishes.Count)]);
        else Change(_wishes[_random.Next(_wishes.Count)]);
    }

    void Snapshot()
    {
        var sku = run.World.Sku();
        run.Courier.Read(ActorId.Sku(sku), actor =>
        {
            if (actor is not SkuActor stock) return;
            var now = run.Clock.Now;
            _tokens.Add((sku, new SnapshotClaims($"t{number}-{_ids++}", stock.Version, stock.Available, null, now, now + (_random.Next(2) == 0 ? 60_000 : 15 * 60_000))));
        });
    }

    void Reserve()
    {
        // The newest snapshot mostly; sometimes one that was used, or has grown old.
        var (sku, claims) = _random.Next(3) == 0 ? _tokens[^_random.Next(1, Math.Min(_tokens.Count, 6) + 1)] : _tokens[^1];
        var wish = new Wish(sku, new Reserve
        {
            ReservationId = $"r{number}-{_ids++}",
            OrderId = $"kept:elsewhere:{_ids}",
            Quantity = _random.Next(1, 3),
            Warehouse = _random.Next(3) == 0 ? run.World.Warehouse() : null,
            Token = claims,
            OrderTier = 15 * 60_000,
            PayingTier = 45 * 60_000,
            KeyId = "k1",
        });
        _wishes.Add(wish);
        Send(wish);
    }

    void Send(Wish wish)
    {
        wish.Delivered.Try();
        run.Courier.Ask(ActorId.Sku(wish.Sku), wish.Command, run.SomeOptions(), answer =>
        {
            wish.Delivered.Hear(answer.Kind);
            if (answer.Reply is not StockReply reply) return;
            if (reply.Outcome is not (StockOutcome.Done or StockOutcome.Repeated)) return;
            var id = wish.Command.ReservationId;
            Require(run.Stock.WasGranted(wish.Sku, id, wish.Command.Quantity), "I6", $"{id} of {wish.Sku} was granted before it was durable");
            wish.Delivered.Acknowledge();
            var reservation = reply.Reservation!;
            wish.First ??= reservation;
            Require(wish.First == reservation, "I3", $"{id} of {wish.Sku} was answered {wish.First} and then {reservation}");
        });
    }

    void Change(Wish wish)
    {
        var change = (ReservationChange)_random.Next(4);
        run.Courier.Ask(ActorId.Sku(wish.Sku), new ChangeReservation { ReservationId = wish.Command.ReservationId, Change = change }, run.SomeOptions(), answer =>
        {
            if (answer.Reply is not StockReply { Outcome: StockOutcome.Done or StockOutcome.Repeated }) return;
            wish.Delivered.Acknowledge();
            if (change != ReservationChange.Paying) wish.Reached.Add(change);
            Require(Holds(wish, change), "I6", $"{change} of {wish.Command.ReservationId} was acknowledged before it was durable");
        });
    }

    bool Holds(Wish wish, ReservationChange change)
    {
        var (sku, id) = (wish.Sku, wish.Command.ReservationId);
        return change switch
        {
            ReservationChange.Commit => run.Stock.Has(sku, id, ReservationState.Committed) || run.Stock.Has(sku, id, ReservationState.Shipped) || run.Stock.Has(sku, id, ReservationState.Released),
            ReservationChange.Release => run.Stock.Has(sku, id, ReservationState.Released),
            ReservationChange.Ship => run.Stock.Has(sku, id, ReservationState.Shipped),
            _ => run.Stock.WasGranted(sku, id),
        };
    }

    public void Check()
    {
        foreach (var uses in _wishes.Where(w => run.Stock.WasGranted(w.Sku, w.Command.ReservationId)).GroupBy(w => w.Command.Token.TokenId))
            Require(uses.Count() == 1, "I3", $"token {uses.Key} was used for {string.Join(" and ", uses.Select(w => w.Command.ReservationId))}");
        foreach (var wish in _wishes)
        {
            var happened = run.Stock.WasGranted(wish.Sku, wish.Command.ReservationId);
            Require(happened || !wish.Delivered.Acknowledged, "I1", $"{wish.Command.ReservationId} of {wish.Sku} was acknowledged and is not in the journal");
            Require(!happened || !wish.Delivered.Impossible, "I1", $"{wish.Command.ReservationId} of {wish.Sku} was refused and is in the journal");
            foreach (var change in wish.Reached)
                Require(Holds(wish, change), "I1", $"{change} of {wish.Command.ReservationId} was acknowledged and is not in the journal");
        }
    }

    sealed class Wish(string sku, Reserve command)
    {
        public string Sku { get; } = sku;
        public Reserve Command { get; } = command;
        public Delivered Delivered { get; } = new();
        public ReservationView? First { get; set; }
        public HashSet<ReservationChange> Reached { get; } = [];
    }
}
