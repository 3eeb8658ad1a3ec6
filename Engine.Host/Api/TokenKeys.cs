using Engine.Actors.Inventory;
using Engine.Adapters.Keys;

namespace Engine.Host.Api;

/// <summary>The store's signing keys as tokens need them.</summary>
sealed class TokenKeys(SigningKeys keys) : ITokenKeys
{
    public string CurrentId => keys.Current.Id;

    public bool TryGet(string id, out ReadOnlyMemory<byte> key)
    {
        key = keys.TryGet(id, out var found) ? found.Secret : default(ReadOnlyMemory<byte>);
        return found is not null;
    }
}
