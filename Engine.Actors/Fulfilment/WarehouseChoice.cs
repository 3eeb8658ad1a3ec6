namespace Engine.Actors.Fulfilment;

/// <summary>
/// Which warehouses an order would be served from, the nearest first: by coordinates, else by the province's centroid, else
/// in code order (FEATURES A10). The order then takes the first that has every line (ReservationSaga).
/// The layered allocation (D1) will stand here.
/// </summary>
public static class WarehouseChoice
{
    public static string[] Rank(Place place, IReadOnlyList<WarehouseSettings> warehouses)
    {
        var (known, latitude, longitude) = Locate(place);
        var ranked = new List<(double Distance, string Code)>(warehouses.Count);
        foreach (var warehouse in warehouses)
        {
            if (warehouse.State != WarehouseState.Open) continue;
            var distance = known && warehouse.HasLocation
                ? Kilometres(latitude, longitude, warehouse.Latitude / 1e7, warehouse.Longitude / 1e7)
                : double.MaxValue;
            ranked.Add((distance, warehouse.Code));
        }
        ranked.Sort(static (a, b) => a.Distance != b.Distance ? a.Distance.CompareTo(b.Distance) : string.CompareOrdinal(a.Code, b.Code));
        return [.. ranked.Select(static r => r.Code)];
    }

    static (bool Known, double Latitude, double Longitude) Locate(Place place)
    {
        if (place.HasLocation) return (true, place.Latitude / 10.0, place.Longitude / 10.0);
        return Provinces.Centroid(place.Province) is { } centroid ? (true, centroid.Latitude, centroid.Longitude) : (false, 0, 0);
    }

    /// <summary>Great-circle distance (haversine).</summary>
    static double Kilometres(double lat1, double lon1, double lat2, double lon2)
    {
        const double Radius = 6371, Rad = Math.PI / 180;
        var a = Math.Pow(Math.Sin((lat2 - lat1) * Rad / 2), 2) + Math.Cos(lat1 * Rad) * Math.Cos(lat2 * Rad) * Math.Pow(Math.Sin((lon2 - lon1) * Rad / 2), 2);
        return 2 * Radius * Math.Asin(Math.Min(1, Math.Sqrt(a)));
    }
}
