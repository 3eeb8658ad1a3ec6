using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Engine.Actors.Asking;
using Engine.Actors.Fulfilment;
using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Adapters.Platforms;
using Engine.Host.Api;

namespace Engine.Host.Ingress;

/// <summary>
/// From the words of the edge to the one command an order understands. Here the personal part is sealed, so that nothing
/// behind this point holds it in the clear.
/// </summary>
sealed class IntakeFactory(Shops shops, PersonalDesk personal, NearDuplicates duplicates, TimeProvider time)
{
    static readonly TimeSpan ClientDeviationMax = TimeSpan.FromSeconds(3);
    const int StatusMax = 64;

    long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Whether the command goes before new work.</summary>
    public static Lane LaneOf(Intake intake) =>
        intake.Details is null && (intake.Payment is not null || intake.Cancellation is not null || intake.Refund is not null) ? Lane.Urgent : Lane.Normal;

    public Intake Order(CanonicalOrder order, string source) =>
        Make(new OrderName(order.Platform, order.Shop, order.PlatformOrderId), source, keepEarly: true, order, order.Payment);

    /// <summary>What a platform pushed; null where it says nothing that an order needs to know.</summary>
    /// <param name="message">The platform's id of the message (<see cref="ParsedMessage.DedupeKey"/>).</param>
    public Intake? Push(string platform, string shop, string message, OrderPush push, string source)
    {
        var saysNothingElse = push is { Order: null, Payment: null, Cancellation: null, Refund: null, Step: null };
        var status = saysNothingElse ? push.PlatformStatus : push.UntranslatedStatus;
        if (saysNothingElse && status is null) return null;
        return Make(
            new OrderName(platform, shop, push.PlatformOrderId), source, keepEarly: true, push.Order, push.Payment ?? push.Order?.Payment,
            push.Cancellation is { } c ? Cancelled(c, platform) with { Reference = Hash(message) } : null,
            push.Refund is { } r ? Refunded(r) : null,
            push.Step is { } s ? Stepped(s, StepRole.Platform) : null,
            status: status);
    }

    public Intake Payment(OrderName name, CanonicalPayment payment, string source, Idempotency? call) =>
        Make(name, source, keepEarly: true, payment: payment, call: call);

    public Intake Cancellation(OrderName name, CancellationPush cancellation, string source, Idempotency? call) =>
        Make(name, source, keepEarly: false, cancellation: Cancelled(cancellation, "api"), call: call);

    public Intake Step(OrderName name, StepPush step, StepRole role, string source, IReadOnlyCollection<string>? onlyWarehouses, Idempotency? call) =>
        Make(name, source, keepEarly: false, step: Stepped(step, role), onlyWarehouses: onlyWarehouses, call: call);

    Intake Make(
        OrderName name, string source, bool keepEarly, CanonicalOrder? order = null, CanonicalPayment? payment = null, Cancellation? cancellation = null,
        RefundFact? refund = null, StepFact? step = null, IReadOnlyCollection<string>? onlyWarehouses = null, Idempotency? call = null, string? status = null)
    {
        var (cipher, key, hash) = order is null ? ([], [], 0) : personal.Seal(PersonalData.Of(order), name.OrderId);
        return new Intake
        {
            Platform = name.Platform,
            Shop = name.Shop,
            PlatformOrderId = name.PlatformOrderId,
            Source = source,
            Policy = shops.Policy(name.Platform, name.Shop),
            KeepEarly = keepEarly,
            Details = order is null ? null : Details(order, cipher, hash),
            WrappedKey = key,
            Flags = Flags(order, name, status),
            Payment = payment is null ? null : Paid(payment, name),
            Cancellation = cancellation,
            Refund = refund,
            Step = step,
            OnlyWarehouses = onlyWarehouses,
            Idempotency = call,
        };
    }

    List<string> Flags(CanonicalOrder? order, OrderName name, string? status)
    {
        List<string> flags = [];
        if (status is not null) flags.Add($"platform_status:{status[..Math.Min(status.Length, StatusMax)]}");
        if (order is null) return flags;
        if (order.ClientSubmittedAt is { } submitted && (submitted - order.PlacedAt).Duration() > ClientDeviationMax) flags.Add("client_time_deviates");
        if (duplicates.Find(order, name.OrderId) is { } other) flags.Add($"near_duplicate:{other}");
        return flags;
    }

    static OrderDetails Details(CanonicalOrder order, byte[] sealedPart, ulong personalHash) => new()
    {
        PlacedAt = order.PlacedAt.ToUnixTimeMilliseconds(),
        ClientSubmittedAt = order.ClientSubmittedAt?.ToUnixTimeMilliseconds() ?? 0,
        Urgency = (byte)order.Urgency,
        ShipBy = order.ShipBy?.ToUnixTimeMilliseconds() ?? 0,
        Place = PlaceOf(order.Address),
        Lines = [.. order.Lines.Select(l => new OrderedLine
        {
            LineId = l.LineId, Code = l.Sku, ByPlatformSku = l.ByPlatformSku, Quantity = l.Quantity, UnitPrice = l.UnitPrice, Discount = l.Discount, GiftOf = l.GiftOf ?? "", Presale = l.Presale,
        })],
        Goods = order.Amounts.Goods,
        Freight = order.Amounts.Freight,
        Discount = order.Amounts.Discount,
        Tax = order.Amounts.Tax,
        Total = order.Amounts.Total,
        Currency = order.Amounts.Currency,
        CashOnDelivery = order.Payment?.Method == PaymentMethod.CashOnDelivery,
        Tags = [.. order.Tags],
        Personal = sealedPart,
        PersonalHash = personalHash,
    };

    static Place PlaceOf(CanonicalAddress? address) => address is null ? new Place() : new Place
    {
        Country = address.Country ?? "",
        Province = address.Province ?? "",
        City = address.City ?? "",
        District = address.District ?? "",
        HasLocation = address is { Lat: not null, Lon: not null },
        Latitude = Tenths(address.Lat),
        Longitude = Tenths(address.Lon),
    };

    /// <summary>Near enough to choose a warehouse by, too coarse to find a door.</summary>
    static int Tenths(double? degrees) => (int)Math.Round((degrees ?? 0) * 10);

    PaymentFact? Paid(CanonicalPayment payment, OrderName name) => payment.Status == PaymentStatus.Pending ? null : new PaymentFact
    {
        // A payment that comes with its order and has no number of its own is the order's.
        Reference = payment.Reference ?? name.PlatformOrderId,
        Status = (PayStatus)payment.Status,
        Amount = payment.Amount ?? PaymentFact.Whole,
        At = payment.At?.ToUnixTimeMilliseconds() ?? Now,
        ArrivedAt = Now,
    };

    static ulong Hash(string message) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(message)));

    static Cancellation Cancelled(CancellationPush push, string by) => new(
        push.Reason, push.By ?? by, push.Lines is null ? null : [.. push.Lines.Select(l => new CancelledQuantity { LineId = l.LineId, Quantity = l.Quantity })]);

    RefundFact Refunded(RefundPush push) => new()
    {
        Reference = push.Reference, Status = (RefundProgress)push.Status, Amount = push.Amount ?? PaymentFact.Whole, Full = push.Full, At = push.At?.ToUnixTimeMilliseconds() ?? Now,
    };

    static StepFact Stepped(StepPush push, StepRole role) => new()
    {
        Step = MicroStates.Parse(push.Step) ?? throw new InvalidOperationException($"the step {push.Step} was not checked"),
        Role = role,
        Operator = push.Operator ?? "",
        Device = push.Device ?? "",
        At = push.At?.ToUnixTimeMilliseconds() ?? 0,
        Carrier = push.Carrier ?? "",
        TrackingNumber = push.TrackingNumber ?? "",
        Reason = push.Reason ?? "",
    };
}
