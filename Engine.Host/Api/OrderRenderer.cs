using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Adapters.Views;
using Engine.Host.Ingress;

namespace Engine.Host.Api;

/// <summary>Shows orders: the whole one with the person in the clear, the summary of lists without.</summary>
/// <param name="personal">Null to show nobody.</param>
sealed class OrderRenderer(PersonalDesk? personal, ServiceClock clock)
{
    /// <summary>The flag of an order whose personal data can't be opened.</summary>
    const string PersonUnreadable = "personal_data_unreadable";

    static readonly string[] Urgencies = ["normal", "high", "urgent"];

    /// <exception cref="StoreUnavailableException" />
    public OrderJson Whole(OrderView order)
    {
        var details = order.Details;
        var isDamaged = false;
        var person = personal?.Open(order, out isDamaged);
        var s = Summary(order);
        return new OrderJson
        {
            OrderId = s.OrderId, Platform = s.Platform, Shop = s.Shop, PlatformOrderId = s.PlatformOrderId, State = s.State, Status = s.Status,
            StateSince = s.StateSince, Operator = s.Operator, Overdue = s.Overdue, DueAt = s.DueAt, Stalled = s.Stalled, NextSteps = s.NextSteps, PlacedAt = s.PlacedAt, ReceivedAt = s.ReceivedAt,
            Urgency = s.Urgency, ShipBy = s.ShipBy, HeldReason = s.HeldReason, Lines = s.Lines, LockTier = s.LockTier, LockExpiresAt = s.LockExpiresAt,
            Amounts = s.Amounts, Tags = s.Tags, Flags = isDamaged ? [.. s.Flags, PersonUnreadable] : s.Flags,
            Source = order.Source,
            Payments = [.. order.Payments.Select(p => new PaymentJson(p.Reference, Word(p.Status), p.Amount == PaymentFact.Whole ? details.Total : p.Amount, p.At, p.ArrivedAt))],
            Refunds = [.. order.Refunds.Select(r => new RefundJson(r.Reference, Word(r.Status), r.Amount == PaymentFact.Whole ? null : r.Amount, r.At))],
            RefundDue = order.RefundDue,
            Carrier = OrNull(order.Carrier),
            TrackingNumber = OrNull(order.TrackingNumber),
            Buyer = new BuyerJson(person?.BuyerId, person?.Name, person?.Phone, person?.VipLevel),
            Address = new AddressJson(
                OrNull(details.Place.Country), OrNull(details.Place.Province), OrNull(details.Place.City), OrNull(details.Place.District),
                person?.Street, person?.PostalCode, person?.Lat, person?.Lon),
            Note = person?.Note,
            Compliance = person?.Compliance,
            Explain = [.. order.Explain.Select(e => new ExplainJson(e.Decision, e.Rule, e.Inputs, e.WouldChange, e.At))],
        };
    }

    public OrderSummaryJson Summary(OrderView order)
    {
        var (details, name) = (order.Details, Names.Order(order.OrderId)!.Value);
        return new OrderSummaryJson
        {
            OrderId = order.OrderId,
            Platform = name.Platform,
            Shop = name.Shop,
            PlatformOrderId = name.PlatformOrderId,
            State = order.State.Name(),
            Status = order.Status.Name(),
            StateSince = order.StateSince,
            Operator = OrNull(order.Operator),
            Overdue = clock.IsOverdue(order.State, order.StateSince, details.ShipBy, order.At),
            DueAt = Instant.OrNull(clock.DueAt(order.State, order.StateSince, details.ShipBy) ?? 0),
            Stalled = clock.IsStalled(order.State, order.StateSince, order.At),
            NextSteps = NextSteps(order.State),
            PlacedAt = details.PlacedAt,
            ReceivedAt = order.ReceivedAt,
            Urgency = Urgencies[details.Urgency],
            ShipBy = Instant.OrNull(details.ShipBy),
            HeldReason = OrNull(order.HeldReason),
            Lines = [.. order.Lines.Select(Line)],
            LockTier = order.HasLock ? order.LockTier == LockTier.Order ? "order" : "paying" : null,
            LockExpiresAt = order.HasLock ? order.LockExpiresAt : null,
            Amounts = new AmountsJson(details.Goods, details.Freight, details.Discount, details.Tax, details.Total, details.Currency),
            Tags = details.Tags,
            Flags = order.Flags,
        };
    }

    /// <summary>As the row of the read models shows it.</summary>
    public OrderSummaryJson Summary(OrderRow row, long now) => new()
    {
        OrderId = row.OrderId,
        Platform = row.Platform,
        Shop = row.Shop,
        PlatformOrderId = row.PlatformOrderId,
        State = row.State.Name(),
        Status = row.Status,
        StateSince = row.StateSince,
        Operator = row.Operator,
        Overdue = clock.IsOverdue(row.State, row.StateSince, row.ShipBy ?? 0, now),
        DueAt = Instant.OrNull(clock.DueAt(row.State, row.StateSince, row.ShipBy ?? 0) ?? 0),
        Stalled = clock.IsStalled(row.State, row.StateSince, now),
        NextSteps = NextSteps(row.State),
        PlacedAt = row.PlacedAt,
        ReceivedAt = row.ReceivedAt,
        Urgency = Urgencies[row.Urgency],
        ShipBy = row.ShipBy,
        HeldReason = row.HeldReason,
        Lines = [.. row.Lines.Select(Line)],
        LockTier = row.LockTier,
        LockExpiresAt = row.LockExpiresAt,
        Amounts = new AmountsJson(row.Goods, row.Freight, row.Discount, row.Tax, row.Total, row.Currency),
        Tags = row.Tags,
        Flags = row.Flags,
    };

    /// <summary>What the state leads to, and whether it can still be cancelled.</summary>
    static List<string> NextSteps(MicroState state)
    {
        var steps = Transitions.NextSteps(state).Select(s => s.Name()).ToList();
        if (Transitions.CanCancel(state)) steps.Add(MicroState.Cancelled.Name());
        return steps;
    }

    static OrderComponentJson Component(OrderLineView part) =>
        new(part.Sku, part.Quantity, OrNull(part.Warehouse), OrNull(part.ReservationId), State(part));

    static string State(OrderLineView line) => line.Quantity == 0 ? "cancelled" : Word(line.Stock);

    static OrderLineJson Line(OrderLineView line) => new(
        line.Ordered.LineId, OrNull(line.Sku), line.Ordered.Code, line.Quantity, OrNull(line.Warehouse), OrNull(line.ReservationId),
        State(line), line.Ordered.UnitPrice, line.Ordered.Discount, OrNull(line.Ordered.GiftOf), line.Ordered.Presale)
    {
        Components = line.Components.Count > 0 ? [.. line.Components.Select(Component)] : null,
    };

    static OrderLineJson Line(LineRow l) =>
        new(l.LineId, l.Sku, l.Code, l.Quantity, l.Warehouse, l.ReservationId, l.State, l.UnitPrice, l.Discount, l.GiftOf, l.Presale)
        {
            Components = l.Components.Count > 0 ? [.. l.Components.Select(c => new OrderComponentJson(c.Sku!, c.Quantity, c.Warehouse, c.ReservationId, c.State))] : null,
        };

    public static HistoryItemJson Entry(HistoryItem item, long sequence) => new(sequence, item.At, item.State.Name(), item.State.Status(item.Paid).Name(), item.Event, item.Source)
    {
        Operator = OrNull(item.Operator),
        Device = OrNull(item.Device),
        Reason = OrNull(item.Reason),
        ReportedAt = Instant.OrNull(item.ReportedAt),
        Behind = item.Behind,
    };

    // All these enums are named by a single word.
    static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    static string? OrNull(string text) => text.Length == 0 ? null : text;
}
