using System.Security.Cryptography;

namespace Engine.Adapters.Keys;

/// <summary>Seals keys of one purpose by a key that follows from the master key. Safe to use from many threads.</summary>
sealed class KeyWrap(MasterKey master, string purpose)
{
    readonly byte[] _key = master.Derive(purpose);

    public byte[] Wrap(ReadOnlySpan<byte> key, string associated)
    {
        Span<byte> nonce = stackalloc byte[SealedBox.NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        return Wrap(key, nonce, associated);
    }

    /// <param name="nonce">Random, and never used again.</param>
    public byte[] Wrap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, string associated) => SealedBox.Seal(_key, nonce, key, associated);

    /// <exception cref="CryptographicException" />
    public void Unwrap(ReadOnlySpan<byte> wrapped, string associated, Span<byte> key) => SealedBox.Open(_key, wrapped, associated, key);
}
