using Engine.Actors;
using Engine.Actors.Deciders;

namespace Engine.Host.Metrics;

/// <summary>The events of the domain by their numbers, named as labels are: <c>StockReserved</c> is <c>stock_reserved</c>.</summary>
static class EventNames
{
    public static readonly IReadOnlyList<(byte Tag, string Name)> All = Read(EngineDomain.Instance);

    static List<(byte, string)> Read(IDomain domain)
    {
        var names = new List<(byte, string)>();
        for (var tag = 0; tag <= byte.MaxValue; tag++)
        {
            try
            {
                names.Add(((byte)tag, SnakeCase(domain.NewEvent((byte)tag).GetType().Name)));
            }
            catch (InvalidDataException)
            {
                // The numbers are not dense, and the domain has no other way to say which there are.
            }
        }
        return names;
    }

    static string SnakeCase(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
