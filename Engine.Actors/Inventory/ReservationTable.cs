using System.Runtime.InteropServices;
using System.Text;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>
/// The reservations of one SKU: rows, their texts (UTF-8) one behind the other, and the order in which locks fall due. Nothing in it is a
/// reference, so a million locks cost the collector nothing: it neither moves new ones nor looks for what old ones point to.
/// A <see cref="Reservation"/> is a copy of a row; <see cref="Row"/> is changed in place.
/// </summary>
sealed class ReservationTable
{
    public const int None = -1;

    const int RowsFirst = 2;
    /// <summary>Of a page, some 50 kB: copied where a row changes while the table is frozen.</summary>
    const int RowsMost = 512;
    /// <summary>Never part of a token's id.</summary>
    const char BetweenTokens = '\0';

    readonly List<string> _names = [];
    readonly DueLocks _due;
    Pages<Row> _rows = new(RowsFirst, RowsMost);
    TextPages _texts = new();
    int[] _buckets = [];
    int _rowsUsed;
    int _free = None;

    public ReservationTable() => _due = new DueLocks(this);

    public int Count { get; private set; }

    /// <summary>All rows, in no order that means anything.</summary>
    public IEnumerable<int> Rows
    {
        get
        {
            for (var row = 0; row < _rowsUsed; row++)
                if (_rows[row].IsKnown) yield return row;
        }
    }

    public ref readonly Row this[int row] => ref _rows[row];

    /// <summary>The row, to be changed. What was had of it before (<see cref="this"/>) may stay as it was.</summary>
    public ref Row Change(int row) => ref _rows.Change(row);

    public int Find(string id) => Count == 0 ? None : Find(id, HashOf(id));

    int Find(string id, int hash)
    {
        var row = _buckets[hash & (_buckets.Length - 1)] - 1;
        while (row != None && !(_rows[row].Hash == hash && TextPages.Says(IdBytes(row), id))) row = _rows[row].Next;
        return row;
    }

    public string IdOf(int row) => Encoding.UTF8.GetString(IdBytes(row));

    ReadOnlySpan<byte> IdBytes(int row) => _texts[_rows[row].Text, _rows[row].IdLength];

    public string WarehouseOf(int row) => _names[_rows[row].Warehouse];

    /// <summary>The row as it is now; null for <see cref="None"/>.</summary>
    /// <param name="id">Its id, where the caller has it.</param>
    public Reservation? Copy(int row, string? id = null)
    {
        if (row == None) return null;
        ref readonly var r = ref _rows[row];
        var tokens = Encoding.UTF8.GetString(_texts[r.Text + r.IdLength + r.OrderLength + r.CartLength, r.TokensLength]);
        return new Reservation
        {
            Id = id ?? IdOf(row), OwnOrderId = r.HasOwnOrderId ? Encoding.UTF8.GetString(OrderOf(row)) : null, Warehouse = _names[r.Warehouse], Quantity = r.Quantity,
            Owner = r.Owner, State = r.State, Tier = r.Tier, ReservedAt = r.ReservedAt, ExpiresAt = r.ExpiresAt, FirstExpiresAt = r.FirstExpiresAt, PayingExpiresAt = r.PayingExpiresAt,
            KeyId = _names[r.Key], Revalidated = r.Revalidated, Asked = r.Asked, EndedAt = r.EndedAt, LinesInOrder = r.LinesInOrder,
            Cart = Encoding.UTF8.GetString(CartOf(row)), Tokens = tokens.Length == 0 ? [] : tokens.Split(BetweenTokens),
        };
    }

    /// <summary>The order or cart that leads it.</summary>
    public bool IsLedBy(int row, ActorId leader)
    {
        ref readonly var r = ref _rows[row];
        return r.Owner switch
        {
            ReservationOwner.Order => leader.Kind == ActorKind.Order && TextPages.Says(OrderOf(row), leader.Key),
            ReservationOwner.Cart => leader.Kind == ActorKind.Cart && TextPages.Says(CartOf(row), leader.Key),
            _ => false,
        };
    }

    public ReadOnlySpan<byte> OrderOf(int row)
    {
        ref readonly var r = ref _rows[row];
        return r.HasOwnOrderId ? _texts[r.Text + r.IdLength, r.OrderLength] : Reservation.OrderOf(IdBytes(row));
    }

    ReadOnlySpan<byte> CartOf(int row)
    {
        ref readonly var r = ref _rows[row];
        return _texts[r.Text + r.IdLength + r.OrderLength, r.CartLength];
    }

    /// <param name="fields">All that is no text.</param>
    /// <exception cref="InvariantBrokenException">The id is known.</exception>
    public int Add(string id, string orderId, string warehouse, string keyId, string cart, string tokens, in Row fields)
    {
        var hash = HashOf(id);
        if (Count > 0 && Find(id, hash) != None) throw new InvariantBrokenException($"reservation {id} is granted twice");
        var row = NewRow();
        ref var bucket = ref _buckets[hash & (_buckets.Length - 1)];
        ref var r = ref _rows.Change(row);
        r = fields;
        (r.Next, r.Hash, r.IsKnown) = (bucket - 1, hash, true);
        (r.Warehouse, r.Key, r.HasOwnOrderId) = (Named(warehouse), Named(keyId), !Reservation.SaysOrder(id, orderId));
        (r.IdLength, r.OrderLength, r.CartLength, r.TokensLength) = checked(((ushort)Encoding.UTF8.GetByteCount(id), (ushort)(r.HasOwnOrderId ? Encoding.UTF8.GetByteCount(orderId) : 0), (ushort)Encoding.UTF8.GetByteCount(cart), Encoding.UTF8.GetByteCount(tokens)));
        r.Text = _texts.Add(r.TextLength);
        var texts = _texts[r.Text, r.TextLength];
        Encoding.UTF8.GetBytes(id, texts);
        if (r.HasOwnOrderId) Encoding.UTF8.GetBytes(orderId, texts[r.IdLength..]);
        Encoding.UTF8.GetBytes(cart, texts[(r.IdLength + r.OrderLength)..]);
        Encoding.UTF8.GetBytes(tokens, texts[^r.TokensLength..]);
        bucket = row + 1;
        Count++;
        return row;
    }

    public int Add(Reservation r) => Add(r.Id, r.OrderId, r.Warehouse, r.KeyId, r.Cart, Joined(r.Tokens), new Row
    {
        Quantity = r.Quantity, LinesInOrder = r.LinesInOrder, Owner = r.Owner, State = r.State, Tier = r.Tier, Revalidated = r.Revalidated, Asked = r.Asked,
        ReservedAt = r.ReservedAt, ExpiresAt = r.ExpiresAt, FirstExpiresAt = r.FirstExpiresAt, PayingExpiresAt = r.PayingExpiresAt, EndedAt = r.EndedAt,
    });

    /// <summary>
    /// Writes all as a list of <see cref="Reservation"/>, without making any: a busy SKU has a hundred thousand, and is written again with every
    /// checkpoint. The same state has the same bytes, whatever way it came about.
    /// </summary>
    public void Write(Codec codec)
    {
        int[] rows = [.. Rows];
        Array.Sort(rows, (a, b) => _rows[a].ReservedAt != _rows[b].ReservedAt ? _rows[a].ReservedAt.CompareTo(_rows[b].ReservedAt) : CompareIds(a, b));
        var written = new WrittenRow(this);
        codec.Count(rows.Length);
        foreach (var row in rows)
        {
            written.Row = row;
            codec.Record(written);
        }
    }

    /// <summary>As it is now, for another thread to <see cref="Write"/> while this one changes, until <see cref="Thaw"/>.</summary>
    public ReservationTable Freeze()
    {
        var frozen = new ReservationTable { _rows = _rows.Freeze(), _texts = _texts, _rowsUsed = _rowsUsed, Count = Count };
        frozen._names.AddRange(_names);
        return frozen;
    }

    public void Thaw() => _rows.Thaw();

    /// <summary>A row as its copy would write itself (<see cref="Reservation.Layout"/>).</summary>
    sealed class WrittenRow(ReservationTable table) : IEncoded
    {
        public int Row;

        public void Layout(Codec codec)
        {
            var r = table._rows[Row];
            codec.Utf8(table.IdBytes(Row));
            codec.Utf8(r.Owner == ReservationOwner.Order && !r.HasOwnOrderId ? [] : table.OrderOf(Row));
            codec.Text(ref CollectionsMarshal.AsSpan(table._names)[r.Warehouse]);
            codec.Int(ref r.Quantity);
            codec.Enum(ref r.Owner);
            codec.Enum(ref r.State);
            codec.Enum(ref r.Tier);
            codec.Long(ref r.ReservedAt);
            codec.Long(ref r.ExpiresAt);
            codec.Long(ref r.FirstExpiresAt);
            codec.Long(ref r.PayingExpiresAt);
            codec.Text(ref CollectionsMarshal.AsSpan(table._names)[r.Key]);
            codec.Bool(ref r.Revalidated);
            codec.Bool(ref r.Asked);
            codec.Long(ref r.EndedAt);
            codec.Int(ref r.LinesInOrder);
            if (!codec.More(r.CartLength > 0)) return;
            codec.Utf8(table.CartOf(Row));
            var tokens = table._texts[r.Text + r.IdLength + r.OrderLength + r.CartLength, r.TokensLength];
            codec.Count(tokens.IsEmpty ? 0 : tokens.Count((byte)BetweenTokens) + 1);
            if (tokens.IsEmpty) return;
            foreach (var token in tokens.Split((byte)BetweenTokens)) codec.Utf8(tokens[token]);
        }
    }

    public static string Joined(IEnumerable<string> tokens) => string.Join(BetweenTokens, tokens);

    /// <summary>Its id is not known any more. Whoever holds it may still read it.</summary>
    public void Remove(int row)
    {
        ref var next = ref _buckets[_rows[row].Hash & (_buckets.Length - 1)];
        if (next - 1 == row) next = _rows[row].Next + 1;
        else
        {
            var before = next - 1;
            while (_rows[before].Next != row) before = _rows[before].Next;
            _rows.Change(before).Next = _rows[row].Next;
        }
        _rows.Change(row).IsKnown = false;
        _due.Remove(row);
        Count--;
        FreeUnheld(row);
    }

    /// <summary>The row stays what it is until it is let go as often, removed or not.</summary>
    public void Hold(int row) => _rows.Change(row).Holds++;

    public void LetGo(int row)
    {
        _rows.Change(row).Holds--;
        FreeUnheld(row);
    }

    // ── when locks fall due ──

    /// <summary>At its <see cref="Row.ExpiresAt"/>.</summary>
    public void Schedule(int row) => _due.Set(row, _rows[row].ExpiresAt);

    /// <summary>The lock that falls due first.</summary>
    /// <param name="at">Milliseconds since 1970 UTC; <see cref="Actor.Never"/> where there is none.</param>
    public bool TryPeekDue(out int row, out long at)
    {
        while (_due.TryPeek(out row, out at))
        {
            if (_rows[row] is { State: ReservationState.Reserved, Asked: false }) return true;
            _due.Remove(row);
        }
        at = Actor.Never;
        return false;
    }

    public int CompareIds(int row, int other) => IdBytes(row).SequenceCompareTo(IdBytes(other));

    // ── room ──

    int NewRow()
    {
        if (_free != None)
        {
            var row = _free;
            _free = _rows[row].Next;
            return row;
        }
        if (_rowsUsed == _buckets.Length) Grow();
        return _rows.Fit(_rowsUsed++, 1);
    }

    void Grow()
    {
        _buckets = new int[Math.Max(RowsFirst, _buckets.Length * 2)];
        for (var row = 0; row < _rowsUsed; row++)
        {
            if (!_rows[row].IsKnown) continue;
            ref var bucket = ref _buckets[_rows[row].Hash & (_buckets.Length - 1)];
            _rows.Change(row).Next = bucket - 1;
            bucket = row + 1;
        }
    }

    void FreeUnheld(int row)
    {
        if (_rows[row].IsKnown || _rows[row].Holds > 0) return;
        ref var freed = ref _rows.Change(row);
        _texts.Drop(freed.TextLength);
        freed = new Row { Next = _free };
        _free = row;
        if (_texts.IsMostlyDropped) MoveTexts();
    }

    void MoveTexts()
    {
        // What is frozen has its texts where these are.
        if (_texts.IsAllDropped && !_rows.IsFrozen)
        {
            _texts.Clear();
            return;
        }
        var old = _texts;
        _texts = new TextPages();
        for (var row = 0; row < _rowsUsed; row++)
        {
            if (_rows[row].TextLength == 0) continue;
            ref var moved = ref _rows.Change(row);
            moved.Text = _texts.Add(old[moved.Text, moved.TextLength]);
        }
    }

    /// <summary>Texts that nearly all reservations share: few warehouses hold a SKU, and one key after the other signs.</summary>
    ushort Named(string name)
    {
        var index = _names.IndexOf(name);
        if (index < 0)
        {
            index = _names.Count;
            _names.Add(name);
        }
        return checked((ushort)index);
    }

    static int HashOf(string id) => string.GetHashCode(id, StringComparison.Ordinal);

    /// <summary>The fields of <see cref="Reservation"/>, and where its texts lie: id, order, cart, tokens.</summary>
    public struct Row
    {
        public long ReservedAt, ExpiresAt, FirstExpiresAt, PayingExpiresAt, EndedAt;
        /// <summary>In the same bucket; of a free row the next free one.</summary>
        internal int Next;
        internal int Hash;
        internal int Text, TokensLength;
        internal int Holds;
        public int Quantity;
        public int LinesInOrder;
        internal ushort IdLength, OrderLength, CartLength;
        internal ushort Warehouse, Key;
        internal bool IsKnown, HasOwnOrderId;
        public bool Revalidated;
        public bool Asked;
        public ReservationOwner Owner;
        public ReservationState State;
        public LockTier Tier;

        public readonly bool IsLive => State is ReservationState.Reserved or ReservationState.Committed;

        internal readonly int TextLength => IdLength + OrderLength + CartLength + TokensLength;
    }
}
