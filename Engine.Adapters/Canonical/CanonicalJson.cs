using Engine.Adapters.Platforms;

namespace Engine.Adapters.Canonical;

/// <summary>
/// Reads the canonical request bodies: the order and what is told of it afterwards. A body comes back whole or with all
/// its faults; unknown fields are ignored; nothing is thrown.
/// </summary>
public static class CanonicalJson
{
    private static readonly string[] MicroStates =
    [
        "received", "held", "reserving", "backordered", "awaiting_payment", "paying", "paid", "allocated", "wave_assigned",
        "picking", "labelling", "packed", "awaiting_loading", "shipped", "in_transit", "out_for_delivery", "delivered",
        "completed", "intercepting", "intercepted", "customer_rejected", "return_requested", "returning", "inspected",
        "refunding", "refunded", "cancelled", "expired",
    ];

    /// <summary>The body of <c>POST /v1/orders</c>.</summary>
    public static Reading<CanonicalOrder> ReadOrder(ReadOnlyMemory<byte> utf8) =>
        Read(utf8, static body => ReadOrder(body, body.Text("platform", required: true) ?? "", body.Text("shop", required: true) ?? ""));

    /// <summary>The body of <c>POST …/payments</c>.</summary>
    public static Reading<CanonicalPayment> ReadPayment(ReadOnlyMemory<byte> utf8) =>
        Read(utf8, static body => ReadPaymentFact(body, body.Instant("at", required: true)));

    /// <summary>The body of <c>POST …/cancellation</c>.</summary>
    public static Reading<CancellationPush> ReadCancellation(ReadOnlyMemory<byte> utf8) =>
        Read(utf8, static body => ReadCancellation(body, body.Text("by", required: true), at: null));

    /// <summary>The body of <c>POST …/steps</c>.</summary>
    public static Reading<StepPush> ReadStep(ReadOnlyMemory<byte> utf8) =>
        Read(utf8, static body => ReadStep(body, body.Text("operator", required: true), body.Instant("at")));

    /// <summary>An order whose platform and shop are known from elsewhere, as from the path of a webhook.</summary>
    public static CanonicalOrder ReadOrder(Fields body, string platform, string shop)
    {
        var order = new CanonicalOrder
        {
            Platform = platform,
            Shop = shop,
            PlatformOrderId = body.Text("platformOrderId", required: true) ?? "",
            PlacedAt = body.Instant("placedAt", required: true) ?? default,
            ClientSubmittedAt = body.Instant("clientSubmittedAt"),
            Urgency = body.Choice<Urgency>("urgency", [("normal", Urgency.Normal), ("high", Urgency.High), ("urgent", Urgency.Urgent)], Urgency.Normal),
            ShipBy = body.Instant("shipBy"),
            Buyer = body.Object("buyer") is { } buyer ? ReadBuyer(buyer) : null,
            Address = body.Object("address") is { } address ? ReadAddress(address) : null,
            Lines = Array.ConvertAll(body.Objects("lines", OrderRules.LinesMax, required: true), ReadLine),
            Amounts = ReadAmounts(body.ObjectOrEmpty("amounts")),
            Payment = body.Object("payment") is { } payment ? ReadOrderPayment(payment) : null,
            Tags = body.Texts("tags", OrderRules.TagsMax),
            Note = body.Text("note"),
            Compliance = body.ObjectOrEmpty("compliance").Values(),
        };
        OrderRules.Check(order, body.Faults);
        return order;
    }

    /// <summary>A payment fact, <c>{status, reference, amount?}</c>; its time is read by the caller.</summary>
    public static CanonicalPayment ReadPaymentFact(Fields body, DateTimeOffset? at)
    {
        var payment = new CanonicalPayment
        {
            Status = body.Choice<PaymentStatus>(
                "status",
                [("started", PaymentStatus.Started), ("succeeded", PaymentStatus.Succeeded), ("failed", PaymentStatus.Failed)],
                PaymentStatus.Pending,
                required: true),
            Reference = body.Text("reference", required: true),
            At = at,
            Amount = body.Whole("amount", 1, Money.Most),
        };
        OrderRules.CheckPayment(payment, "", body.Faults);
        return payment;
    }

    /// <summary>A cancellation, <c>{reason, lines?}</c>; who says so is read by the caller.</summary>
    public static CancellationPush ReadCancellation(Fields body, string? by, DateTimeOffset? at)
    {
        // Without lines all of the order is meant; an empty list is a caller's mistake.
        var lines = Array.ConvertAll(body.Objects("lines", OrderRules.LinesMax, required: body.Has("lines")), ReadCancelledLine);
        var cancellation = new CancellationPush(body.Text("reason", required: true) ?? "", at, lines.Length == 0 ? null : lines, by);
        OrderRules.CheckText(cancellation.Reason, "reason", OrderRules.TextLengthMax, body.Faults);
        OrderRules.CheckText(by, "by", OrderRules.TextLengthMax, body.Faults);
        OrderRules.CheckCancelledLines(lines, body.Faults);
        return cancellation;
    }

    /// <summary>A step, <c>{step, device?, carrier?, trackingNumber?, reason?}</c>; operator and time are read by the caller.</summary>
    public static StepPush ReadStep(Fields body, string? @operator, DateTimeOffset? at)
    {
        var step = body.Text("step", required: true) ?? "";
        if (!MicroStates.Contains(step, StringComparer.Ordinal))
            body.Refuse<string>("step", "unknown_value", "Not one of the micro-states.");
        OrderRules.CheckText(@operator, "operator", OrderRules.TextLengthMax, body.Faults);
        return new StepPush(
            step, at, @operator, Short(body, "device"), Short(body, "carrier"), Short(body, "trackingNumber"), Short(body, "reason"));
    }

    private static string? Short(Fields body, string name)
    {
        var text = body.Text(name);
        OrderRules.CheckText(text, name, OrderRules.TextLengthMax, body.Faults);
        return text;
    }

    private static Reading<T> Read<T>(ReadOnlyMemory<byte> utf8, Func<Fields, T> read)
        where T : class
    {
        var faults = new Faults();
        using var document = JsonBody.Parse(utf8, faults);
        if (document is null)
            return new Reading<T>(null, faults.Found);
        var value = read(Fields.Of(document.RootElement, faults));
        return new Reading<T>(faults.Any ? null : value, faults.Found);
    }

    private static CanonicalBuyer ReadBuyer(Fields buyer) => new()
    {
        Id = buyer.Text("id"),
        Name = buyer.Text("name"),
        Phone = buyer.Text("phone"),
        VipLevel = buyer.Text("vipLevel"),
    };

    private static CanonicalAddress ReadAddress(Fields address) => new()
    {
        Country = address.Text("country"),
        Province = address.Text("province"),
        City = address.Text("city"),
        District = address.Text("district"),
        Street = address.Text("street"),
        PostalCode = address.Text("postalCode"),
        Lat = address.Degrees("lat"),
        Lon = address.Degrees("lon"),
    };

    private static CanonicalLine ReadLine(Fields line) => new()
    {
        LineId = line.Text("lineId", required: true) ?? "",
        Sku = line.Text("sku", required: true) ?? "",
        Quantity = (int)(line.Whole("quantity", 1, OrderRules.QuantityMax, required: true) ?? 0),
        UnitPrice = line.Whole("unitPrice", 0, Money.Most) ?? 0,
        Discount = line.Whole("discount", 0, Money.Most) ?? 0,
        GiftOf = line.Text("giftOf"),
        Presale = line.Flag("presale"),
    };

    private static CancelledLine ReadCancelledLine(Fields line) => new(
        line.Text("lineId", required: true) ?? "",
        (int)(line.Whole("quantity", 1, OrderRules.QuantityMax, required: true) ?? 0));

    private static CanonicalAmounts ReadAmounts(Fields amounts) => new()
    {
        Goods = amounts.Whole("goods", 0, Money.Most) ?? 0,
        Freight = amounts.Whole("freight", 0, Money.Most) ?? 0,
        Discount = amounts.Whole("discount", 0, Money.Most) ?? 0,
        Tax = amounts.Whole("tax", 0, Money.Most) ?? 0,
        Total = amounts.Whole("total", 0, Money.Most, required: true) ?? 0,
        Currency = amounts.Text("currency", required: true) ?? "",
    };

    // Everything here is optional: many platforms mask it.
    private static CanonicalPayment ReadOrderPayment(Fields payment) => new()
    {
        Method = payment.Choice<PaymentMethod>(
            "method", [("online", PaymentMethod.Online), ("cash_on_delivery", PaymentMethod.CashOnDelivery)], PaymentMethod.Online),
        Status = payment.Choice<PaymentStatus>(
            "status",
            [("pending", PaymentStatus.Pending), ("started", PaymentStatus.Started), ("succeeded", PaymentStatus.Succeeded), ("failed", PaymentStatus.Failed)],
            PaymentStatus.Pending),
        Reference = payment.Text("reference"),
        At = payment.Instant("at"),
        Amount = payment.Whole("amount", 0, Money.Most),
    };
}
