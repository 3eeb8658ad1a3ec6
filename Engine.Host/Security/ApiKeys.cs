using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Engine.Host.Settings;

namespace Engine.Host.Security;

/// <summary>Whoever calls: a key's name, its role, and for a warehouse key the warehouses it is bound to.</summary>
public sealed class Caller
{
    public required string Name { get; init; }
    public required Role Role { get; init; }
    /// <summary>Null where the key is bound to none.</summary>
    public FrozenSet<string>? Warehouses { get; init; }

    public bool MaySee(string warehouse) => Warehouses is null || Warehouses.Contains(warehouse);
}

/// <summary>Which keys there are. Only their hashes are kept.</summary>
public sealed class ApiKeys
{
    readonly (byte[] Hash, Caller Caller)[] _keys;

    public ApiKeys(IEnumerable<ApiKeySettings> keys) => _keys =
    [
        .. keys.Select(k => (Convert.FromHexString(k.Sha256), new Caller
        {
            Name = k.Name,
            Role = Roles.Parse(k.Role)!.Value,
            Warehouses = k.Warehouses.Count == 0 ? null : k.Warehouses.ToFrozenSet(),
        })),
    ];

    /// <summary>The caller behind an <c>Authorization</c> header. Every key is compared, whole, so that the time says nothing.</summary>
    public Caller? Find(string? authorization)
    {
        const string Scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return null;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim()), hash);
        Caller? found = null;
        foreach (var (known, caller) in _keys)
            if (CryptographicOperations.FixedTimeEquals(hash, known)) found = caller;
        return found;
    }
}
