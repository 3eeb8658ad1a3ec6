namespace Engine.Actors.Inventory;

/// <summary>
/// A reservation as others may see it (<see cref="ReservationView"/>) where it lies, nothing copied: lists show many. Good only while its
/// actor is being read.
/// </summary>
public readonly struct ReservationRow
{
    readonly ReservationTable _table;
    readonly int _row;

    internal ReservationRow(ReservationTable table, int row, string id) => (_table, _row, ReservationId) = (table, row, id);

    public string ReservationId { get; }
    /// <summary>In UTF-8.</summary>
    public ReadOnlySpan<byte> OrderId => _table.OrderOf(_row);
    public string Warehouse => _table.WarehouseOf(_row);
    public int Quantity => _table[_row].Quantity;
    public ReservationOwner Owner => _table[_row].Owner;
    public ReservationState State => _table[_row].State;
    public LockTier Tier => _table[_row].Tier;
    /// <summary>Milliseconds since 1970 UTC.</summary>
    public long ReservedAt => _table[_row].ReservedAt;
    /// <summary>Milliseconds since 1970 UTC.</summary>
    public long ExpiresAt => _table[_row].ExpiresAt;
    public bool Revalidated => _table[_row].Revalidated;

    public bool IsLive => _table[_row].IsLive;
}
