using Engine.Actors.Asking;
using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation.Clients;

/// <summary>Reserves several SKUs and bundles together and moves them on as one; uses tokens and ids again, as bad callers do.</summary>
sealed class CartClient(SimulationRun run, int number) : IClient
{
    readonly Random _random = run.Random;
    readonly List<(string Sku, LineToken Token)> _tokens = [];
    readonly List<Wish> _wishes = [];
    int _ids;

    public void Act()
    {
        var pick = _random.Next(100);
        if (pick < 40) Shop();
        else if (_wishes.Count == 0) return;
        else if (pick < 60) Send(_wishes[_random.Next(_wishes.Count)]);
        else Change(_wishes[^_random.Next(1, Math.Min(_wishes.Count, 4) + 1)]);
    }

    /// <summary>Looks at what it wants, and when it has seen all of it asks for it.</summary>
    void Shop()
    {
        var lines = new CartWish[_random.Next(3) == 0 ? _random.Next(3, 5) : _random.Next(1, 3)];
        var open = lines.Length;
        for (var i = 0; i < lines.Length; i++)
        {
            var (at, sku, quantity) = (i, run.World.Wanted(), _random.Next(4) == 0 ? 2 : 1);
            run.Courier.Read(ActorId.Sku(sku), actor =>
            {
                lines[at] = new CartWish { Sku = sku, Quantity = quantity, Token = Token(sku, actor as SkuActor) };
                if (--open == 0 && run.Courier.IsConnected) Reserve(lines);
            });
        }
    }

    /// <summary>A new one mostly; sometimes one that was used, or has grown old.</summary>
    LineToken Token(string sku, SkuActor? seen)
    {
        if (_random.Next(6) == 0 && _tokens.FindLast(t => t.Sku == sku).Token is { } old) return old;
        var token = new LineToken
        {
            TokenId = $"c{number}-{_ids++}", Version = seen?.Version ?? 0, Available = seen?.Available ?? 0, ExpiresAt = run.Clock.Now + (_random.Next(2) == 0 ? 60_000 : 15 * 60_000),
        };
        _tokens.Add((sku, token));
        return token;
    }

    void Reserve(CartWish[] lines)
    {
        var id = $"c{number}-{_ids++}";
        var isBundle = lines.Length == 1 && lines[0].Sku == World.Bundle && _random.Next(2) == 0;
        var wish = new Wish(ActorId.Cart(id, isBundle ? World.Bundle : ""), new ReserveCart
        {
            ReservationId = id,
            OrderId = $"kept:elsewhere:{id}",
            Lines = lines,
            Warehouse = _random.Next(8) == 0 ? run.World.Warehouse() : "",
            OrderTier = _random.Next(3) == 0 ? 30_000 : 15 * 60_000,
            PayingTier = 45 * 60_000,
            KeyId = "k1",
        });
        _wishes.Add(wish);
        Send(wish);
    }

    AskOptions WithView() => run.SomeOptions() with { WithView = true };

    void Send(Wish wish)
    {
        wish.Delivered.Try();
        run.Courier.Ask(wish.Cart, wish.Command, WithView(), answer =>
        {
            wish.Delivered.Hear(answer.Kind);
            if (answer.Reply is not CartReply reply) return;
            wish.Heard = true;
            Require(reply.Outcome is CartOutcome.Done or CartOutcome.Repeated, "I3", $"{wish.Cart} was answered {reply.Outcome}");
            if (run.Courier.IsStale || answer.View is not CartView view) return;
            if (view.State is CartState.Reserving or CartState.Refused) return;
            wish.Delivered.Acknowledge();
            foreach (var line in view.Lines) CheckGranted(wish, line);
            var first = string.Join(' ', view.Lines.Select(l => $"{l.Sku} {l.Held} {l.Warehouse} {l.Revalidated}")) + $" until {view.FirstExpiresAt}";
            wish.First ??= first;
            Require(wish.First == first, "I3", $"{wish.Cart} was answered {wish.First} and then {first}");
        });
    }

    void CheckGranted(Wish wish, CartLineView line)
    {
        if (!line.IsBundle) Require(run.Stock.WasGranted(line.Sku, wish.Command.ReservationId, line.Held), "I6", $"{line.Sku} of {wish.Cart} was granted before it was durable");
        foreach (var part in line.Parts)
            Require(run.Stock.WasGranted(part.Sku, part.ReservationId, part.Quantity), "I6", $"{part.Sku} of {line.Sku} of {wish.Cart} was granted before it was durable");
    }

    void Change(Wish wish)
    {
        var change = (ReservationChange)_random.Next(4);
        run.Courier.Ask(wish.Cart, new ChangeCart { Change = change }, WithView(), answer =>
        {
            if (answer.Reply is not CartReply { Outcome: CartOutcome.Done or CartOutcome.Repeated }) return;
            wish.Delivered.Acknowledge();
            wish.Reached.Add(change);
            Require(Holds(wish, change), "I6", $"{change} of {wish.Cart} was acknowledged before it was durable");
        });
    }

    bool Holds(Wish wish, ReservationChange change)
    {
        var state = run.Replica.Find<CartActor>(wish.Cart).State;
        return change switch
        {
            ReservationChange.Paying => state is not (CartState.None or CartState.Refused),
            ReservationChange.Commit => state is CartState.Committed or CartState.Shipped or CartState.Released,
            ReservationChange.Release => state == CartState.Released,
            _ => state == CartState.Shipped,
        };
    }

    public void Check()
    {
        foreach (var uses in _wishes.Where(w => w.First is not null).SelectMany(w => w.Command.Lines, (w, l) => (w.Cart, Token: (l.Sku, l.Token.TokenId))).GroupBy(u => u.Token))
            Require(uses.Count() == 1, "I3", $"token {uses.Key.TokenId} of {uses.Key.Sku} was used for {string.Join(" and ", uses.Select(u => u.Cart))}");
        foreach (var wish in _wishes)
        {
            var state = run.Replica.Find<CartActor>(wish.Cart).State;
            Require(state is not (CartState.None or CartState.Refused) || !wish.Delivered.Acknowledged, "I1", $"{wish.Cart} was acknowledged and is {state} in the journal");
            Require(state == CartState.None || !wish.Delivered.Impossible || wish.Heard, "I1", $"{wish.Cart} was refused and is in the journal");
            foreach (var change in wish.Reached) Require(Holds(wish, change), "I1", $"{change} of {wish.Cart} was acknowledged, the journal has {state}");
        }
    }

    sealed class Wish(ActorId cart, ReserveCart command)
    {
        public ActorId Cart { get; } = cart;
        public ReserveCart Command { get; } = command;
        public Delivered Delivered { get; } = new();
        /// <summary>Some try was taken in, whatever came of it.</summary>
        public bool Heard { get; set; }
        public string? First { get; set; }
        public HashSet<ReservationChange> Reached { get; } = [];
    }
}
