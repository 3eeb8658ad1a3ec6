using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Engine.Actors.Orders;
using Engine.Adapters.Keys;
using Engine.Adapters.Views;
using Engine.Host.Ingress;

namespace Engine.Host.Views;

/// <summary>
/// What of a person can be looked for: keyed hashes of name and phone. Equal ones are found; nothing can be read back, and
/// without the master key not even tried out. What a platform has masked is many people's and can't be looked for.
/// </summary>
sealed class PersonIndex(PersonalSeal seal, PersonalDesk personal) : IPersonIndex
{
    const int PhoneDigitsMin = 5;

    public PersonHashes Of(OrderActor order)
    {
        try
        {
            var person = personal.Open(order.OrderId, order.PersonalKey, order.Details.Personal);
            return person is null ? PersonHashes.None : new PersonHashes(Phone(person.Phone), Name(person.Name));
        }
        catch (Exception e) when (e is CryptographicException or InvalidDataException)
        {
            // Damaged, or sealed under another master key: nobody can read it, so nobody looks for it.
            return PersonHashes.None;
        }
    }

    /// <summary>What somebody looks for may be either.</summary>
    public PersonHashes Of(string sought) => new(Phone(sought), Name(sought));

    long? Phone(string? phone)
    {
        var digits = phone is null ? null : PhoneNumber.Digits(phone);
        return digits is null || digits.Length < PhoneDigitsMin ? null : Hash("views: phone", digits);
    }

    long? Name(string? name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Contains('*')) return null;
        return Hash("views: name", string.Join(' ', name.Normalize(NormalizationForm.FormKC).ToUpperInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }

    long Hash(string domain, string value) => BinaryPrimitives.ReadInt64LittleEndian(seal.KeyedHash(domain, value));
}
