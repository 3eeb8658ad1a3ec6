using Engine.Actors.Fulfilment;

namespace Engine.Actors.Inventory;

/// <summary>
/// Where a line may get its stock: those of the asked warehouses that have ever held the SKU, in that order; all of them, in code order, where none was asked.
/// Goes through a <c>foreach</c> without making anything: every line of every order is looked for so.
/// </summary>
/// <param name="onlyOpen">Where none was asked: only those that are open.</param>
readonly struct Candidates(SkuActor sku, string[] asked, DirectoryActor? onlyOpen = null)
{
    readonly SkuActor _sku = sku;
    readonly string[] _asked = asked;

    /// <summary>As many at most.</summary>
    public int Most => _asked.Length > 0 ? _asked.Length : _sku.Warehouses.Count;

    WarehouseStock? At(int place)
    {
        if (_asked.Length > 0) return _sku.Find(_asked[place]);
        var stock = _sku.Warehouses[place];
        return onlyOpen?.IsOpen(stock.Warehouse) == false ? null : stock;
    }

    public Enumerator GetEnumerator() => new(this);

    public struct Enumerator(Candidates candidates)
    {
        int _next;

        public WarehouseStock Current { get; private set; } = null!;

        public bool MoveNext()
        {
            while (_next < candidates.Most)
            {
                if (candidates.At(_next++) is not { } stock) continue;
                Current = stock;
                return true;
            }
            return false;
        }
    }
}
