using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Xunit;

namespace Engine.Tests.Carts;

/// <summary>A cart by itself, whose SKUs answer when the test says so: what it does while some can't be reached.</summary>
public sealed class CartDecisionTests : IDisposable
{
    readonly Recorder _turn = new(new CartActor(ActorId.Cart("r1")));

    public CartDecisionTests() => _turn.Decide(new ReserveCart
    {
        ReservationId = "r1", OrderId = "o1", OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k1",
        Lines = [.. new[] { "A", "B" }.Select(sku => new CartWish { Sku = sku, Quantity = 1, Token = new LineToken { TokenId = sku } })],
    });

    // Whatever happened, the state follows from the events alone.
    public void Dispose() => Assert.Equal(Recorder.Encode(_turn.Cart), Recorder.Encode(_turn.Replay()));

    [Fact]
    public void A_cart_that_can_not_be_decided_in_time_gives_back_what_it_has_and_what_still_comes()
    {
        var toB = _turn.Last<ReserveLine>("B");
        _turn.Answer("A", LineAnswerKind.Granted, _turn.Last<ReserveLine>("A").Number);
        Assert.Equal((CartState.Reserving, false, _turn.Now + 60_000), (_turn.Cart.State, _turn.Cart.IsSettled, _turn.Cart.Deadline));
        _turn.Pass(60_000);
        Assert.Equal(CartState.Refused, _turn.Cart.State);
        Assert.True(((CartView)_turn.Cart.View(_turn.Now)!).GaveUp);
        var (releaseA, releaseB) = (_turn.Last<ChangeLine>("A"), _turn.Last<ChangeLine>("B"));
        Assert.Equal((LineChange.Withdraw, LineChange.Withdraw), (releaseA.Change, releaseB.Change));

        // The partition comes back: it grants, and gives back right behind that.
        _turn.Answer("B", LineAnswerKind.Granted, toB.Number);
        Assert.Equal((CartState.Refused, CartStock.Released), (_turn.Cart.State, _turn.Cart.Lines[1].Stock));
        _turn.Answer("A", LineAnswerKind.Released, releaseA.Number);
        _turn.Answer("B", LineAnswerKind.Released, releaseB.Number);
        Assert.True(_turn.Cart is { IsSettled: true, IsPassive: true });
    }

    [Fact]
    public void What_an_earlier_attempt_was_granted_does_not_count_for_the_next()
    {
        var early = _turn.Last<ReserveLine>("B");
        _turn.Pass(60_000);
        _turn.Decide(new ReserveCart
        {
            ReservationId = "r1", OrderId = "o1", OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k1",
            Lines = [new CartWish { Sku = "B", Quantity = 5, Token = new LineToken { TokenId = "B" } }],
        });
        _turn.Answer("B", LineAnswerKind.Granted, early.Number);
        Assert.Equal(CartStock.Asked, _turn.Cart.Lines[0].Stock);
        _turn.Answer("B", LineAnswerKind.Granted, _turn.Last<ReserveLine>("B").Number);
        Assert.Equal(CartState.Reserved, _turn.Cart.State);
    }

    [Fact]
    public void A_lock_that_no_line_holds_is_given_back_and_denied()
    {
        _turn.Decide(new LockDue { ReservationId = "other" }, ActorId.Sku("A"));
        Assert.Equal((LineChange.Release, 0), (_turn.Last<ChangeLine>("A").Change, _turn.Last<ChangeLine>("A").Number));
        Assert.True(_turn.Owns("A", "r1"));
        Assert.False(_turn.Owns("A", "other"));
        Assert.False(_turn.Owns("C", "r1"));
        _turn.Pass(60_000);
        foreach (var sku in new[] { "A", "B" }) _turn.Answer(sku, LineAnswerKind.Released, _turn.Last<ChangeLine>(sku).Number);
        Assert.False(_turn.Owns("A", "r1"));
    }

    [Fact]
    public void A_lock_is_held_while_its_commitment_is_on_its_way()
    {
        foreach (var sku in new[] { "A", "B" }) _turn.Answer(sku, LineAnswerKind.Granted, _turn.Last<ReserveLine>(sku).Number);
        _turn.Decide(new ChangeCart { Change = ReservationChange.Commit });
        _turn.Pass(900_000);
        _turn.Decide(new LockDue { ReservationId = "r1" }, ActorId.Sku("A"));
        var held = _turn.Last<ChangeLine>("A");
        Assert.Equal((LineChange.Extend, _turn.Now + 60_000, CartState.Committed), (held.Change, held.ExpiresAt, _turn.Cart.State));
    }

    /// <summary>Keeps what the cart said, and speaks for the SKUs.</summary>
    sealed class Recorder(CartActor cart) : Turn
    {
        readonly List<(Event Event, Stamp Stamp)> _events = [];
        readonly List<(ActorId To, Message Message)> _sent = [];
        readonly DirectoryActor _directory = new(ActorId.Directory(0));
        long _now = 1_760_000_000_000;
        ActorId _sender;
        object? _reply;

        public CartActor Cart { get; } = cart;
        public override long Now => _now;
        public override ActorId Self => Cart.Id;
        public override ActorId Sender => _sender;
        public override Actor Directory => _directory;
        public override int Partitions => 1;

        public override void Emit(Event happened)
        {
            var stamp = new Stamp(_events.Count + 1, _now);
            _events.Add((happened, stamp));
            Cart.Evolve(happened, stamp);
        }

        public override void Send(ActorId to, Message message) => _sent.Add((to, message));
        public override void Reply(object reply) => _reply = reply;
        public override KeyRef StoreKey(byte[] wrapped) => default;
        public override void DropKey(KeyRef key) { }

        public void Decide(Command command, ActorId sender = default)
        {
            _sender = sender;
            Cart.Decide(command, this);
        }

        public void Answer(string sku, LineAnswerKind kind, int number) => Decide(
            new LineAnswer { ReservationId = "r1", Kind = kind, Number = number, Warehouse = "W1", Standing = kind == LineAnswerKind.Granted ? new LineStanding() : null }, ActorId.Sku(sku));

        public T Last<T>(string sku) where T : Message => (T)_sent.FindLast(s => s.To == ActorId.Sku(sku) && s.Message is T).Message;

        public bool Owns(string sku, string reservationId)
        {
            Decide(new AskOwnership { Sku = sku, ReservationId = reservationId });
            return ((Ownership)_reply!).IsMine;
        }

        public void Pass(long milliseconds)
        {
            _now += milliseconds;
            if (Cart.Deadline <= _now) Decide(DeadlineReached.Instance);
        }

        public CartActor Replay()
        {
            var replayed = new CartActor(Cart.Id);
            foreach (var (happened, stamp) in _events)
            {
                var codec = Codec.Writer();
                happened.Layout(codec);
                var copy = Actors.EngineDomain.Instance.NewEvent(happened.Tag);
                copy.Layout(Codec.Reader(codec.Written.ToArray()));
                replayed.Evolve(copy, stamp);
            }
            return replayed;
        }

        public static byte[] Encode(CartActor cart)
        {
            var codec = Codec.Writer();
            cart.Layout(codec);
            return codec.Written.ToArray();
        }
    }
}
