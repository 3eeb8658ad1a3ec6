using Engine.Actors.Orders;

namespace Engine.Adapters.Views;

/// <summary>
/// Knows of an order's person what can be looked for: keyed hashes, by which equal names and phones are found and nothing is
/// learned. Persons themselves never come into the read models.
/// </summary>
public interface IPersonIndex
{
    /// <summary>Null for what is not there, or not any more.</summary>
    /// <exception cref="Engine.Actors.Kernel.StoreUnavailableException" />
    PersonHashes Of(OrderActor order);
}

public readonly record struct PersonHashes(long? Phone, long? Name)
{
    public static readonly PersonHashes None;
}

/// <summary>Where nobody may be looked for.</summary>
public sealed class NoPersonIndex : IPersonIndex
{
    public PersonHashes Of(OrderActor order) => PersonHashes.None;
}
