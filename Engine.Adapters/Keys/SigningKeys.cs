using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Engine.Adapters.Keys;

/// <param name="RetiredAt">Since when it only verifies; null for the current one. Milliseconds since 1970 UTC, as <paramref name="CreatedAt"/>.</param>
public sealed record SigningKey(string Id, byte[] Secret, long CreatedAt, long? RetiredAt);

/// <summary>
/// The keys that sign snapshot tokens and tickets. One is current and signs; retired ones still verify, until they are
/// removed because nothing alive was signed by them. They live in the store, sealed, and are shared by all nodes. Safe to
/// use from many threads.
/// </summary>
public sealed class SigningKeys
{
    internal const string Purpose = "engine: signing keys";
    const int IdBytes = 6;

    readonly ISigningKeyStore _store;
    readonly KeyWrap _wrap;
    readonly Lock _changing = new();
    volatile Ring _ring;

    sealed record Ring(SigningKey Current, Dictionary<string, SigningKey> All);

    /// <summary>Reads the keys, and makes the first one in a new store.</summary>
    /// <exception cref="StartupException">The keys of the store were sealed under another master key.</exception>
    /// <exception cref="Engine.Actors.Kernel.StoreUnavailableException" />
    public SigningKeys(ISigningKeyStore store, MasterKey master, long now)
    {
        _store = store;
        _wrap = new KeyWrap(master, Purpose);
        if (!store.ReadSigningKeys().Any(key => key.RetiredAt is null)) AddNew(now);
        _ring = Read();
    }

    public SigningKey Current => _ring.Current;

    public bool TryGet(string id, [MaybeNullWhen(false)] out SigningKey key) => _ring.All.TryGetValue(id, out key);

    /// <summary>All keys, the oldest first.</summary>
    public IReadOnlyList<SigningKey> All => [.. _ring.All.Values];

    /// <summary>Makes a new key the current one. The others go on verifying.</summary>
    /// <param name="id">Its id, where no key has that yet; null for any.</param>
    public SigningKey Rotate(long now, string? id = null)
    {
        lock (_changing)
        {
            AddNew(now, id is null || TryGet(id, out _) ? null : id);
            return (_ring = Read()).Current;
        }
    }

    /// <summary>Ends a retired key: nothing signed by it verifies from now on. False for the current key and for one that is not there.</summary>
    public bool Remove(string id)
    {
        lock (_changing)
        {
            if (!_store.RemoveSigningKey(id)) return false;
            _ring = Read();
            return true;
        }
    }

    /// <summary>Learns what other nodes have changed.</summary>
    public void Reload()
    {
        lock (_changing) _ring = Read();
    }

    void AddNew(long now, string? id = null)
    {
        id ??= Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
        var secret = RandomNumberGenerator.GetBytes(SealedBox.KeyBytes);
        _store.AddSigningKey(new StoredSigningKey(id, _wrap.Wrap(secret, id), now, null));
    }

    Ring Read()
    {
        var all = new Dictionary<string, SigningKey>();
        SigningKey? current = null;
        foreach (var stored in _store.ReadSigningKeys())
        {
            var key = Unwrap(stored);
            all.Add(key.Id, key);
            if (key.RetiredAt is null) current = key;
        }
        return new Ring(current ?? throw new InvalidOperationException("the store has no current signing key"), all);
    }

    SigningKey Unwrap(StoredSigningKey stored)
    {
        var secret = new byte[SealedBox.KeyBytes];
        try
        {
            _wrap.Unwrap(stored.Wrapped, stored.Id, secret);
        }
        catch (CryptographicException e)
        {
            throw new StartupException($"The signing key {stored.Id} does not open by this master key. Is it the master key file that belongs to this store, and not one that was replaced (-- rekey)?", e);
        }
        return new SigningKey(stored.Id, secret, stored.CreatedAt, stored.RetiredAt);
    }
}
