namespace Engine.Actors.Inventory;

/// <summary>
/// Rows of a table in the order in which their locks fall due, a heap in which each stands once and can be found: one that ends, or holds longer,
/// leaves nothing behind to be looked for later.
/// </summary>
sealed class DueLocks(ReservationTable table)
{
    (long At, int Row)[] _heap = [];
    /// <summary>By row: its place in the heap, counted from one; 0 for none.</summary>
    int[] _places = [];
    int _count;

    /// <summary>What falls due at one instant comes in the order of ids, so that a replay does the same whatever was read back in between.</summary>
    public bool TryPeek(out int row, out long at)
    {
        (at, row) = _count > 0 ? _heap[0] : (0, ReservationTable.None);
        return _count > 0;
    }

    public void Set(int row, long at)
    {
        if (row >= _places.Length) Array.Resize(ref _places, Math.Max(row + 1, 2 * _places.Length));
        if (_places[row] > 0)
        {
            Settle(_places[row] - 1, (at, row));
            return;
        }
        if (_count == _heap.Length) Array.Resize(ref _heap, Math.Max(2, 2 * _count));
        Settle(_count++, (at, row));
    }

    public void Remove(int row)
    {
        if (row >= _places.Length || _places[row] == 0) return;
        var place = _places[row] - 1;
        _places[row] = 0;
        var last = _heap[--_count];
        if (place < _count) Settle(place, last);
    }

    /// <summary>Puts it there, or above or below as its time demands.</summary>
    void Settle(int place, (long At, int Row) entry)
    {
        for (int above; place > 0 && IsBefore(entry, _heap[above = (place - 1) / 2]); place = above) Put(place, _heap[above]);
        for (int below; (below = (2 * place) + 1) < _count; place = below)
        {
            if (below + 1 < _count && IsBefore(_heap[below + 1], _heap[below])) below++;
            if (!IsBefore(_heap[below], entry)) break;
            Put(place, _heap[below]);
        }
        Put(place, entry);
    }

    void Put(int place, (long At, int Row) entry)
    {
        _heap[place] = entry;
        _places[entry.Row] = place + 1;
    }

    bool IsBefore((long At, int Row) a, (long At, int Row) b) => a.At != b.At ? a.At < b.At : table.CompareIds(a.Row, b.Row) < 0;
}
