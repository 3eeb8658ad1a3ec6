namespace Engine.Adapters.Keys;

/// <param name="Id">Short text; tokens carry it.</param>
/// <param name="Wrapped">The secret, sealed by the master key.</param>
/// <param name="CreatedAt">Milliseconds since 1970 UTC.</param>
/// <param name="RetiredAt">Since when it only verifies; null for the current one.</param>
public sealed record StoredSigningKey(string Id, byte[] Wrapped, long CreatedAt, long? RetiredAt);

/// <summary>Where the token-signing keys of all nodes are kept.</summary>
public interface ISigningKeyStore
{
    /// <summary>The oldest first.</summary>
    /// <exception cref="Engine.Actors.Kernel.StoreUnavailableException" />
    IReadOnlyList<StoredSigningKey> ReadSigningKeys();

    /// <summary>Adds the key as the current one and retires all others at its creation, in one transaction.</summary>
    /// <exception cref="Engine.Actors.Kernel.StoreUnavailableException" />
    void AddSigningKey(StoredSigningKey key);

    /// <summary>Removes a retired key; false when there is none of that id or it is the current one.</summary>
    /// <exception cref="Engine.Actors.Kernel.StoreUnavailableException" />
    bool RemoveSigningKey(string id);
}
