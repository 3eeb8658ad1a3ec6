using System.Globalization;
using System.Text.Json;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using Engine.Adapters.Tables;

namespace Engine.Adapters.Views;

/// <summary>Writes rows, each from what an actor shows. Its statements are prepared once; one thread uses them.</summary>
sealed class ViewWriter : IDisposable
{
    readonly List<Statement> _statements = [];
    readonly ViewConnection _connection;
    readonly Statement _difference, _progress, _readProgress, _findOrder, _findSku, _flows;
    readonly Statement _order, _changeOrder, _person, _line, _tag, _history;
    readonly Statement _sku, _stock, _reservation, _movement, _replenishment, _noReplenishment, _events, _state;
    readonly Codec _encoder = Codec.Writer(4096);

    public ViewWriter(ViewConnection connection)
    {
        _connection = connection;
        _difference = Prepare(ViewSql.ReadDifference);
        _progress = Prepare(ViewSql.WriteProgress);
        _readProgress = Prepare(ViewSql.ReadProgress);
        _findOrder = Prepare(ViewSql.FindOrder);
        _findSku = Prepare(ViewSql.FindSku);
        _flows = Prepare(ViewSql.ReadFlows);
        _order = Prepare(ViewSql.WriteOrder);
        _changeOrder = Prepare(ViewSql.ChangeOrder);
        _person = Prepare(ViewSql.WritePerson);
        _line = Prepare(ViewSql.WriteLine);
        _tag = Prepare(ViewSql.WriteTag);
        _history = Prepare(ViewSql.WriteHistory);
        _sku = Prepare(ViewSql.WriteSku);
        _stock = Prepare(ViewSql.WriteStock);
        _reservation = Prepare(ViewSql.WriteReservation);
        _movement = Prepare(ViewSql.WriteMovement);
        _replenishment = Prepare(ViewSql.WriteReplenishment);
        _noReplenishment = Prepare(ViewSql.DeleteReplenishment);
        _events = Prepare(ViewSql.WriteEvents);
        _state = Prepare(ViewSql.WriteState);
    }

    public long Rows { get; private set; }

    public void Begin() => _connection.Begin();

    public void Commit() => _connection.Commit();

    public void Rollback() => _connection.Rollback();

    /// <summary>Units that don't add up, over all SKUs and warehouses.</summary>
    public long Difference() => _difference.OneLong() ?? 0;

    public FrameProgress[] Progress(int partitions) => FrameProgress.Read(_readProgress, partitions);

    public void Write(int partition, in FrameProgress progress) => progress.Write(_progress, partition);

    public long? NumberOf(ActorId id) => (id.Kind == ActorKind.Sku ? _findSku : _findOrder).With(id.Key).OneLong();

    public void ReadFlows(TrackedSku tracked)
    {
        try
        {
            _flows.With(tracked.Number);
            while (_flows.Step())
            {
                var flow = tracked.FlowOf(_flows.Text(0));
                (flow.Received, flow.Shipped, flow.WrittenOff) = (_flows.Long(1), _flows.Long(2), _flows.Long(3));
                flow.CountedDifference = Math.Abs(flow.Difference(tracked.Sku.Find(_flows.Text(0))?.OnHand ?? 0));
            }
        }
        finally
        {
            _flows.Reset();
        }
    }

    // ── the past ──

    public void Events(Tracked tracked, in Stamp stamp, int bytesBetweenStates)
    {
        Past(_events, tracked, stamp, tracked.Events!.Written);
        tracked.BytesBehindState += tracked.Events.Position;
        if (!tracked.IsStateDue(bytesBetweenStates)) return;
        _encoder.Reset();
        tracked.Actor.Layout(_encoder);
        Past(_state, tracked, stamp, _encoder.Written);
        (tracked.BytesBehindState, tracked.StateBytes) = (0, _encoder.Position);
    }

    void Past(Statement table, Tracked tracked, in Stamp stamp, ReadOnlySpan<byte> bytes) =>
        Run(table.With(tracked.Number).With(stamp.Sequence).With(stamp.At).With(Tracked.SequenceOf(tracked.Actor)).With(bytes).WithCheck());

    // ── stock ──

    public void Movement(TrackedSku tracked, Movement movement, long at)
    {
        var sku = tracked.Sku;
        var (onHand, reserved, committed, shortage) = Sums(sku);
        _movement.With(tracked.Number).With(sku.Version).With(at).With(movement.Event).WithOrNull(movement.Warehouse).WithOrNull(movement.Quantity).With(movement.Cause)
            .WithOrNull(movement.OrderId).WithOrNull(movement.ReservationId).With(onHand).With(reserved).With(committed).With(shortage).With(sku.Available);
        if (movement.Warehouse is { } warehouse && sku.Find(warehouse) is { } there)
            _movement.With(there.OnHand).With(there.Reserved).With(there.Committed).With(there.Shortage).With(sku.AvailableIn(there));
        else
            _movement.WithNull().WithNull().WithNull().WithNull().WithNull();
        Run(_movement.WithCheck());
    }

    /// <summary>The SKU with all that is of it; returns by how much its units that don't add up have changed.</summary>
    public long Sku(TrackedSku tracked)
    {
        var sku = tracked.Sku;
        var (onHand, reserved, committed, shortage) = Sums(sku);
        Run(_sku.With(tracked.Number).With(sku.Sku).With(Number(sku.Known)).WithOrNull(sku.Name).With(Number(sku.Strict)).With(sku.SafetyStock).With(sku.Version)
            .With(onHand).With(reserved).With(committed).With(shortage).With(sku.Available).With(sku.Backorders.Count));
        long more = 0;
        foreach (var stock in sku.Warehouses)
        {
            var flow = tracked.FlowOf(stock.Warehouse);
            var row = (stock.OnHand, stock.Reserved, stock.Committed, stock.Shortage, sku.AvailableIn(stock), flow.Received, flow.Shipped, flow.WrittenOff);
            if (row == flow.Written) continue;
            flow.Written = row;
            Run(_stock.With(tracked.Number).With(stock.Warehouse).With(stock.OnHand).With(stock.Reserved).With(stock.Committed).With(stock.Shortage).With(sku.AvailableIn(stock))
                .With(flow.Received).With(flow.Shipped).With(flow.WrittenOff));
            var difference = Math.Abs(flow.Difference(stock.OnHand));
            more += difference - flow.CountedDifference;
            flow.CountedDifference = difference;
        }
        foreach (var reservation in tracked.Changed.Values) Reservation(tracked.Number, reservation);
        tracked.Changed.Clear();
        Replenishment(tracked);
        return more;
    }

    void Reservation(long number, Reservation r) => Run(_reservation.With(number).With(r.Id).With(r.OrderId).With(r.Warehouse).With(r.Quantity)
        .With(Words.Of(r.Owner)).With(Words.Of(r.State)).With(Words.Of(r.Tier)).With(r.ReservedAt).With(r.ExpiresAt).WithOrNull(ZeroIsNull(r.EndedAt)));

    void Replenishment(TrackedSku tracked)
    {
        var sku = tracked.Sku;
        if (sku.ShortfallSuggested == 0)
        {
            if (tracked.HasSuggestionRow) Run(_noReplenishment.With(tracked.Number));
            tracked.HasSuggestionRow = false;
            return;
        }
        var days = new long[8];
        for (var i = 0; i < days.Length; i++) days[i] = sku.CommittedOn(sku.LastCommitDay - 7 + i);
        Run(_replenishment.With(tracked.Number).With(sku.Sku).WithOrNull(sku.ShortfallWarehouse).With(sku.Shortfall).With(sku.SuggestedAt)
            .With(sku.Warehouses.Sum(w => w.Free)).With(sku.SafetyStock).WithOrNull(ZeroIsNull(sku.LastCommitDay))
            .With(string.Join(' ', days.Select(d => d.ToString(CultureInfo.InvariantCulture)))).WithCheck());
        tracked.HasSuggestionRow = true;
    }

    static (long OnHand, long Reserved, long Committed, long Shortage) Sums(SkuActor sku)
    {
        long onHand = 0, reserved = 0, committed = 0, shortage = 0;
        foreach (var w in sku.Warehouses) (onHand, reserved, committed, shortage) = (onHand + w.OnHand, reserved + w.Reserved, committed + w.Committed, shortage + w.Shortage);
        return (onHand, reserved, committed, shortage);
    }

    // ── orders ──

    public void Order(TrackedOrder tracked, IPersonIndex persons)
    {
        var (order, number) = (tracked.Order, tracked.Number);
        Row(tracked.IsNew ? _order : _changeOrder, number, order);
        // What a bundle and its components show depends on each other.
        var hasBundle = order.Lines.Any(l => l.IsPart);
        for (var i = 0; i < order.Lines.Count; i++) Line(tracked, i, order.Lines[i], isChanged: hasBundle);
        for (; tracked.HistoryWritten < order.History.Count; tracked.HistoryWritten++) History(number, tracked.HistoryWritten + 1, order.History[tracked.HistoryWritten]);
        if (tracked.IsNew && order.Known)
        {
            foreach (var tag in order.Details.Tags) Run(_tag.With(tag).With(number));
            var person = persons.Of(order);
            if (person != PersonHashes.None) Run(_person.WithOrNull(person.Phone).WithOrNull(person.Name).With(number));
        }
        if (tracked.IsForgotten) Run(_person.WithNull().WithNull().With(number));
        (tracked.IsNew, tracked.IsForgotten) = (false, false);
    }

    void Row(Statement statement, long number, OrderActor order)
    {
        var (id, details) = (order.OrderId, order.Details);
        var parts = id.Split(':', 3);
        var known = order.Known;
        Run(statement.With(number).With(id).With(parts[0]).With(parts.ElementAtOrDefault(1) ?? "").With(parts.ElementAtOrDefault(2) ?? "")
            .WithOrNull(order.Source).With(order.State.Name()).With(order.State.Status(order.IsPaid).Name()).With(Number(order.State.IsClosed()))
            .With(order.StateSince).WithOrNull(order.Operator).WithOrNull(known ? details.PlacedAt : null).WithOrNull(known ? order.ReceivedAt : null)
            .With(details.Urgency).WithOrNull(ZeroIsNull(details.ShipBy)).WithOrNull(order.HeldReason)
            .WithOrNull(order.HasLock ? Words.Of(order.LockTier) : null).WithOrNull(order.HasLock ? order.LockDeadline : null)
            .With(details.Goods).With(details.Freight).With(details.Discount).With(details.Tax).With(details.Total).With(details.Currency)
            .With(order.PaidSum).With(order.RefundedSum).WithOrNull(details.Place.Province).WithOrNull(details.Place.City)
            .WithOrNull(order.Carrier).WithOrNull(order.TrackingNumber).WithOrNull(Texts(details.Tags)).WithOrNull(Texts(order.Flags)).WithCheck());
    }

    void Line(TrackedOrder tracked, int position, OrderLine line, bool isChanged)
    {
        var row = (line.Sku, line.Quantity, line.Warehouse, line.Attempt, line.Stock);
        if (position == tracked.LinesWritten.Count) tracked.LinesWritten.Add(default);
        if (row == tracked.LinesWritten[position] && !isChanged) return;
        tracked.LinesWritten[position] = row;
        var view = tracked.Order.View(line);
        long? partOf = !line.IsPart ? null : tracked.Order.Lines[line.PartOf].Stock == LineStock.Expanded ? line.PartOf : ViewSql.PartOfNoMore;
        Run(_line.With(tracked.Number).With(position).With(view.Ordered.LineId).WithOrNull(view.Sku).With(view.Ordered.Code)
            .With(view.Quantity).WithOrNull(view.Warehouse).WithOrNull(view.ReservationId).With(Words.Of(view.Stock, view.Quantity)).With(view.Ordered.UnitPrice)
            .With(view.Ordered.Discount).WithOrNull(view.Ordered.GiftOf).With(Number(view.Ordered.Presale)).WithOrNull(partOf).WithCheck());
    }

    void History(long number, int sequence, HistoryItem item) => Run(_history.With(number).With(sequence).With(item.At).With(item.State.Name())
        .With(item.State.Status(item.Paid).Name()).With(item.Event).With(item.Source).WithOrNull(item.Operator).WithOrNull(item.Device).WithOrNull(item.Reason)
        .WithOrNull(ZeroIsNull(item.ReportedAt)).With(Number(item.Behind)));

    void Run(Statement statement)
    {
        statement.Run();
        Rows++;
    }

    static long Number(bool value) => value ? 1 : 0;

    static long? ZeroIsNull(long value) => value == 0 ? null : value;

    static string? Texts(IReadOnlyCollection<string> texts) => texts.Count == 0 ? null : JsonSerializer.Serialize(texts, ViewJson.Readable.IReadOnlyCollectionString);

    Statement Prepare(string sql)
    {
        var statement = _connection.Prepare(sql);
        _statements.Add(statement);
        return statement;
    }

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
    }
}
