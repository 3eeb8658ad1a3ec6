using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Carts;

/// <summary>
/// One composite reservation of a caller (a cart over several SKUs, or a bundle) and the single writer of its end: the state,
/// and how events change it. What may happen is decided in <see cref="CartDecider"/> and <see cref="CartSaga"/>.
/// </summary>
public sealed class CartActor : Actor, ILeader
{
    readonly List<CartWish> _wishes = [];
    readonly List<CartLine> _lines = [];
    string _reservationId = "", _orderId = "", _warehouse = "", _keyId = "";
    CartState _state;
    LockTier _tier;
    bool _oneByOne, _gaveUp;
    int _number, _tries;
    long _reservedAt, _orderEnd, _payingEnd, _giveUpAt, _endedAt;
    long _retryAt = Never;

    public CartActor(ActorId id) : base(id) { }

    public string ReservationId => _reservationId;
    public string OrderId => _orderId;
    public string Warehouse => _warehouse;
    public string KeyId => _keyId;
    public CartState State => _state;
    public LockTier Tier => _tier;
    public IReadOnlyList<CartWish> Wishes => _wishes;
    public IReadOnlyList<CartLine> Lines => _lines;
    public bool OneByOne => _oneByOne;
    /// <summary>Rounds that ended without all lines.</summary>
    public int Tries => _tries;
    public long RetryAt => _retryAt;
    public long GiveUpAt => _giveUpAt;
    public long OrderDeadline => _orderEnd;
    public long PayingDeadline => Math.Max(_orderEnd, _payingEnd);
    public long LockDeadline => _tier == LockTier.Paying ? PayingDeadline : _orderEnd;
    public bool IsLive => _state is CartState.Reserved or CartState.Committed;
    public bool IsEnded => _state is CartState.Released or CartState.Expired or CartState.Shipped;

    /// <summary>Its id may be used for something else (API.md, Idempotency: seven days).</summary>
    public bool IsFree(long now) => _state is CartState.None or CartState.Refused || (IsEnded && _endedAt < now - SkuActor.Remembered);

    public override bool IsSettled => _state != CartState.Reserving && !_lines.Exists(static l => l.Told);

    public override bool IsPassive => (IsEnded || _state == CartState.Refused) && IsSettled;

    public override bool Rests => true;

    public override long Deadline => _state == CartState.Reserving ? Math.Min(_retryAt, _giveUpAt) : Never;

    /// <summary>A component's reservation has an id of its own, for the cart may name the same SKU by itself or in another bundle.</summary>
    public string IdOf(CartLine line) => line.IsPart ? $"{_reservationId}~~{_lines[line.PartOf].Sku}" : _reservationId;

    public CartLine? LineOf(string sku, string reservationId) => _lines.Find(l => l.Sku == sku && IdOf(l) == reservationId);

    public int IndexOf(CartLine line) => _lines.IndexOf(line);

    public IEnumerable<CartLine> PartsOf(CartLine line)
    {
        var index = _lines.IndexOf(line);
        return _lines.Where(l => l.PartOf == index);
    }

    /// <summary>What a snapshot of the line shows as its version: for a bundle that of its components together, which no change leaves as it was.</summary>
    public long VersionOf(CartLine line) => line.Version + PartsOf(line).Sum(p => p.Version);

    public IEnumerable<LedLine> Led => _lines.Where(l => l.Stock != CartStock.Expanded).Select(l => new LedLine(l.Sku, IdOf(l), l.Quantity,
        l.Told || l.Stock == CartStock.Asked ? LedStock.Awaited : l.Stock switch
        {
            CartStock.Reserved => LedStock.Reserved,
            CartStock.Committed => LedStock.Committed,
            _ => LedStock.None,
        }));

    public override void Decide(Command command, Turn turn) => CartDecider.Decide(this, command, turn);

    public override void Evolve(Event happened, in Stamp stamp)
    {
        switch (happened)
        {
            case CartRequested e: Request(e, stamp); break;
            case CartRoundStarted e:
                (_oneByOne, _retryAt) = (e.OneByOne, Never);
                foreach (var line in _lines)
                    if (line.Stock is CartStock.Refused or CartStock.Released) line.Stock = CartStock.None;
                break;
            case CartLinesAsked e:
                foreach (var i in e.Lines) (_lines[i].Stock, _lines[i].Told, _lines[i].Number) = (CartStock.Asked, false, ++_number);
                break;
            case CartLineAnswered e: Answer(_lines[e.Line], e); break;
            case CartLineExpanded e: Expand(e); break;
            case CartLinesTold e:
                foreach (var i in e.Lines) Tell(_lines[i], e.Change);
                break;
            case CartRetryPlanned e: (_retryAt, _tries) = (e.At, _tries + 1); break;
            case CartReserved: _state = CartState.Reserved; break;
            case CartRefused e:
                (_state, _gaveUp, _retryAt) = (CartState.Refused, e.GaveUp, Never);
                foreach (var i in e.Stale) _lines[i].Answer = LineAnswerKind.StaleToken;
                break;
            case CartPaying: _tier = LockTier.Paying; break;
            case CartCommitted: _state = CartState.Committed; break;
            case CartEnded e: (_state, _endedAt) = (e.End, stamp.At); break;
            default: throw new InvariantBrokenException($"{Id} does not know {happened.GetType().Name}");
        }
    }

    void Request(CartRequested e, in Stamp stamp)
    {
        (_reservationId, _orderId, _warehouse, _keyId) = (e.ReservationId, e.OrderId, e.Warehouse, e.KeyId);
        (_state, _tier, _gaveUp, _tries, _retryAt) = (CartState.Reserving, LockTier.Order, false, 0, Never);
        (_reservedAt, _orderEnd, _payingEnd, _giveUpAt) = (stamp.At, e.ExpiresAt, e.PayingExpiresAt, e.GiveUpAt);
        _wishes.Clear();
        _wishes.AddRange(e.Lines);
        _lines.Clear();
        foreach (var group in e.Lines.GroupBy(l => l.Sku, StringComparer.Ordinal))
            _lines.Add(new CartLine { Sku = group.Key, Quantity = group.Sum(l => l.Quantity) });
    }

    static void Answer(CartLine line, CartLineAnswered e)
    {
        line.Told = false;
        if (e.Kind == LineAnswerKind.Granted) line.Moves++;
        if (e.Standing is { } standing)
            (line.Answer, line.Warehouse, line.Version, line.Temporary, line.Standing) = (e.Kind, e.Warehouse, e.Version, e.Temporary, standing);
        line.Stock = e.Kind switch
        {
            LineAnswerKind.Granted => CartStock.Reserved,
            LineAnswerKind.Bundle => CartStock.Expanded,
            LineAnswerKind.Committed => CartStock.Committed,
            LineAnswerKind.Shipped => CartStock.Shipped,
            LineAnswerKind.Gone => CartStock.Released,
            _ when line.StoodInTheWay && line.Stock == CartStock.Asked => CartStock.Refused,
            _ => line.Stock,
        };
    }

    void Expand(CartLineExpanded e)
    {
        foreach (var part in e.Parts)
            _lines.Add(new CartLine { Sku = part.Sku, Quantity = part.Quantity * _lines[e.Line].Quantity, PartOf = e.Line, Each = part.Quantity });
    }

    /// <summary>What is given back is not counted on any more, also before the SKU has heard of it.</summary>
    void Tell(CartLine line, LineChange change)
    {
        (line.Told, line.Number) = (true, ++_number);
        if (line.Stock == CartStock.Reserved && change == LineChange.Withdraw) line.Moves++;
        if (change is LineChange.Release or LineChange.Expire or LineChange.Withdraw) line.Stock = CartStock.Released;
    }

    public override object? View(long now) => _state == CartState.None ? null : new CartView
    {
        ReservationId = _reservationId,
        OrderId = _orderId,
        State = _state,
        Tier = _tier,
        ReservedAt = _reservedAt,
        ExpiresAt = LockDeadline,
        FirstExpiresAt = _orderEnd,
        KeyId = _keyId,
        GaveUp = _gaveUp,
        Lines = _wishes.ConvertAll(w => CartTelling.Line(this, w)),
    };

    public override void Layout(Codec codec)
    {
        codec.Text(ref _reservationId);
        codec.Text(ref _orderId);
        codec.Text(ref _warehouse);
        codec.Text(ref _keyId);
        codec.List(_wishes);
        codec.List(_lines);
        codec.Enum(ref _state);
        codec.Enum(ref _tier);
        codec.Bool(ref _oneByOne);
        codec.Bool(ref _gaveUp);
        codec.Int(ref _number);
        codec.Int(ref _tries);
        codec.Long(ref _reservedAt);
        codec.Long(ref _orderEnd);
        codec.Long(ref _payingEnd);
        codec.Long(ref _giveUpAt);
        codec.Long(ref _endedAt);
        codec.Long(ref _retryAt);
    }
}
