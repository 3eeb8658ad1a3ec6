using Engine.Adapters.Tables;

namespace Engine.Adapters.Views;

/// <summary>Which changes of a SKU's stock are wanted.</summary>
public sealed record MovementFilter
{
    public required string Sku { get; init; }
    /// <summary>Milliseconds since 1970 UTC, inclusive.</summary>
    public long? From { get; init; }
    /// <summary>Exclusive.</summary>
    public long? To { get; init; }
    public bool NewestFirst { get; init; }
    /// <summary>Only changes in these; null for all.</summary>
    public IReadOnlyCollection<string>? OnlyWarehouses { get; init; }
}

public sealed record StockFigures(long OnHand, long Reserved, long Committed, long Shortage, long Available);

/// <param name="Sequence">The SKU's version it led to.</param>
/// <param name="Quantity">Units it was about; of an adjustment the change itself.</param>
/// <param name="After">Of the SKU over all warehouses.</param>
/// <param name="There">Of the SKU in the warehouse; null where it was about none.</param>
public sealed record MovementRow(
    long Sequence, long At, string Event, string? Warehouse, long? Quantity, string Cause, string? OrderId, string? ReservationId, StockFigures After, StockFigures? There);

static class MovementQuery
{
    /// <summary>The page behind one change; null where the SKU was never known.</summary>
    public static List<MovementRow>? Page(ViewReader reader, MovementFilter filter, long? after, int limit)
    {
        using var known = reader.Prepare("SELECT number FROM skus WHERE sku=? AND known=1");
        if (known.With(filter.Sku).OneLong() is not { } number) return null;

        var where = filter.NewestFirst ? "sequence<?" : "sequence>?";
        List<object> values = [number, after ?? (filter.NewestFirst ? long.MaxValue : 0)];
        if (filter.From is { } from)
        {
            // Time goes with the sequence: what lies before a state of before that time needs no look.
            where += " AND sequence>(SELECT coalesce(max(sequence), 0) FROM states WHERE number=? AND at<?) AND at>=?";
            values.AddRange([number, from, from]);
        }
        if (filter.To is { } to)
        {
            where += " AND sequence<=(SELECT coalesce(min(sequence), 9223372036854775807) FROM states WHERE number=? AND at>=?) AND at<?";
            values.AddRange([number, to, to]);
        }
        if (filter.OnlyWarehouses is { } only)
        {
            where += $" AND warehouse IN ({string.Join(", ", only.Select(_ => "?"))})";
            values.AddRange(only);
        }
        using var statement = reader.Prepare($"SELECT {ViewSql.MovementColumns} FROM movements WHERE number=? AND {where} ORDER BY sequence {(filter.NewestFirst ? "DESC" : "ASC")} LIMIT {limit}");
        foreach (var value in values) _ = value is string text ? statement.With(text) : statement.With((long)value);
        var rows = new List<MovementRow>();
        while (statement.Step()) rows.Add(Read(statement));
        return rows;
    }

    static MovementRow Read(Statement s)
    {
        s.RequireWhole(ViewSql.MovementColumnCount, "movements");
        return new MovementRow(
            s.Long(1), s.Long(2), s.Text(3), s.TextOrNull(4), s.LongOrNull(5), s.Text(6), s.TextOrNull(7), s.TextOrNull(8), Figures(s, 9), s.IsNull(14) ? null : Figures(s, 14));
    }

    static StockFigures Figures(Statement s, int from) => new(s.Long(from), s.Long(from + 1), s.Long(from + 2), s.Long(from + 3), s.Long(from + 4));
}
