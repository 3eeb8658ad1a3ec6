using Engine.Actors.Orders;

namespace Engine.Simulation.Clients;

/// <summary>One thing that is said about an order.</summary>
sealed class Fact(string name, Func<Intake> intake)
{
    public string Name { get; } = name;
    public Intake Intake => intake();
    public Delivered Delivered { get; } = new();
    /// <summary>Whether what it says is part of the order; null where a refusal would be fine too.</summary>
    public Func<OrderActor, bool>? Took { get; init; }
}

/// <summary>All that will be said about one order, in the order in which it happens; how it arrives is another matter.</summary>
sealed class OrderPlan
{
    const string Platform = "standard", Shop = "shop";

    readonly World _world;
    readonly Random _random;
    readonly string _number;
    readonly ShopPolicy _policy;
    readonly OrderDetails _details;
    readonly List<Fact> _facts = [];

    public OrderPlan(World world, Random random, int number, long now)
    {
        (_world, _random, _number) = (world, random, $"o{number}");
        _policy = world.Policy();
        _details = Details(now);
        Plan(now);
    }

    public string OrderId => $"{Platform}:{Shop}:{_number}";
    public List<Fact> Facts => _facts;

    OrderDetails Details(long now)
    {
        var details = new OrderDetails
        {
            PlacedAt = now - _random.Next(4) switch { 0 => 0, 1 => 20 * 60_000, 2 => -5000, _ => _random.Next(20_000) },
            Urgency = (byte)_random.Next(3),
            Place = _world.Place(),
            CashOnDelivery = _random.Next(10) == 0,
            Currency = "CNY",
        };
        var lines = _random.Next(1, 5);
        for (var i = 0; i < lines; i++) details.Lines.Add(Line(i, details.Lines));
        details.Goods = details.Total = _random.Next(20) == 0 ? 0 : details.Lines.Sum(l => l.UnitPrice * l.Quantity);
        return details;
    }

    OrderedLine Line(int i, List<OrderedLine> before)
    {
        var line = new OrderedLine { LineId = $"l{i}", Quantity = _random.Next(1, 3), UnitPrice = 100, Code = _world.Wanted() };
        if (_random.Next(12) == 0) (line.Code, line.ByPlatformSku) = (World.Codes[_random.Next(World.Codes.Length)], _random.Next(2) == 0);
        if (before.Count > 0 && _random.Next(5) == 0) (line.GiftOf, line.UnitPrice) = (before[0].LineId, 0);
        if (before.Count > 0 && _random.Next(5) == 0) line.Code = before[0].Code;
        return line;
    }

    void Plan(long now)
    {
        var paidWithOrder = _random.Next(5) == 0;
        Say("placed", o => o.Known, details: true, payment: paidWithOrder ? Payment("p0", PayStatus.Succeeded) : null);
        if (_random.Next(3) == 0) Say("repeat", o => o.Known, details: true, payment: _random.Next(2) == 0 ? Payment("p1", PayStatus.Succeeded) : null);
        if (!_details.CashOnDelivery && !paidWithOrder) PlanPayment();
        switch (_random.Next(8))
        {
            case 0: SayCancelled(); break;
            case 1: SayLinesCancelled(); break;
            case 2: SayRefund(); break;
            case 3: SayCancelled(); SayRefund(); break;
            case 4: PlanSteps(); break;
            case 5:
                PlanSteps();
                SayLinesCancelled();
                break;
            case 6:
                PlanSteps();
                if (_random.Next(2) == 0) SayCancelled();
                SayRefund();
                break;
            default: break;
        }
    }

    void PlanPayment()
    {
        var pick = _random.Next(10);
        if (pick == 0) return;
        if (pick < 7) Say("started", Has("p1", PayStatus.Started), payment: Payment("p1", PayStatus.Started));
        if (pick == 1) return;
        if (pick is 2 or 3 or 8) Say("failed", Has("p1", PayStatus.Failed), payment: Payment("p1", PayStatus.Failed));
        if (pick == 2) return;
        if (pick == 4)
        {
            Say("half", Has("p1", PayStatus.Succeeded), payment: Payment("p1", PayStatus.Succeeded, _details.Total / 2));
            Say("half", Has("p2", PayStatus.Succeeded), payment: Payment("p2", PayStatus.Succeeded, _details.Total - _details.Total / 2));
            return;
        }
        var reference = pick == 3 ? "p2" : "p1";
        Say("succeeded", Has(reference, PayStatus.Succeeded), payment: Payment(reference, PayStatus.Succeeded));
        if (pick == 5) Say("paid twice", Has("p2", PayStatus.Succeeded), payment: Payment("p2", PayStatus.Succeeded));
    }

    void PlanSteps()
    {
        if (_random.Next(3) == 0)
        {
            SayStep(MicroState.Shipped, StepRole.Platform, o => o.HasStep || o.Kept.Any(k => k.Step?.Step == MicroState.Shipped));
            if (_random.Next(2) == 0) SayStep(MicroState.Completed, StepRole.Platform, null);
            return;
        }
        if (_random.Next(2) == 0)
        {
            // Each warehouse reports what it has done itself, of an order that may be split.
            foreach (var warehouse in _world.Warehouses)
                foreach (var step in (MicroState[])[MicroState.Picking, MicroState.Packed, MicroState.Shipped])
                    if (_random.Next(8) > 0) SayStep(step, StepRole.Warehouse, null, warehouse);
            return;
        }
        foreach (var step in (MicroState[])[MicroState.Picking, MicroState.Packed, MicroState.Shipped, MicroState.Delivered, MicroState.Completed])
        {
            if (_random.Next(8) == 0) return;
            SayStep(step, step == MicroState.Completed ? StepRole.CustomerService : StepRole.Warehouse, o => o.HasStep || o.Cancelled);
        }
    }

    void SayCancelled() => Say("cancelled", o => o.Cancelled || o.Kept.Any(k => k.Step is null) || o.HasFlag("cancelled_after_shipping"), cancellation: new Cancellation("changed my mind", "buyer"));

    void SayLinesCancelled()
    {
        var line = _details.Lines[_random.Next(_details.Lines.Count)];
        var some = new CancelledQuantity { LineId = line.LineId, Quantity = _random.Next(1, line.Quantity + 1) };
        Say("lines cancelled", null, cancellation: new Cancellation("one too many", "cs", [some]), keepEarly: false);
    }

    void SayRefund()
    {
        if (_random.Next(2) == 0) Say("refund asked", o => o.Refunds.Count > 0, refund: new RefundFact { Reference = "f1", Status = RefundProgress.Requested, Amount = PaymentFact.Whole, Full = true });
        Say("refunded", o => o.Refunds.Any(r => r.Status == RefundProgress.Succeeded), refund: new RefundFact { Reference = "f1", Status = RefundProgress.Succeeded, Amount = PaymentFact.Whole, Full = true });
    }

    void SayStep(MicroState step, StepRole role, Func<OrderActor, bool>? took, string? warehouse = null) =>
        Say(step.Name(), took, step: new StepFact { Step = step, Role = role, Operator = warehouse ?? "w1", Carrier = step == MicroState.Shipped ? "sf" : "" }, keepEarly: role == StepRole.Platform, warehouse: warehouse);

    static Func<OrderActor, bool> Has(string reference, PayStatus atLeast) => o => o.Payments.Any(p => p.Reference == reference && Rank(p.Status) >= Rank(atLeast));

    static int Rank(PayStatus status) => status switch { PayStatus.Failed => 2, PayStatus.Succeeded => 3, _ => (int)status };

    PaymentFact Payment(string reference, PayStatus status, long amount = PaymentFact.Whole) => new() { Reference = reference, Status = status, Amount = amount };

    void Say(string name, Func<OrderActor, bool>? took, bool details = false, PaymentFact? payment = null, Cancellation? cancellation = null,
        RefundFact? refund = null, StepFact? step = null, bool keepEarly = true, string? warehouse = null)
    {
        var flags = payment?.Reference;
        _facts.Add(new Fact(name, () => new Intake
        {
            Platform = Platform,
            Shop = Shop,
            PlatformOrderId = _number,
            Source = "webhook:standard",
            Policy = _policy,
            Details = details ? _details : null,
            Payment = payment,
            Cancellation = cancellation,
            Refund = refund,
            Step = step,
            KeepEarly = keepEarly,
            OnlyWarehouses = warehouse is null ? null : [warehouse],
            WrappedKey = details ? [1, 2, 3] : [],
        })
        {
            Took = payment is null || took is null ? took : o => took(o) && Has(flags!, PayStatus.Started)(o),
        });
    }
}
