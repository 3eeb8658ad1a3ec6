using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Orders;

public enum OrderPhase : byte
{
    /// <summary>Nothing asked, or nothing any more.</summary>
    Idle = 0,
    Reserving = 1,
    /// <summary>Every line has its stock.</summary>
    Locked = 2,
    /// <summary>One line waits for stock, nothing is held.</summary>
    Backordered = 3,
}

/// <summary>
/// One order: facts about payment, stock, fulfilment and after-sale, and how events change them. Its state is derived from
/// the facts (<see cref="OrderStates"/>); what may happen is decided in <see cref="OrderDecider"/> and the deciders beside it.
/// </summary>
public sealed class OrderActor : Actor, ILeader
{
    // Of most orders these are empty or have one element, and never more than a few: arrays, made anew where one comes or goes.
    OrderLine[] _lines = [];
    PaymentFact[] _payments = [];
    RefundFact[] _refunds = [];
    KeptFact[] _kept = [];
    Explanation[] _explanations = [];
    string[] _flags = [];
    RememberedCall[] _calls = [];
    ulong[] _cancellations = [];
    string[] _ranked = [];
    readonly List<HistoryItem> _history = [];

    static readonly OrderDetails NoDetails = new();
    static readonly ShopPolicy NoPolicy = new();

    OrderDetails _details = NoDetails;
    ShopPolicy _policy = NoPolicy;
    bool _known, _held, _cancelled, _expired, _reopened, _forgotten, _hasStep;
    string _source = "", _heldReason = "", _endReason = "", _operator = "";
    string _carrier = "", _trackingNumber = "";
    long _receivedAt, _lockBase, _stateSince, _cancelledValue;
    long _keySequence;
    int _keyIndex = -1;
    int _waitingLine = -1;
    int _tries;
    long _retryAt = Never;
    long _remindAt = Never;
    OrderPhase _phase;
    ReservingRound _round;
    MicroState _step;

    public OrderActor(ActorId id) : base(id) { }

    public string OrderId => Id.Key;
    public bool Known => _known;
    /// <summary>Something is known of it, if only facts that came before the order.</summary>
    public bool Anticipated => _known || _payments.Length > 0 || _kept.Length > 0 || _refunds.Length > 0;
    public OrderDetails Details => _details;
    public ShopPolicy Policy => _policy;
    public IReadOnlyList<OrderLine> Lines => _lines;
    public IReadOnlyList<PaymentFact> Payments => _payments;
    public IReadOnlyList<RefundFact> Refunds => _refunds;
    public IReadOnlyList<KeptFact> Kept => _kept;
    public IReadOnlyList<string> Flags => _flags;
    public string[] Ranked => _ranked;
    public bool Held => _held;
    public string HeldReason => _heldReason;
    public bool Cancelled => _cancelled;
    public bool Expired => _expired;
    /// <summary>It expired once and a late payment opened it again.</summary>
    public bool Reopened => _reopened;
    public ReservingRound Round => _round;
    public bool Forgotten => _forgotten;
    public OrderPhase Phase => _phase;
    public int WaitingLine => _waitingLine;
    /// <summary>Rounds that ended without all lines since the order last had them.</summary>
    public int Tries => _tries;
    /// <summary>A round is to begin then.</summary>
    public long RetryAt => _retryAt;
    /// <summary>The buyer is to be reminded then.</summary>
    public long RemindAt => _remindAt;
    public bool HasStep => _hasStep;
    public MicroState Step => _step;
    public long ReceivedAt => _receivedAt;
    public long StateSince => _stateSince;
    public MicroState State { get; private set; }
    public string Source => _source;
    /// <summary>Who last had a hand in it.</summary>
    public string Operator => _operator;
    public string Carrier => _carrier;
    public string TrackingNumber => _trackingNumber;
    public IReadOnlyList<HistoryItem> History => _history;
    /// <summary>An unpaid lock holds its stock until <see cref="LockDeadline"/>.</summary>
    public bool HasLock => _phase == OrderPhase.Locked && !MayCommit && !IsEnded;
    public LockTier LockTier => PaymentStarted ? LockTier.Paying : LockTier.Order;
    public KeyRef? PersonalKey => _keyIndex < 0 || _forgotten ? null : new KeyRef(_keySequence, _keyIndex);

    /// <summary>The sum of payments that succeeded; a payment without an amount is the whole.</summary>
    public long PaidSum => PaidUntil(long.MaxValue);

    /// <summary>Of that what was paid by then, by the platform's clock.</summary>
    public long PaidUntil(long at)
    {
        long sum = 0;
        foreach (var p in _payments)
            if (p.Status == PayStatus.Succeeded && p.At <= at) sum += p.Amount == PaymentFact.Whole ? _details.Total : p.Amount;
        return sum;
    }

    /// <summary>The sum of refunds that succeeded; one of all that was paid makes up for what the others leave of it.</summary>
    public long RefundedSum
    {
        get
        {
            long sum = 0;
            var isWhole = false;
            foreach (var r in _refunds)
            {
                if (r.Status != RefundProgress.Succeeded) continue;
                if (r.Amount == PaymentFact.Whole) isWhole = true;
                else sum += r.Amount;
            }
            return isWhole ? Math.Max(sum, PaidSum) : sum;
        }
    }

    public bool RefundedInFull => _refunds.Any(r => r.CoversAll) || (PaidSum > 0 && RefundedSum >= PaidSum);

    public bool HasSucceededPayment => _payments.Any(p => p.Status == PayStatus.Succeeded);

    /// <summary>The total without the lines that were cancelled, minor units.</summary>
    public long Owed => Math.Max(0, _details.Total - _cancelledValue);

    /// <summary>The sum of payments reaches what is owed; a payment of nothing for an order that costs nothing counts.</summary>
    public bool IsPaid => _known && PaidSum >= Owed && (HasSucceededPayment || Owed == 0);

    /// <summary>Its stock is committed as soon as it has it.</summary>
    public bool MayCommit => IsPaid || (_known && _details.CashOnDelivery);

    public bool PaymentStarted => !IsPaid && _payments.Any(p => p.Status is PayStatus.Started or PayStatus.Succeeded);

    public long FloorAfterReceipt(long tier) => _receivedAt + Math.Min(60_000, tier / 5);

    public long OrderDeadline => Math.Max(_lockBase + _policy.OrderTier, FloorAfterReceipt(_policy.OrderTier));

    public long PayingDeadline => Math.Max(_lockBase + _policy.PayingTier, FloorAfterReceipt(_policy.PayingTier));

    public long LockDeadline => PaymentStarted ? PayingDeadline : OrderDeadline;

    public bool IsEnded => _cancelled || _expired;

    public override bool IsSettled =>
        _phase != OrderPhase.Reserving && !Array.Exists(_lines, static l => l.Told || l.Stock is LineStock.Asked or LineStock.Resolving);

    public override long Deadline => Math.Min(_retryAt, _remindAt);

    public override bool IsPassive => _known && State.IsClosed() && IsSettled;

    public override bool Rests => true;

    public OrderLine? LineOf(string reservationId)
    {
        foreach (var line in _lines)
            if (line.ReservationId(OrderId) == reservationId) return line;
        return null;
    }

    public IEnumerable<LedLine> Led => _lines.Where(l => l.Sku.Length > 0).Select(l => new LedLine(l.Sku, l.ReservationId(OrderId), l.Quantity, l.Led));

    /// <summary>The components of a line whose SKU is a bundle.</summary>
    public IEnumerable<OrderLine> PartsOf(OrderLine line)
    {
        var index = Array.IndexOf(_lines, line);
        return _lines.Where(l => l.PartOf == index);
    }

    public int IndexOf(OrderLine line) => Array.IndexOf(_lines, line);

    /// <summary>Lines were cancelled by a message of that reference. Kept for good, unlike calls: a platform may repeat itself after weeks.</summary>
    public bool HasCancelled(ulong reference) => reference != 0 && _cancellations.Contains(reference);

    /// <summary>The same was reported before by the same hand, and of the same time where that counts.</summary>
    public bool HasReported(StepFact step, bool anyTime = false) =>
        (anyTime || step.At != 0)
        && _history.Exists(h => (anyTime || h.ReportedAt == step.At) && h.Event == step.Step.Name() && h.Operator == step.Operator && h.Device == step.Device);

    public RememberedCall? Call(ulong key, long now) => Array.Find(_calls, c => c.Key == key && c.At >= now - SkuActor.Remembered);

    public bool HasFlag(string flag) => _flags.Contains(flag);

    public override void Decide(Command command, Turn turn) => OrderDecider.Decide(this, command, turn);

    public override void Evolve(Event happened, in Stamp stamp)
    {
        var note = Apply(happened, stamp);
        var state = OrderStates.Derive(this);
        if (state != State || _stateSince == 0)
        {
            State = state;
            _stateSince = stamp.At;
            note ??= new HistoryItem { Event = HistoryItem.NameOf(happened), Source = "system" };
        }
        if (note is null) return;
        note.At = stamp.At;
        note.State = state;
        note.Paid = IsPaid;
        _operator = note.Operator.Length > 0 ? note.Operator : _operator;
        _history.Add(note);
    }

    /// <summary>Changes the facts; returns what the history shows of it even when the state stays.</summary>
    // Lambdas that see an event stand in methods of their own: here every event would make room for what they see.
    HistoryItem? Apply(Event happened, in Stamp stamp)
    {
        switch (happened)
        {
            case OrderReceived e:
                Receive(e, stamp);
                return Note(e, e.Source);
            case PaymentRecorded e:
                Record(e.Payment);
                return Note(e, e.Source, reason: e.Payment.Status.ToString().ToLowerInvariant());
            case ReservingStarted e:
                (_phase, _round, _waitingLine, _retryAt, _ranked) = (OrderPhase.Reserving, e.Round, -1, Never, e.Ranked);
                foreach (var line in _lines)
                    if (line.Stock == LineStock.Refused) line.Stock = LineStock.None;
                return null;
            case LinesAsked e:
                foreach (var i in e.Lines) _lines[i].Ask();
                return null;
            case LineAnswered e:
                _lines[e.Line].Answer(e);
                return null;
            case LinesTold e:
                foreach (var i in e.Lines) _lines[i].Tell(e.Change);
                return null;
            case RetryPlanned e:
                (_retryAt, _tries) = (e.At, _tries + 1);
                return null;
            case OrderLocked:
                (_phase, _tries) = (OrderPhase.Locked, 0);
                Explain("reserved", stamp);
                return null;
            case OrderBackordered e:
                (_phase, _waitingLine, _tries) = (OrderPhase.Backordered, e.Line, _tries + 1);
                Explain("backordered", stamp, e.Line, _lines[e.Line].Available);
                _lines[e.Line].Wait(MayCommit ? LineChange.Commit : LineChange.Extend, isExtended: MayCommit || PaymentStarted);
                return null;
            case OrderExpired e:
                StopResolving();
                Explain("expired", stamp, text: e.Why, number: LockDeadline);
                (_expired, _endReason, _phase, _waitingLine, _retryAt) = (true, e.Why, OrderPhase.Idle, -1, Never);
                _remindAt = ReminderAt(stamp.At);
                return Note(e, "system", reason: e.Why);
            case BuyerReminded e:
                _remindAt = Never;
                return Note(e, "system", reason: e.Coupon);
            case OrderReopened:
                (_expired, _reopened, _remindAt) = (false, true, Never);
                Explain("reopened", stamp, number: PaidSum);
                return Note(happened, "system");
            case OrderCancelled e:
                StopResolving();
                (_cancelled, _endReason, _phase, _held, _waitingLine, _retryAt) = (true, e.Reason, OrderPhase.Idle, false, -1, Never);
                _remindAt = Never;
                Explain("cancelled", stamp, text: e.Reason);
                return Note(e, e.Source, e.By, e.Reason);
            case LinesCancelled e:
                Cancel(e.Lines);
                _cancelledValue += e.Value;
                if (e.Reference != 0) _cancellations = [.. _cancellations, e.Reference];
                if (OrderStates.RefundDue(this) > 0) Flag("refund_due");
                Explain("lines_cancelled", stamp, text: e.Reason, number: e.Value);
                return Note(e, "system", e.By, e.Reason);
            case FactKept e:
                _kept = [.. _kept, new KeptFact { Step = e.Step, CancelReason = e.CancelReason, CancelBy = e.CancelBy, CancelLines = e.CancelLines, CancelReference = e.CancelReference, Source = e.Source }];
                return Note(e, e.Source, reason: e.Step?.Step.Name() ?? "cancelled");
            case OrderHeld e:
                (_held, _heldReason, _phase, _retryAt) = (true, e.Reason, OrderPhase.Idle, Never);
                Explain("held", stamp, e.Line, text: e.Reason);
                return Note(e, "system", reason: e.Reason);
            case OrderUnheld e:
                (_held, _heldReason) = (false, "");
                _lockBase = Math.Max(_lockBase, stamp.At);
                return Note(e, e.By.Length > 0 ? "api" : "system", e.By, e.Reason);
            case LineResolved e:
                (_lines[e.Line].Sku, _lines[e.Line].Stock) = (e.Sku, LineStock.None);
                foreach (var part in PartsOf(_lines[e.Line])) part.Drop();
                return null;
            case LineExpanded e:
                Expand(_lines[e.Line], e);
                Explain("expanded", stamp, e.Line, text: string.Join(", ", e.Parts.Select(p => $"{p.Quantity} {p.Sku}")));
                return null;
            case StepTaken e:
                return Take(e);
            case RefundRecorded e:
                Record(e.Refund);
                return Note(e, e.Source, reason: e.Refund.Status.ToString().ToLowerInvariant());
            case PersonForgotten e:
                _forgotten = true;
                _details.Personal = [];
                _details.PersonalHash = 0;
                return Note(e, "api", e.By, e.Reason);
            case OrderFlagged e:
                Flag(e.Flag);
                return Note(e, e.Source, reason: e.Flag);
            case CallRemembered e:
                Remember(e, stamp.At);
                return null;
            default: throw new InvariantBrokenException($"{Id} does not know {happened.GetType().Name}");
        }
    }

    void Receive(OrderReceived e, in Stamp stamp)
    {
        (_known, _source, _details, _policy) = (true, e.Source, e.Details, e.Policy);
        (_receivedAt, _lockBase) = (stamp.At, e.LockBase);
        (_keySequence, _keyIndex) = (stamp.Sequence, e.KeyIndex);
        foreach (var flag in e.Flags) Flag(flag);
        _lines = new OrderLine[e.Details.Lines.Count];
        for (var i = 0; i < _lines.Length; i++) _lines[i] = new OrderLine { Ordered = e.Details.Lines[i], Sku = e.Details.Lines[i].ByPlatformSku ? "" : e.Details.Lines[i].Code };
    }

    void Record(PaymentFact payment)
    {
        _payments = [.. _payments.Where(p => p.Reference != payment.Reference || p.Status == PayStatus.Succeeded), payment];
    }

    void Record(RefundFact refund)
    {
        _refunds = [.. _refunds.Where(r => r.Reference != refund.Reference), refund];
    }

    void Remember(CallRemembered call, long now)
    {
        _calls = [.. _calls.Where(c => c.At >= now - SkuActor.Remembered), new RememberedCall { Key = call.Key, Body = call.Body, At = now }];
    }

    void Cancel(List<CancelledQuantity> lines)
    {
        foreach (var cancelled in lines)
            if (Array.Find(_lines, l => l.Ordered.LineId == cancelled.LineId) is { } line) Cancel(line, cancelled.Quantity);
    }

    /// <summary>Whoever lapses later than that has just been dealing with the order: there is nobody to remind.</summary>
    long ReminderAt(long expiredAt)
    {
        var at = _lockBase + _policy.ReminderAfter;
        return _policy.ReminderAfter > 0 && at >= expiredAt ? at : Never;
    }

    /// <summary>An answer about an article code is of no use any more.</summary>
    void StopResolving()
    {
        foreach (var line in _lines)
            if (line.Stock == LineStock.Resolving) line.Stock = LineStock.None;
    }

    void Expand(OrderLine line, LineExpanded e)
    {
        line.Stock = LineStock.Expanded;
        var number = PartsOf(line).Count();
        foreach (var part in e.Parts)
        {
            // A line's id has no tilde, and no attempt is named by a letter: the reservation's id stays unique.
            var ordered = new OrderedLine { LineId = $"{line.Ordered.LineId}~c{++number}", Code = part.Sku, Quantity = line.Quantity * part.Quantity };
            _lines = [.. _lines, new OrderLine { Ordered = ordered, Sku = part.Sku, PartOf = e.Line, Each = part.Quantity }];
        }
    }

    void Cancel(OrderLine line, int quantity)
    {
        line.CancelledQuantity += quantity;
        foreach (var part in PartsOf(line)) part.CancelledQuantity += Math.Min(part.Quantity, quantity * part.Each);
    }

    HistoryItem Take(StepTaken e)
    {
        if (!e.Behind) (_hasStep, _step) = (true, e.Step.Step);
        // Of several parcels, and of a report that came late, each is named.
        (_carrier, _trackingNumber) = (Joined(_carrier, e.Step.Carrier), Joined(_trackingNumber, e.Step.TrackingNumber));
        _kept = [.. _kept.Where(k => k.Step?.Step != e.Step.Step)];
        return new HistoryItem
        {
            Event = e.Step.Step.Name(), Source = e.Source, Operator = e.Step.Operator, Device = e.Step.Device, Reason = e.Step.Reason, ReportedAt = e.Step.At, Behind = e.Behind,
        };
    }

    static string Joined(string known, string told) =>
        told.Length == 0 || known.Split(", ").Contains(told) ? known : known.Length == 0 ? told : $"{known}, {told}";

    void Flag(string flag)
    {
        if (!_flags.Contains(flag)) _flags = [.. _flags, flag];
    }

    void Explain(string decision, in Stamp stamp, int line = -1, long number = 0, string text = "") =>
        _explanations = [.. _explanations, new Explanation { Decision = decision, Line = line, Number = number, Text = text, At = stamp.At }];

    static HistoryItem Note(Event happened, string source, string by = "", string reason = "") =>
        new() { Event = HistoryItem.NameOf(happened), Source = source, Operator = by, Reason = reason };

    public OrderLineView View(OrderLine line) => OrderLineView.Of(this, line);

    public override object View(long now) => new OrderView
    {
        OrderId = OrderId,
        Known = _known,
        Anticipated = Anticipated,
        Source = _source,
        State = State,
        Paid = IsPaid,
        StateSince = _stateSince,
        ReceivedAt = _receivedAt,
        Operator = _operator,
        At = now,
        Details = _details,
        PersonalKey = PersonalKey,
        Lines = [.. _lines.Where(l => !l.IsPart).Select(View)],
        HasLock = HasLock,
        LockTier = LockTier,
        LockExpiresAt = LockDeadline,
        HeldReason = _heldReason,
        Payments = _payments,
        Refunds = _refunds,
        RefundDue = OrderStates.RefundDue(this),
        Carrier = _carrier,
        TrackingNumber = _trackingNumber,
        Flags = _flags,
        Kept = _kept,
        History = [.. _history],
        Explain = Explaining.Render(this, _explanations),
    };

    public override void Layout(Codec codec)
    {
        codec.Bool(ref _known);
        codec.Text(ref _source);
        if (!codec.IsWriting) (_details, _policy) = (new OrderDetails(), new ShopPolicy());
        codec.Record(_details);
        codec.Record(_policy);
        codec.List(ref _lines);
        codec.List(ref _payments);
        codec.List(ref _refunds);
        codec.List(ref _kept);
        codec.List(_history);
        codec.List(ref _explanations);
        codec.Texts(ref _flags);
        codec.List(ref _calls);
        codec.Texts(ref _ranked);
        codec.Bool(ref _held);
        codec.Bool(ref _cancelled);
        codec.Bool(ref _expired);
        codec.Bool(ref _reopened);
        codec.Bool(ref _forgotten);
        codec.Bool(ref _hasStep);
        codec.Text(ref _heldReason);
        codec.Text(ref _endReason);
        codec.Text(ref _operator);
        codec.Text(ref _carrier);
        codec.Text(ref _trackingNumber);
        codec.Long(ref _receivedAt);
        codec.Long(ref _lockBase);
        codec.Long(ref _stateSince);
        codec.Long(ref _cancelledValue);
        codec.Long(ref _keySequence);
        codec.Int(ref _keyIndex);
        codec.Int(ref _waitingLine);
        codec.Int(ref _tries);
        codec.Long(ref _retryAt);
        codec.Enum(ref _phase);
        codec.Enum(ref _round);
        codec.Enum(ref _step);
        var state = State;
        codec.Enum(ref state);
        State = state;
        codec.Long(ref _remindAt);
        if (codec.More(_cancellations.Length > 0)) LayoutCancellations(codec);
    }

    void LayoutCancellations(Codec codec)
    {
        var count = codec.Count(_cancellations.Length);
        if (!codec.IsWriting) _cancellations = new ulong[count];
        for (var i = 0; i < count; i++) codec.Fixed64(ref _cancellations[i]);
    }
}
