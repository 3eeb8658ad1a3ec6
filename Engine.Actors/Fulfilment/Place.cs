using Engine.Actors.Deciders;

namespace Engine.Actors.Fulfilment;

/// <summary>Where an order goes, as far as decisions need it: no street, and coordinates only to a tenth of a degree.</summary>
public sealed class Place : IEncoded
{
    public string Country = "";
    public string Province = "";
    public string City = "";
    public string District = "";
    public bool HasLocation;
    /// <summary>Tenths of a degree, WGS 84.</summary>
    public int Latitude;
    public int Longitude;

    public void Layout(Codec codec)
    {
        codec.Word(ref Country);
        codec.Word(ref Province);
        codec.Word(ref City);
        codec.Word(ref District);
        codec.Bool(ref HasLocation);
        codec.Int(ref Latitude);
        codec.Int(ref Longitude);
    }
}
