using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Adapters.Keys;
using Engine.Host.Api;

namespace Engine.Host.Ingress;

/// <summary>The part of an order that is about the person (FEATURES F12). Outside of an answer it exists only sealed.</summary>
sealed record PersonalData
{
    public string? BuyerId { get; init; }
    public string? Name { get; init; }
    public string? Phone { get; init; }
    public string? VipLevel { get; init; }
    public string? Street { get; init; }
    public string? PostalCode { get; init; }
    public double? Lat { get; init; }
    public double? Lon { get; init; }
    public string? Note { get; init; }
    public SortedDictionary<string, string>? Compliance { get; init; }

    static readonly PersonalData Nothing = new();

    [JsonIgnore]
    public bool IsEmpty => this == Nothing;

    public static PersonalData Of(CanonicalOrder order) => new()
    {
        BuyerId = order.Buyer?.Id,
        Name = order.Buyer?.Name,
        Phone = order.Buyer?.Phone,
        VipLevel = order.Buyer?.VipLevel,
        Street = order.Address?.Street,
        PostalCode = order.Address?.PostalCode,
        Lat = order.Address?.Lat,
        Lon = order.Address?.Lon,
        Note = order.Note,
        Compliance = order.Compliance.Count == 0 ? null : new SortedDictionary<string, string>(order.Compliance.ToDictionary(), StringComparer.Ordinal),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PersonalData))]
sealed partial class PersonalJson : JsonSerializerContext;

/// <summary>Seals the personal part of orders on its way in, and opens it for an answer.</summary>
sealed class PersonalDesk(PersonalSeal seal, IJournalReader store, ILogger<PersonalDesk> log)
{
    /// <summary>The sealed part, the wrapped key it opens by, and a fingerprint by which a repeat with differences is told.</summary>
    public (byte[] Sealed, byte[] WrappedKey, ulong Hash) Seal(PersonalData personal, string orderId)
    {
        if (personal.IsEmpty) return ([], [], 0);
        var plain = JsonRoom.Write(personal, PersonalJson.Default.PersonalData);
        var (cipher, key) = seal.Seal(plain, orderId);
        // With the order's id, so that two orders of one person can't be told to be such.
        var hash = BinaryPrimitives.ReadUInt64LittleEndian(seal.KeyedHash("personal", $"{orderId}\n", plain));
        JsonRoom.Clear();
        return (cipher, key, hash == 0 ? 1 : hash);
    }

    /// <summary>Null where there is none, or none any more. What is damaged is not shown at all; the order itself is.</summary>
    /// <exception cref="StoreUnavailableException" />
    public PersonalData? Open(OrderView order, out bool isDamaged)
    {
        try
        {
            isDamaged = false;
            return Open(order.OrderId, order.PersonalKey, order.Details.Personal);
        }
        catch (Exception e) when (e is CryptographicException or InvalidDataException)
        {
            log.PersonalDataDamaged(order.OrderId, e);
            isDamaged = true;
            return null;
        }
    }

    /// <exception cref="CryptographicException" />
    /// <exception cref="InvalidDataException" />
    /// <exception cref="StoreUnavailableException" />
    public PersonalData? Open(string orderId, Actors.Deciders.KeyRef? place, byte[] cipher)
    {
        if (place is not { } key || cipher.Length == 0) return null;
        if (store.ReadKey(Actors.Deciders.ActorId.Order(orderId).PartitionOf(store.Partitions), key) is not { } wrapped) return null;
        var plain = seal.Open(cipher, wrapped, orderId);
        return JsonSerializer.Deserialize(plain, PersonalJson.Default.PersonalData);
    }
}
