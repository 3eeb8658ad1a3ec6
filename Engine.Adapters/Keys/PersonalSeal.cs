using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Engine.Adapters.Keys;

/// <summary>
/// Seals personal data (names, phones, street addresses) by a key per order, and that key by the master key. Who drops the
/// wrapped key forgets the person, wherever the sealed bytes have gone. Safe to use from many threads.
/// </summary>
public sealed class PersonalSeal : IDisposable
{
    internal const string Purpose = "engine: keys of personal data";
    const int TextOnStackMax = 512;

    readonly KeyWrap _wrap;
    readonly RandomStock _random = new();
    readonly ThreadLocal<IncrementalHash> _fingerprints;

    public PersonalSeal(MasterKey master)
    {
        _wrap = new KeyWrap(master, Purpose);
        // Setting a keyed hash up takes as long as using it; threads can't share one.
        _fingerprints = new ThreadLocal<IncrementalHash>(() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, master.Fingerprints), trackAllValues: true);
    }

    /// <param name="associated">The order's id: what is sealed for one order does not open as another's.</param>
    public (byte[] Cipher, byte[] WrappedKey) Seal(ReadOnlySpan<byte> plain, string associated)
    {
        Span<byte> random = stackalloc byte[SealedBox.KeyBytes + 2 * SealedBox.NonceBytes];
        _random.Take(random);
        var key = random[..SealedBox.KeyBytes];
        var nonces = random[SealedBox.KeyBytes..];
        var wrapped = _wrap.Wrap(key, nonces[..SealedBox.NonceBytes], associated);
        var cipher = SealedBox.Seal(key, nonces[SealedBox.NonceBytes..], plain, associated);
        CryptographicOperations.ZeroMemory(key);
        return (cipher, wrapped);
    }

    /// <exception cref="CryptographicException">Altered, another order's, or sealed under another master key.</exception>
    public byte[] Open(ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> wrappedKey, string associated)
    {
        if (cipher.Length < SealedBox.Overhead) throw new CryptographicException($"{cipher.Length} bytes are no sealed data");
        Span<byte> key = stackalloc byte[SealedBox.KeyBytes];
        _wrap.Unwrap(wrappedKey, associated, key);
        try
        {
            var plain = new byte[cipher.Length - SealedBox.Overhead];
            SealedBox.Open(key, cipher, associated, plain);
            return plain;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>
    /// A fingerprint by which equal values are recognised and nothing else is learned: without the master key it can't be
    /// found by trying all phone numbers. 32 bytes (HMAC-SHA256).
    /// </summary>
    /// <param name="domain">What kind of value it is; equal values of two domains have unrelated fingerprints.</param>
    public byte[] KeyedHash(string domain, string value) => KeyedHash(domain, value, []);

    /// <summary>The same of a value that comes in two parts, one behind the other.</summary>
    public byte[] KeyedHash(string domain, string value, ReadOnlySpan<byte> further)
    {
        // The length in front keeps ("ab", "c") and ("a", "bc") apart.
        var domainBytes = Encoding.UTF8.GetByteCount(domain);
        var count = sizeof(int) + domainBytes + Encoding.UTF8.GetByteCount(value);
        Span<byte> text = count <= TextOnStackMax ? stackalloc byte[count] : new byte[count];
        BinaryPrimitives.WriteInt32LittleEndian(text, domainBytes);
        Encoding.UTF8.GetBytes(domain, text[sizeof(int)..]);
        Encoding.UTF8.GetBytes(value, text[(sizeof(int) + domainBytes)..]);
        var hash = _fingerprints.Value!;
        hash.AppendData(text);
        hash.AppendData(further);
        return hash.GetHashAndReset();
    }

    public void Dispose()
    {
        foreach (var hash in _fingerprints.Values) hash.Dispose();
        _fingerprints.Dispose();
        _random.Dispose();
    }
}
