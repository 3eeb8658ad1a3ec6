using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Adapters.Views;
using Engine.Host.Views;

namespace Engine.Host.Api;

/// <summary>Reads which orders a list is about.</summary>
static class OrderFilters
{
    const long Hour = 60 * 60 * 1000;
    const int StalledHoursMax = 24 * 365;
    const int SoughtMax = 100;

    public static OrderFilter Read(HttpContext http, Faults faults, PersonIndex persons, ServiceClock clock, long now)
    {
        var sought = http.Query("q")?.Trim();
        if (sought?.Length is 0 or > SoughtMax) faults.Add("q", "out_of_range", $"1 to {SoughtMax} characters are wanted.");
        var stalled = StalledHours(http, faults);
        return new OrderFilter
        {
            Now = now,
            State = State(http, faults),
            Status = Status(http, faults),
            Platform = http.Query("platform"),
            Shop = http.Query("shop"),
            Warehouse = http.Query("warehouse"),
            OnlyWarehouses = http.Caller().Warehouses,
            Tag = http.Query("tag"),
            Overdue = Overdue(http, faults),
            StateLimits = [.. clock.Limits.Select(l => (l.Key, l.Value))],
            StalledSince = stalled == 0 ? 0 : now - (stalled * Hour),
            Number = sought,
            Person = sought is null ? PersonHashes.None : persons.Of(sought),
            PlacedFrom = Moment(http, "placedFrom", faults),
            PlacedTo = Moment(http, "placedTo", faults),
        };
    }

    static MicroState? State(HttpContext http, Faults faults)
    {
        if (http.Query("state") is not { } word) return null;
        var state = MicroStates.Parse(word);
        if (state is null) faults.Add("state", "unknown_value", "Not one of the micro-states.");
        return state;
    }

    static StandardStatus? Status(HttpContext http, Faults faults)
    {
        if (http.Query("status") is not { } word) return null;
        var status = MicroStates.ParseStatus(word);
        if (status is null) faults.Add("status", "unknown_value", "Not one of the standard statuses.");
        return status;
    }

    static bool Overdue(HttpContext http, Faults faults)
    {
        var isOverdue = false;
        if (http.Query("overdue") is { } word && !bool.TryParse(word, out isOverdue)) faults.Add("overdue", "wrong_type", "true or false is wanted.");
        return isOverdue;
    }

    static int StalledHours(HttpContext http, Faults faults)
    {
        var hours = 0;
        if (http.Query("stalledHours") is { } word && (!int.TryParse(word, out hours) || hours is < 1 or > StalledHoursMax))
            faults.Add("stalledHours", "out_of_range", $"1 to {StalledHoursMax} is wanted.");
        return hours;
    }

    public static long? Moment(HttpContext http, string name, Faults faults)
    {
        if (http.Query(name) is not { } text) return null;
        if (Instants.TryRfc3339(text, out var instant)) return instant.ToUnixTimeMilliseconds();
        faults.Add(name, "bad_format", "A time as 2026-01-01T00:00:00Z is wanted.");
        return null;
    }
}
