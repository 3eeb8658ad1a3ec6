using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>
/// The stock of one SKU over all warehouses, its reservations and who waits for it: the state, and how events change it.
/// What may happen is decided in <see cref="StockDecider"/> and the deciders beside it.
/// </summary>
public sealed partial class SkuActor : Actor
{
    /// <summary>How long ended reservations of callers and applied adjustments are remembered (API.md, Idempotency).</summary>
    public const long Remembered = 7 * Day;
    public const long Day = 24 * 60 * 60 * 1000L;
    const int YoungKept = 64;
    const int FreedKept = 100;

    readonly List<WarehouseStock> _warehouses = [];
    readonly ReservationTable _reservations = new();
    /// <summary>Their ids in order, and where they are; made when first asked for.</summary>
    SortedSet<(string Id, int Row)>? _byId;
    readonly Queue<int> _ended = new();
    readonly Dictionary<string, BundleClaim> _claims = [];
    readonly Queue<BundleClaim> _endedClaims = new();
    readonly UsedTokens _usedTokens = new();
    readonly Dictionary<string, AppliedAdjustment> _adjustments = [];
    readonly Queue<AppliedAdjustment> _adjustmentOrder = new();
    readonly SortedSet<Backorder> _backorders = new(BackorderPriority.Instance);
    readonly Dictionary<string, Backorder> _backorderIndex = [];
    /// <summary>Units that all of them wait for.</summary>
    long _waiting;
    readonly PriorityQueue<string, (long At, string Id)> _waits = new(ByTime.Instance);
    readonly List<int> _young = [];
    readonly List<string> _awaitingOrders = [];
    readonly List<FreedLock> _freed = [];
    readonly long[] _committedPerDay = new long[8];
    long _lastDay;
    long _firstCommitDay;

    public SkuActor(ActorId id) : base(id) { }

    public string Sku => Id.Key;
    public bool Known { get; private set; }
    public string Name { get; private set; } = "";
    public bool Strict { get; private set; }
    public int SafetyStock { get; private set; }
    public List<string> Barcodes { get; private set; } = [];
    public List<string> Aliases { get; private set; } = [];
    /// <summary>Its components; empty for a SKU of its own. Own stock of a bundle is not for sale.</summary>
    public List<BundlePart> Bundle { get; private set; } = [];
    public bool IsBundle => Bundle.Count > 0;
    /// <summary>Rises with every event of this SKU.</summary>
    public long Version { get; private set; }

    public IReadOnlyList<WarehouseStock> Warehouses => _warehouses;
    public IEnumerable<Reservation> Reservations => _reservations.Rows.Select(row => _reservations.Copy(row)!);

    /// <summary>What they are, without a copy of each.</summary>
    public IEnumerable<(ReservationOwner Owner, ReservationState State, LockTier Tier)> ReservationKinds =>
        _reservations.Rows.Select(row => (_reservations[row].Owner, _reservations[row].State, _reservations[row].Tier));

    public IReadOnlyCollection<Backorder> Backorders => _backorders;
    public IReadOnlyList<string> AwaitingOrders => _awaitingOrders;

    public long ShortfallSuggested { get; private set; }
    /// <summary>What is short by now, where a suggestion is open: as it was told, or what all who wait lack, if that is more.</summary>
    public long Shortfall => ShortfallSuggested == 0 ? 0 : Math.Max(ShortfallSuggested, Lacking);
    /// <summary>What all who wait lack; less than nothing where more is free.</summary>
    public long Lacking => _waiting - Available;
    public string ShortfallWarehouse { get; private set; } = "";
    public long SuggestedAt { get; private set; }

    /// <summary>Free to promise: max(0, on hand − reserved − committed − safety stock).</summary>
    public long Available
    {
        get
        {
            long free = -SafetyStock;
            foreach (var warehouse in _warehouses) free += warehouse.Free;
            return Math.Max(0, free);
        }
    }

    public long AvailableIn(WarehouseStock warehouse) => Math.Max(0, Math.Min(warehouse.Free, Available));

    public WarehouseStock? Find(string warehouse)
    {
        foreach (var stock in _warehouses)
            if (string.Equals(stock.Warehouse, warehouse, StringComparison.Ordinal)) return stock;
        return null;
    }

    /// <summary>Those behind an id, in ordinal order of their ids; null for all. A page costs what it shows, however many there are.</summary>
    public IEnumerable<ReservationRow> ReservationsBehind(string? id)
    {
        _byId ??= new SortedSet<(string Id, int Row)>(_reservations.Rows.Select(row => (_reservations.IdOf(row), row)), Comparer<(string Id, int Row)>.Create(static (a, b) => string.CompareOrdinal(a.Id, b.Id)));
        IEnumerable<(string Id, int Row)> behind = _byId;
        if (id is not null && _byId.Count > 0) behind = string.CompareOrdinal(_byId.Max.Id, id) <= 0 ? [] : _byId.GetViewBetween((id, 0), _byId.Max).Where(other => other.Id != id);
        return behind.Select(other => new ReservationRow(_reservations, other.Row, other.Id));
    }

    /// <summary>As it is now; it does not change with it.</summary>
    public Reservation? Reservation(string id) => _reservations.Copy(_reservations.Find(id), id);

    /// <summary>The live reservation, if that order or cart leads it.</summary>
    public HeldLine? HeldBy(ActorId leader, string id)
    {
        var row = _reservations.Find(id);
        if (row == ReservationTable.None || !_reservations[row].IsLive || !_reservations.IsLedBy(row, leader)) return null;
        return new HeldLine(id, _reservations.WarehouseOf(row), _reservations[row].Quantity, _reservations[row].State);
    }

    public bool HasReservation(string id) => _reservations.Find(id) != ReservationTable.None;
    public Backorder? BackorderOf(string reservationId) => _backorderIndex.GetValueOrDefault(reservationId);
    public BundleClaim? Claim(string reservationId) => _claims.GetValueOrDefault(reservationId);
    public bool IsUsed(string tokenId) => _usedTokens.Contains(tokenId);
    public AppliedAdjustment? Adjustment(string key) => _adjustments.GetValueOrDefault(key);

    /// <summary>Committed per day over the last seven days; null while nothing was ever committed.</summary>
    public double? DailyTurnover(long now) => CommittedInWeek(now) / 7.0;

    /// <summary>Committed in the last seven days; null while nothing was ever committed.</summary>
    public long? CommittedInWeek(long now)
    {
        if (_firstCommitDay == 0) return null;
        var today = now / Day;
        long sum = 0;
        for (var day = today - 6; day <= today; day++)
            sum += CommittedOn(day);
        // What was given back may have been committed on the day before.
        return Math.Max(0, sum);
    }

    /// <summary>The last day (since 1970 UTC) something was committed; 0 while nothing ever was.</summary>
    public long LastCommitDay => _firstCommitDay == 0 ? 0 : _lastDay;

    /// <summary>Units committed on one of the eight days up to <see cref="LastCommitDay"/>.</summary>
    public long CommittedOn(long day) => day > 0 && day > _lastDay - 8 && day <= _lastDay ? _committedPerDay[day % 8] : 0;

    /// <summary>
    /// Stock held by orders and carts of several lines that took it so lately that they may yet give it back. A hint: of the newest
    /// such reservations only.
    /// </summary>
    public long YoungHolds(string warehouse, long since, ActorId exceptOf)
    {
        long sum = 0;
        foreach (var row in _young)
        {
            ref readonly var young = ref _reservations[row];
            if (young.State == ReservationState.Reserved && young.ReservedAt >= since && _reservations.WarehouseOf(row) == warehouse && !_reservations.IsLedBy(row, exceptOf)) sum += young.Quantity;
        }
        return sum;
    }

    /// <summary>The lock or wait that falls due first, while any does.</summary>
    public string? NextDue(long now)
    {
        var isLock = _reservations.TryPeekDue(out var row, out var lockDue);
        var isWait = TryPeekWait(out var id, out var waitDue);
        if (isLock && (!isWait || lockDue < waitDue || (lockDue == waitDue && string.CompareOrdinal(_reservations.IdOf(row), id) < 0)))
            return lockDue <= now ? _reservations.IdOf(row) : null;
        return isWait && waitDue <= now ? id : null;
    }

    public override long Deadline
    {
        get
        {
            _reservations.TryPeekDue(out _, out var lockDue);
            TryPeekWait(out _, out var waitDue);
            return Math.Min(lockDue, waitDue);
        }
    }

    public override void Decide(Command command, Turn turn) => StockDecider.Decide(this, command, turn);

    public override void Evolve(Event happened, in Stamp stamp)
    {
        Version++;
        switch (happened)
        {
            case StockReserved e: Evolve(e, stamp); break;
            case ReservationCommitted e: Evolve(e, stamp); break;
            case ReservationReleased e: Evolve(e, stamp); break;
            case ReservationShipped e: Evolve(e, stamp); break;
            case LockExtended e: Evolve(e); break;
            case LockQuestioned e: Evolve(e); break;
            case StockAdjusted e: Evolve(e, stamp); break;
            case SkuConfigured e: Evolve(e); break;
            case BackorderQueued e: Queue(e.Backorder); break;
            case BackorderEnded e: Dequeue(e.ReservationId); break;
            case BackorderReady e: _backorderIndex[e.ReservationId].NotBefore = 0; break;
            case ReplenishmentSuggested e:
                (ShortfallSuggested, ShortfallWarehouse) = (e.Shortfall, e.Warehouse);
                if (SuggestedAt == 0) SuggestedAt = stamp.At;
                break;
            case ReplenishmentClosed: (ShortfallSuggested, ShortfallWarehouse, SuggestedAt) = (0, "", 0); break;
            case OrderAwaitsSku e: _awaitingOrders.Add(e.OrderId); break;
            case BundleClaimed e: Evolve(e, stamp); break;
            case BundleClaimEnded e: Evolve(e, stamp); break;
            default: throw new InvariantBrokenException($"{Id} does not know {happened.GetType().Name}");
        }
    }

    void Evolve(StockReserved e, in Stamp stamp)
    {
        var warehouse = Find(e.Warehouse) ?? throw new InvariantBrokenException($"{Id} has no stock in {e.Warehouse}");
        var tokens = e.Owner != ReservationOwner.Cart ? "" : ReservationTable.Joined(e.Tokens.Select(t => t.TokenId));
        var row = _reservations.Add(e.ReservationId, e.OrderId, warehouse.Warehouse, e.KeyId, e.Cart, tokens, new ReservationTable.Row
        {
            Quantity = e.Quantity,
            Owner = e.Owner,
            State = e.Committed ? ReservationState.Committed : ReservationState.Reserved,
            ReservedAt = stamp.At,
            ExpiresAt = e.ExpiresAt,
            FirstExpiresAt = e.ExpiresAt,
            PayingExpiresAt = e.PayingExpiresAt,
            Revalidated = e.Revalidated,
            LinesInOrder = e.LinesInOrder,
        });
        _byId?.Add((e.ReservationId, row));
        if (e.Committed)
        {
            warehouse.Committed += e.Quantity;
            CountCommitted(e.Quantity, stamp.At);
        }
        else
        {
            warehouse.Reserved += e.Quantity;
            _reservations.Schedule(row);
        }
        if (e.TokenId.Length > 0) _usedTokens.Add(e.TokenId, e.TokenExpiresAt, stamp.At);
        if (e.Owner == ReservationOwner.Cart)
        {
            foreach (var token in e.Tokens) _usedTokens.Add(token.TokenId, token.ExpiresAt, stamp.At);
        }
        KeepYoung(row);
        Check(warehouse);
    }

    void Evolve(ReservationCommitted e, in Stamp stamp)
    {
        var row = Live(e.ReservationId);
        ref var reservation = ref _reservations.Change(row);
        var warehouse = WarehouseOf(row);
        reservation.State = ReservationState.Committed;
        warehouse.Reserved -= reservation.Quantity;
        warehouse.Committed += reservation.Quantity;
        CountCommitted(reservation.Quantity, stamp.At);
        Check(warehouse);
    }

    void Evolve(ReservationReleased e, in Stamp stamp)
    {
        var row = Live(e.ReservationId);
        ref var reservation = ref _reservations.Change(row);
        var warehouse = WarehouseOf(row);
        if (reservation.State == ReservationState.Committed) warehouse.Committed -= e.Quantity;
        else warehouse.Reserved -= e.Quantity;
        if (e.Unsold) CountCommitted(-e.Quantity, stamp.At);
        if (e.Orphan)
        {
            if (_freed.Count == FreedKept) _freed.RemoveAt(0);
            _freed.Add(new FreedLock { ReservationId = e.ReservationId, OrderId = _reservations.Copy(row, e.ReservationId)!.OrderId, Warehouse = warehouse.Warehouse, Quantity = e.Quantity, Why = e.Why, At = stamp.At });
        }
        if (e.Withdrawn) Withdraw(row, e.ReservationId);
        else if (e.Quantity == reservation.Quantity) End(row, e.End, stamp.At);
        else reservation.Quantity -= e.Quantity;
        Check(warehouse);
    }

    void Evolve(ReservationShipped e, in Stamp stamp)
    {
        var row = Live(e.ReservationId);
        ref readonly var reservation = ref _reservations[row];
        var warehouse = WarehouseOf(row);
        if (reservation.State == ReservationState.Committed) warehouse.Committed -= reservation.Quantity;
        else warehouse.Reserved -= reservation.Quantity;
        warehouse.OnHand -= reservation.Quantity;
        End(row, ReservationState.Shipped, stamp.At);
        Check(warehouse);
    }

    void Evolve(LockExtended e)
    {
        if (_backorderIndex.TryGetValue(e.ReservationId, out var waiting))
        {
            waiting.ExpiresAt = e.ExpiresAt;
            waiting.Asked = false;
            _waits.Enqueue(waiting.ReservationId, (waiting.ExpiresAt, waiting.ReservationId));
            return;
        }
        var row = Live(e.ReservationId);
        ref var reservation = ref _reservations.Change(row);
        reservation.Tier = e.Tier;
        reservation.ExpiresAt = e.ExpiresAt;
        reservation.Asked = false;
        _reservations.Schedule(row);
    }

    void Evolve(LockQuestioned e)
    {
        if (_backorderIndex.TryGetValue(e.ReservationId, out var waiting)) waiting.Asked = true;
        else _reservations.Change(Live(e.ReservationId)).Asked = true;
    }

    void Evolve(StockAdjusted e, in Stamp stamp)
    {
        var warehouse = Find(e.Warehouse);
        if (warehouse is null)
        {
            warehouse = new WarehouseStock { Warehouse = string.Intern(e.Warehouse) };
            _warehouses.Add(warehouse);
            _warehouses.Sort(static (a, b) => string.CompareOrdinal(a.Warehouse, b.Warehouse));
        }
        warehouse.OnHand += e.Delta;
        warehouse.Shortage += e.Shortage;
        Check(warehouse);
        while (_adjustmentOrder.TryPeek(out var oldest) && oldest.At < stamp.At - Remembered) _adjustments.Remove(_adjustmentOrder.Dequeue().Key);
        Remember(new AppliedAdjustment
        {
            Key = AdjustDecider.Key(e.Reference, e.LineNumber), Asked = e.Asked, At = stamp.At, OnHand = warehouse.OnHand, Version = Version, Shortage = e.Shortage,
        });
    }

    void Evolve(SkuConfigured e)
    {
        Known = true;
        (Name, Strict, SafetyStock, Barcodes, Aliases, Bundle) = (e.Name, e.Strict, e.SafetyStock, e.Barcodes, e.Aliases, e.Bundle);
        _awaitingOrders.Clear();
    }

    void Evolve(BundleClaimed e, in Stamp stamp)
    {
        _claims.Add(e.ReservationId, new BundleClaim { Id = e.ReservationId, Cart = e.Cart, Tokens = e.Tokens.ConvertAll(t => t.TokenId) });
        foreach (var token in e.Tokens) _usedTokens.Add(token.TokenId, token.ExpiresAt, stamp.At);
    }

    void Evolve(BundleClaimEnded e, in Stamp stamp)
    {
        var claim = _claims[e.ReservationId];
        if (e.Withdrawn)
        {
            _claims.Remove(claim.Id);
            claim.Tokens.ForEach(_usedTokens.GiveBack);
            return;
        }
        claim.EndedAt = stamp.At;
        _endedClaims.Enqueue(claim);
        while (_endedClaims.TryPeek(out var oldest) && oldest.EndedAt < stamp.At - Remembered) _claims.Remove(_endedClaims.Dequeue().Id);
    }

    void Withdraw(int row, string id)
    {
        var tokens = _reservations.Copy(row, id)!.Tokens;
        // The young ones may hold it still.
        _reservations.Change(row).State = ReservationState.Released;
        Forget(row);
        foreach (var token in tokens) _usedTokens.GiveBack(token);
    }

    void Queue(Backorder backorder)
    {
        // The event stays as it was written: the state keeps its own copy.
        var waiting = new Backorder
        {
            ReservationId = backorder.ReservationId,
            OrderId = backorder.OrderId,
            Quantity = backorder.Quantity,
            Warehouses = backorder.Warehouses,
            Paid = backorder.Paid,
            Urgency = backorder.Urgency,
            PlacedAt = backorder.PlacedAt,
            ExpiresAt = backorder.ExpiresAt,
            PayingExpiresAt = backorder.PayingExpiresAt,
            LinesInOrder = backorder.LinesInOrder,
            NotBefore = backorder.NotBefore,
            Alongside = backorder.Alongside,
        };
        Dequeue(waiting.ReservationId);
        _waiting += waiting.Quantity;
        _backorders.Add(waiting);
        _backorderIndex.Add(waiting.ReservationId, waiting);
        Schedule(waiting);
    }

    void Schedule(Backorder waiting)
    {
        if (waiting.ExpiresAt != Never && !waiting.Asked) _waits.Enqueue(waiting.ReservationId, (waiting.ExpiresAt, waiting.ReservationId));
        if (waiting.NotBefore > 0) _waits.Enqueue(waiting.ReservationId, (waiting.NotBefore, waiting.ReservationId));
    }

    void Dequeue(string reservationId)
    {
        if (!_backorderIndex.Remove(reservationId, out var waiting)) return;
        _waiting -= waiting.Quantity;
        _backorders.Remove(waiting);
    }

    void End(int row, ReservationState state, long at)
    {
        ref var reservation = ref _reservations.Change(row);
        reservation.State = state;
        reservation.EndedAt = at;
        // An order remembers its own lines; a caller's id must stay known, so that a repeat is never a second grant.
        if (reservation.Owner == ReservationOwner.Order) Forget(row);
        else _ended.Enqueue(row);
        while (_ended.TryPeek(out var oldest) && _reservations[oldest].EndedAt < at - Remembered) Forget(_ended.Dequeue());
    }

    void Forget(int row)
    {
        _byId?.Remove((_reservations.IdOf(row), row));
        _reservations.Remove(row);
    }

    void KeepYoung(int row)
    {
        if (_reservations[row].LinesInOrder == 1) return;
        if (_young.Count == YoungKept)
        {
            _reservations.LetGo(_young[0]);
            _young.RemoveAt(0);
        }
        _reservations.Hold(row);
        _young.Add(row);
    }

    void Remember(AppliedAdjustment adjustment)
    {
        if (_adjustments.TryAdd(adjustment.Key, adjustment)) _adjustmentOrder.Enqueue(adjustment);
    }

    void CountCommitted(int quantity, long at)
    {
        var day = at / Day;
        if (_firstCommitDay == 0) _firstCommitDay = day;
        for (var passed = Math.Max(_lastDay + 1, day - 7); passed <= day; passed++) _committedPerDay[passed % 8] = 0;
        _lastDay = Math.Max(_lastDay, day);
        _committedPerDay[day % 8] += quantity;
    }

    int Live(string id) =>
        _reservations.Find(id) is var row and not ReservationTable.None && _reservations[row].IsLive ? row : throw new InvariantBrokenException($"{Id}: reservation {id} is not live");

    WarehouseStock WarehouseOf(int row) => Find(_reservations.WarehouseOf(row))!;

    /// <summary>Promise 1, after every event.</summary>
    void Check(WarehouseStock stock)
    {
        stock.Shortage = Math.Min(stock.Shortage, Math.Max(0, stock.Reserved + stock.Committed - stock.OnHand));
        if (stock.OnHand < 0 || stock.Reserved < 0 || stock.Committed < 0 || stock.Shortage < 0 || stock.Reserved + stock.Committed > stock.OnHand + stock.Shortage)
            throw new InvariantBrokenException(
                $"{Id} in {stock.Warehouse}: reserved {stock.Reserved} + committed {stock.Committed} against on hand {stock.OnHand} + shortage {stock.Shortage}");
    }

    /// <summary>The wait that falls due first.</summary>
    bool TryPeekWait(out string? id, out long at)
    {
        while (_waits.TryPeek(out id, out var due))
        {
            at = due.At;
            if (_backorderIndex.TryGetValue(id, out var waiting) && ((!waiting.Asked && waiting.ExpiresAt == at) || waiting.NotBefore == at)) return true;
            _waits.Dequeue();
        }
        at = Never;
        return false;
    }

    public StockView ToView()
    {
        long onHand = 0, reserved = 0, committed = 0, shortage = 0;
        var warehouses = new WarehouseStockView[_warehouses.Count];
        for (var i = 0; i < warehouses.Length; i++)
        {
            var w = _warehouses[i];
            (onHand, reserved, committed, shortage) = (onHand + w.OnHand, reserved + w.Reserved, committed + w.Committed, shortage + w.Shortage);
            warehouses[i] = new WarehouseStockView(w.Warehouse, w.OnHand, w.Reserved, w.Committed, AvailableIn(w), w.Shortage);
        }
        var aliases = Aliases.ConvertAll(AliasActor.Split);
        return new StockView(Sku, Known, Name, Strict, Version, onHand, reserved, committed, shortage, Available, SafetyStock, [.. Barcodes], aliases, warehouses, _backorders.Count) { Bundle = Bundle };
    }

    public override object View(long now) => ToView() with { At = now };

    public IEnumerable<FreedLockView> Freed() =>
        _freed.Select(f => new FreedLockView(Sku, f.ReservationId, f.OrderId, f.Warehouse, f.Quantity, f.Why, f.At));
}
