using Engine.Actors.Inventory;
using Engine.Adapters.Keys;

namespace Engine.Host.Api;

/// <summary>The store's signing keys as tokens need them.</summary>
/// <param name="time">Beside other nodes: a key that is not known may be one that another has just made.</param>
sealed class TokenKeys(SigningKeys keys, TimeProvider? time = null) : ITokenKeys
{
    public string CurrentId => keys.Current.Id;

    public bool TryGet(string id, out ReadOnlyMemory<byte> key)
    {
        if (!keys.TryGet(id, out var found) && MayReload()) keys.TryGet(id, out found);
        key = found?.Secret ?? default(ReadOnlyMemory<byte>);
        return found is not null;
    }

    /// <summary>At most four times a second, however many unknown keys somebody makes up.</summary>
    bool MayReload()
    {
        if (time is null) return false;
        var (last, now) = (Volatile.Read(ref _reloaded), time.GetTimestamp());
        if (last != 0 && time.GetElapsedTime(last, now) < ReloadEvery) return false;
        Volatile.Write(ref _reloaded, now);
        keys.Reload();
        return true;
    }

    static readonly TimeSpan ReloadEvery = TimeSpan.FromMilliseconds(250);
    long _reloaded;
}
