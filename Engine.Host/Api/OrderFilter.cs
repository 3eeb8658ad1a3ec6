using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Host.Security;

namespace Engine.Host.Api;

/// <summary>Which open orders a list is about. Runs on the partitions: it only looks.</summary>
sealed class OrderFilter
{
    const long Hour = 60 * 60 * 1000;
    const int StalledHoursMax = 24 * 365;

    MicroState? _state;
    StandardStatus? _status;
    string _prefix = "";
    string? _shop, _warehouse, _tag;
    bool _overdue;
    int _stalledHours;
    Caller? _caller;

    readonly ServiceClock _clock;

    OrderFilter(ServiceClock clock) => _clock = clock;

    public static OrderFilter Read(HttpContext http, Faults faults, ServiceClock clock)
    {
        var filter = new OrderFilter(clock) { _warehouse = http.Query("warehouse"), _tag = http.Query("tag"), _shop = http.Query("shop"), _caller = http.Caller() };
        if (http.Query("platform") is { } platform) filter._prefix = platform + ":";
        if (http.Query("state") is { } state && (filter._state = MicroStates.Parse(state)) is null) faults.Add("state", "unknown_value", "Not one of the micro-states.");
        if (http.Query("status") is { } status && (filter._status = MicroStates.ParseStatus(status)) is null) faults.Add("status", "unknown_value", "Not one of the standard statuses.");
        if (http.Query("overdue") is { } overdue && !bool.TryParse(overdue, out filter._overdue)) faults.Add("overdue", "wrong_type", "true or false is wanted.");
        if (http.Query("stalledHours") is { } hours && (!int.TryParse(hours, out filter._stalledHours) || filter._stalledHours is < 1 or > StalledHoursMax))
            faults.Add("stalledHours", "out_of_range", $"1 to {StalledHoursMax} is wanted.");
        return filter;
    }

    public bool Fits(OrderActor order, long now) =>
        order.Known && !order.State.IsClosed()
        && (_state is null || order.State == _state)
        && (_status is null || order.State.Status(order.IsPaid) == _status)
        && order.OrderId.StartsWith(_prefix, StringComparison.Ordinal)
        && (_shop is null || HasShop(order.OrderId, _shop))
        && (_warehouse is null || order.Lines.Any(l => l.Warehouse == _warehouse))
        && (_tag is null || order.Details.Tags.Contains(_tag))
        && (!_overdue || _clock.IsOverdue(order.State, order.StateSince, order.Details.ShipBy, now))
        && (_stalledHours == 0 || now - order.StateSince > _stalledHours * Hour)
        && (_caller!.Warehouses is null || order.Lines.Any(l => _caller.MaySee(l.Warehouse)));

    static bool HasShop(string orderId, string shop)
    {
        var from = orderId.IndexOf(':') + 1;
        return string.CompareOrdinal(orderId, from, shop, 0, shop.Length) == 0 && from + shop.Length < orderId.Length && orderId[from + shop.Length] == ':';
    }
}
