using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>What an adjustment line was answered, kept seven days so that the same reference gets the same answer.</summary>
public sealed class AppliedAdjustment : IEncoded
{
    public string Key = "";
    public ulong Asked;
    public long At;
    public long OnHand;
    public long Version;
    public long Shortage;

    public void Layout(Codec codec)
    {
        codec.Text(ref Key);
        codec.Fixed64(ref Asked);
        codec.Long(ref At);
        codec.Long(ref OnHand);
        codec.Long(ref Version);
        codec.Long(ref Shortage);
    }
}
