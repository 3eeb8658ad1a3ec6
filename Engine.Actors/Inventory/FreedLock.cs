using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>A lock that the auditor found without an owner.</summary>
sealed class FreedLock : IEncoded
{
    public string ReservationId = "";
    public string OrderId = "";
    public string Warehouse = "";
    public int Quantity;
    public string Why = "";
    public long At;

    public void Layout(Codec codec)
    {
        codec.Text(ref ReservationId);
        codec.Text(ref OrderId);
        codec.Text(ref Warehouse);
        codec.Int(ref Quantity);
        codec.Text(ref Why);
        codec.Long(ref At);
    }
}
