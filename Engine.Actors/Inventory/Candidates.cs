using Engine.Actors.Fulfilment;

namespace Engine.Actors.Inventory;

/// <summary>
/// Where a line may get its stock: those of the asked warehouses that have ever held the SKU, in that order; all that are open, in code order, where none was asked.
/// Goes through a <c>foreach</c> without making anything: every line of every order is looked for so.
/// </summary>
readonly struct Candidates(SkuActor sku, string[] asked, DirectoryActor directory)
{
    /// <summary>As many at most.</summary>
    public int Most => asked.Length > 0 ? asked.Length : sku.Warehouses.Count;

    WarehouseStock? At(int place)
    {
        if (asked.Length > 0) return sku.Find(asked[place]);
        var stock = sku.Warehouses[place];
        return directory.IsOpen(stock.Warehouse) ? stock : null;
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
