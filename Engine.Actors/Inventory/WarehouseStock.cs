using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>Stock of the SKU in one warehouse.</summary>
public sealed class WarehouseStock : IEncoded
{
    public string Warehouse = "";
    public long OnHand;
    public long Reserved;
    public long Committed;
    /// <summary>What physical loss took from stock already promised; shrinks as the promise is kept or given back.</summary>
    public long Shortage;

    public long Free => OnHand - Reserved - Committed;

    public void Layout(Codec codec)
    {
        codec.Text(ref Warehouse);
        codec.Long(ref OnHand);
        codec.Long(ref Reserved);
        codec.Long(ref Committed);
        codec.Long(ref Shortage);
    }
}
