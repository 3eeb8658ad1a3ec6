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
    const int MobileDigits = 11;

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
        if (phone is null || phone.AsSpan().ContainsAnyExcept("0123456789 +-()")) return null;
        var digits = string.Concat(phone.Where(char.IsAsciiDigit));
        // 86, 0086, +86: the same phone with and without its country.
        if (digits.Length > MobileDigits && digits.TrimStart('0').StartsWith("86", StringComparison.Ordinal)) digits = digits.TrimStart('0')[2..];
        return digits.Length < PhoneDigitsMin ? null : Hash("views: phone", digits);
    }

    long? Name(string? name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Contains('*')) return null;
        return Hash("views: name", string.Join(' ', name.Normalize(NormalizationForm.FormKC).ToUpperInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }

    long Hash(string domain, string value) => BinaryPrimitives.ReadInt64LittleEndian(seal.KeyedHash(domain, value));
}
