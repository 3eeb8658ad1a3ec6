using System.Text;
using Engine.Actors.Orders;
using Engine.Adapters.Tables;

namespace Engine.Adapters.Views;

/// <summary>
/// A filter as SQL. Which index is used is said here, not left to the planner: a list goes along the index of what narrows it
/// most, newest first, and stops when its page is full.
/// </summary>
sealed class OrderQuery
{
    readonly StringBuilder _where = new("placed_at IS NOT NULL");
    readonly List<object> _values = [];
    readonly string _index;

    public OrderQuery(OrderFilter filter)
    {
        var isOpen = filter.Overdue || filter.StalledSince > 0;
        _index = Sought(filter) ? "NOT INDEXED"
            : filter.State is not null ? "INDEXED BY orders_state"
            : isOpen ? "INDEXED BY orders_open"
            : filter.Status is not null ? "INDEXED BY orders_status"
            : "INDEXED BY orders_placed";
        if (isOpen) _where.Append(" AND closed=0");
        if (filter.State is { } state) And("state=?", state.Name());
        if (filter.Status is { } status) And("status=?", status.Name());
        if (filter.Platform is { } platform) And("platform=?", platform);
        if (filter.Shop is { } shop) And("shop=?", shop);
        if (filter.PlacedFrom is { } from) And("placed_at>=?", from);
        if (filter.PlacedTo is { } to) And("placed_at<?", to);
        if (filter.Warehouse is { } warehouse) And("EXISTS(SELECT 1 FROM lines WHERE lines.number=orders.number AND lines.warehouse=?)", warehouse);
        if (filter.OnlyWarehouses is { } seen) And($"EXISTS(SELECT 1 FROM lines WHERE lines.number=orders.number AND lines.warehouse IN ({Marks(seen.Count)}))", [.. seen]);
        if (filter.Tag is { } tag) And("EXISTS(SELECT 1 FROM tags WHERE tags.number=orders.number AND tags.tag=?)", tag);
        if (filter.Overdue) AndOverdue(filter);
        if (filter.StalledSince > 0) And("state_since<?", filter.StalledSince);
        AndSought(filter);
    }

    static bool Sought(OrderFilter filter) => filter.Number is not null || filter.Person != PersonHashes.None;

    /// <summary>The ship-by time is over and the goods have not left, or a state has lasted longer than it may.</summary>
    void AndOverdue(OrderFilter filter)
    {
        var before = Enumerable.Range(0, (int)MicroState.Shipped).Select(s => (object)((MicroState)s).Name()).ToArray();
        var either = new StringBuilder($"(ship_by<? AND state IN ({Marks(before.Length)}))");
        List<object> values = [filter.Now, .. before];
        foreach (var (state, limit) in filter.StateLimits)
        {
            either.Append(" OR (state=? AND state_since<?)");
            values.AddRange([state.Name(), filter.Now - limit]);
        }
        And($"({either})", [.. values]);
    }

    void AndSought(OrderFilter filter)
    {
        if (!Sought(filter)) return;
        List<string> ways = [];
        List<object> values = [];
        if (filter.Number is { Length: > 0 } number)
        {
            var column = number.Contains(':', StringComparison.Ordinal) ? "order_id" : "platform_order_id";
            ways.Add($"SELECT number FROM orders WHERE {column}>=? AND {column}<?");
            // Behind every text that begins so: no character comes after this one.
            values.AddRange([number, number + "\U0010FFFF"]);
        }
        if (filter.Person.Phone is { } phone)
        {
            ways.Add("SELECT number FROM orders WHERE phone_hash=?");
            values.Add(phone);
        }
        if (filter.Person.Name is { } name)
        {
            ways.Add("SELECT number FROM orders WHERE name_hash=?");
            values.Add(name);
        }
        And($"number IN ({string.Join(" UNION ALL ", ways)})", [.. values]);
    }

    void And(string condition, params object[] values)
    {
        _where.Append(" AND ").Append(condition);
        _values.AddRange(values);
    }

    static string Marks(int count) => string.Join(", ", Enumerable.Repeat("?", count));

    public List<OrderRow> Page(ViewReader reader, OrderCursor after, int limit)
    {
        using var statement = reader.Prepare(
            $"SELECT {ViewSql.OrderColumns} FROM orders {_index} WHERE {_where} AND (placed_at, number)<(?, ?) ORDER BY placed_at DESC, number DESC LIMIT ?");
        Bind(statement).With(after.PlacedAt).With(after.Number).With(limit);
        var rows = new List<OrderRow>();
        while (statement.Step()) rows.Add(Read(statement, reader.Lines));
        return rows;
    }

    public List<OrderCount> Count(ViewReader reader)
    {
        var index = _index == "INDEXED BY orders_placed" ? "INDEXED BY orders_state" : _index;
        using var statement = reader.Prepare($"SELECT state, status, count(*) FROM orders {index} WHERE {_where} GROUP BY state, status ORDER BY state, status");
        Bind(statement);
        var counts = new List<OrderCount>();
        while (statement.Step()) counts.Add(new OrderCount(statement.Text(0), statement.Text(1), statement.Long(2)));
        return counts;
    }

    Statement Bind(Statement statement)
    {
        foreach (var value in _values) _ = value is string text ? statement.With(text) : statement.With((long)value);
        return statement;
    }

    static OrderRow Read(Statement s, Statement lines)
    {
        s.RequireWhole(ViewSql.OrderColumnCount, "orders");
        return new OrderRow
        {
            Number = s.Long(0), OrderId = s.Text(1), Platform = s.Text(2), Shop = s.Text(3), PlatformOrderId = s.Text(4),
            State = MicroStates.Parse(s.Text(6)) ?? throw new DamagedRowException($"no order is {s.Text(6)}"), Status = s.Text(7),
            StateSince = s.Long(9), Operator = s.TextOrNull(10), PlacedAt = s.Long(11), ReceivedAt = s.Long(12), Urgency = (int)s.Long(13), ShipBy = s.LongOrNull(14),
            HeldReason = s.TextOrNull(15), LockTier = s.TextOrNull(16), LockExpiresAt = s.LongOrNull(17), Goods = s.Long(18), Freight = s.Long(19), Discount = s.Long(20),
            Tax = s.Long(21), Total = s.Long(22), Currency = s.Text(23), Tags = Texts(s, 30), Flags = Texts(s, 31), Lines = ReadLines(lines, s.Long(0)),
        };
    }

    static List<LineRow> ReadLines(Statement s, long number)
    {
        List<LineRow> all = [], lines = [];
        try
        {
            s.With(number);
            while (s.Step())
            {
                s.RequireWhole(ViewSql.LineColumnCount, "lines");
                var line = new LineRow(
                    s.Text(2), s.TextOrNull(3), s.Text(4), (int)s.Long(5), s.TextOrNull(6), s.TextOrNull(7), s.Text(8), s.Long(9), s.Long(10), s.TextOrNull(11), s.Long(12) != 0);
                all.Add(line);
                // Components come behind the line they are of.
                if (s.LongOrNull(13) is not { } bundle) lines.Add(line);
                else if (bundle != ViewSql.PartOfNoMore) all[(int)bundle].Components.Add(line);
            }
        }
        finally
        {
            s.Reset();
        }
        return lines;
    }

    static string[] Texts(Statement s, int column) =>
        s.IsNull(column) ? [] : System.Text.Json.JsonSerializer.Deserialize(s.Blob(column), ViewJson.Readable.StringArray) ?? [];
}
