using System.Security.Cryptography;
using System.Text;

namespace Engine.Adapters.Keys;

/// <summary>
/// AES-256-GCM with a fresh nonce, as bytes that carry all that opening needs but the key:
/// <code>
/// version u8 | nonce 12 | cipher text | tag 16
/// </code>
/// The version and the associated text are authenticated too, so a box opens only where it was made for.
/// </summary>
static class SealedBox
{
    public const int KeyBytes = Aes256Gcm.KeyBytes;
    public const int NonceBytes = Aes256Gcm.NonceBytes;
    public const int Overhead = 1 + NonceBytes + Aes256Gcm.TagBytes;

    const byte Version = 1;
    const int AssociatedOnStackMax = 256;

    /// <param name="nonce">Random, and never used again.</param>
    public static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, string associated)
    {
        var box = new byte[plain.Length + Overhead];
        box[0] = Version;
        nonce.CopyTo(box.AsSpan(1));
        var data = Associated(associated, stackalloc byte[AssociatedOnStackMax]);
        Aes256Gcm.Encrypt(key, nonce, plain, data, box.AsSpan(1 + NonceBytes));
        return box;
    }

    /// <param name="plain">Exactly as long as what was sealed.</param>
    /// <exception cref="CryptographicException">The box was altered, sealed by another key, or for another associated text.</exception>
    public static void Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> box, string associated, Span<byte> plain)
    {
        if (box.Length != plain.Length + Overhead) throw new CryptographicException($"a sealed box of {box.Length} bytes can't hold {plain.Length}");
        if (box[0] != Version) throw new CryptographicException($"a sealed box of version {box[0]}; this build opens version {Version}");
        var data = Associated(associated, stackalloc byte[AssociatedOnStackMax]);
        Aes256Gcm.Decrypt(key, box.Slice(1, NonceBytes), box[(1 + NonceBytes)..], data, plain);
    }

    static Span<byte> Associated(string text, Span<byte> room)
    {
        var count = 1 + Encoding.UTF8.GetByteCount(text);
        var data = count <= room.Length ? room[..count] : new byte[count];
        data[0] = Version;
        Encoding.UTF8.GetBytes(text, data[1..]);
        return data;
    }
}
