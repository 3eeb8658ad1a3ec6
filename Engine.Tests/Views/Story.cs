using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;

namespace Engine.Tests.Views;

/// <summary>
/// A random story of a shop through the real kernel: orders come, are paid, cancelled, picked, shipped, refunded and forgotten;
/// callers reserve; stock is received and lost; locks lapse. The same seed tells the same story.
/// </summary>
sealed class Story(int seed)
{
    static readonly string[] Skus = ["A", "B", "C"];
    static readonly string[] Warehouses = ["gz", "sh"];

    readonly Random _random = new(seed);
    int _orders, _reservations;

    public EngineRig Rig { get; } = new();
    public IReadOnlyList<ActorId> SkuIds { get; } = [.. Skus.Select(ActorId.Sku)];
    public IEnumerable<ActorId> OrderIds => Enumerable.Range(1, _orders).Select(n => EngineRig.OrderId($"{n}"));
    /// <summary>Whom the last step was about.</summary>
    public ActorId Touched { get; private set; }

    public void Begin()
    {
        Rig.Warehouse("gz", 23.1, 113.3);
        Rig.Warehouse("sh", 31.2, 121.5);
        foreach (var sku in Skus)
            foreach (var warehouse in Warehouses) Rig.Adjust(sku, warehouse, 5);
    }

    public void Tell(int steps)
    {
        for (var i = 0; i < steps; i++) Step();
    }

    public void Step()
    {
        var roll = _random.Next(100);
        if (roll < 35 || _orders == 0) Place();
        else if (roll < 55) Rig.Pay(Order(), PaymentFact.Whole, (PayStatus)_random.Next(1, 4), $"p{_random.Next(3)}");
        else if (roll < 62) Cancel();
        else if (roll < 74) Take((MicroState)_random.Next((int)MicroState.WaveAssigned, (int)MicroState.Completed));
        else if (roll < 77) Rig.Send(Order(), refund: new RefundFact { Reference = "r", Status = RefundProgress.Succeeded, Amount = PaymentFact.Whole, Full = true, At = Rig.Now });
        else if (roll < 79) Rig.Ask(EngineRig.OrderId(Order()), new ForgetPerson { By = "admin", Reason = "asked for" });
        else if (roll < 89) Rig.Adjust(Sku(), Warehouse(), _random.Next(-4, 6), (StockReason)_random.Next(5));
        else if (roll < 96) Reserve();
        else Rig.Pass(TimeSpan.FromMinutes(_random.Next(1, 20)));
        Rig.Pass(TimeSpan.FromMilliseconds(_random.Next(1, 5)));
    }

    string Sku() => Skus[_random.Next(Skus.Length)];

    string Warehouse() => Warehouses[_random.Next(Warehouses.Length)];

    string Order()
    {
        var id = $"{_random.Next(1, _orders + 1)}";
        Touched = EngineRig.OrderId(id);
        return id;
    }

    void Place()
    {
        var lines = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => (Sku(), _random.Next(1, 4))).ToArray();
        var details = Rig.Order(lines);
        details.Tags = _random.Next(2) == 0 ? ["直播", "vip"] : [];
        details.ShipBy = _random.Next(2) == 0 ? Rig.Now + 60_000 : 0;
        Touched = EngineRig.OrderId($"{_orders + 1}");
        // A payment may come before its order.
        if (_random.Next(8) == 0) Rig.Pay($"{_orders + 1}");
        Rig.Send($"{++_orders}", details, policy: _random.Next(4) == 0 ? EngineRig.Rejects : EngineRig.Backorders);
    }

    void Cancel()
    {
        if (_random.Next(2) == 0) Rig.Cancel(Order());
        else Rig.Cancel(Order(), ("1", 1));
    }

    void Take(MicroState step) => Rig.Send(Order(), step: new StepFact
    {
        Step = step, Role = StepRole.Anyone, Operator = "王芳", Device = "PDA-3", Carrier = "SF", TrackingNumber = "SF1",
    });

    void Reserve()
    {
        var (sku, id) = (Sku(), $"r{_random.Next(_reservations + 1)}");
        if (_random.Next(2) == 0)
        {
            _reservations++;
            var claims = new SnapshotClaims($"t{_random.Next(100_000)}", Rig.Stock(sku).Version, 0, null, Rig.Now, Rig.Now + 60_000);
            Rig.Ask(ActorId.Sku(sku), new Reserve { ReservationId = $"r{_reservations}", OrderId = "elsewhere", Quantity = _random.Next(1, 4), Token = claims, OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k" });
        }
        else Rig.Ask(ActorId.Sku(sku), new ChangeReservation { ReservationId = id, Change = (ReservationChange)_random.Next(4) });
    }
}
