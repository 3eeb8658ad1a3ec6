using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Adapters.Tables;

namespace Engine.Adapters.Views;

/// <summary>What lists ask of the read models. Everything may throw <see cref="StoreUnavailableException"/> while they are made anew.</summary>
public sealed class ViewLists(ReadModels models)
{
    /// <summary>The page behind <paramref name="after"/>, newest placed first.</summary>
    public IReadOnlyList<OrderRow> Orders(OrderFilter filter, OrderCursor after, int limit)
    {
        var query = new OrderQuery(filter);
        return models.Read(reader => query.Page(reader, after, limit));
    }

    public IReadOnlyList<OrderCount> Counts(OrderFilter filter)
    {
        var query = new OrderQuery(filter);
        return models.Read(query.Count);
    }

    /// <summary>What changed a SKU's stock, behind one change; null where the SKU is not known.</summary>
    public IReadOnlyList<MovementRow>? Movements(MovementFilter filter, long? after, int limit) => models.Read(reader => MovementQuery.Page(reader, filter, after, limit));

    /// <summary>Open suggestions in SKU order, behind one SKU.</summary>
    public IReadOnlyList<ReplenishmentView> Replenishments(string after, int limit, long now) => models.Read(reader =>
    {
        using var statement = reader.Prepare(ViewSql.ReadReplenishments);
        statement.With(after).With(limit);
        var found = new List<ReplenishmentView>();
        while (statement.Step()) found.Add(Replenishment(statement, now));
        return found;
    });

    static ReplenishmentView Replenishment(Statement s, long now)
    {
        s.RequireWhole(ViewSql.ReplenishmentColumnCount, "replenishment");
        return Actors.Inventory.Replenishment.Of(s.Text(1), s.Long(3), s.TextOrNull(2), s.Long(5), s.Long(6), Turnover(s.LongOrNull(7), s.Text(8), now), s.Long(4));
    }

    /// <summary>Committed a day over the last seven; the row has the eight days up to the last on which something was.</summary>
    static double? Turnover(long? lastDay, string committed, long now)
    {
        if (lastDay is not { } last) return null;
        var today = now / SkuActor.Day;
        var sum = committed.Split(' ').Select((units, i) => (Day: last - 7 + i, Units: long.Parse(units, System.Globalization.CultureInfo.InvariantCulture)))
            .Where(d => d.Day > today - 7 && d.Day <= today).Sum(d => d.Units);
        return Math.Max(0, sum) / 7.0;
    }
}
