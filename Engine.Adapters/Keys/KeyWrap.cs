using System.Security.Cryptography;

namespace Engine.Adapters.Keys;

/// <summary>Seals keys of one purpose by a key that follows from the master key. Safe to use from many threads.</summary>
sealed class KeyWrap : IDisposable
{
    readonly ThreadLocal<AesGcm> _cipher;

    public KeyWrap(MasterKey master, string purpose)
    {
        var wrapping = master.Derive(purpose);
        // A cipher holds the nonce of the call it is in, so threads can't share one.
        _cipher = new ThreadLocal<AesGcm>(() => SealedBox.Cipher(wrapping), trackAllValues: true);
    }

    public byte[] Wrap(ReadOnlySpan<byte> key, string associated)
    {
        Span<byte> nonce = stackalloc byte[SealedBox.NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        return Wrap(key, nonce, associated);
    }

    /// <param name="nonce">Random, and never used again.</param>
    public byte[] Wrap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, string associated) => SealedBox.Seal(_cipher.Value!, nonce, key, associated);

    /// <exception cref="CryptographicException" />
    public void Unwrap(ReadOnlySpan<byte> wrapped, string associated, Span<byte> key) => SealedBox.Open(_cipher.Value!, wrapped, associated, key);

    public void Dispose()
    {
        foreach (var cipher in _cipher.Values) cipher.Dispose();
        _cipher.Dispose();
    }
}
