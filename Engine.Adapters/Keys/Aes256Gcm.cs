using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Engine.Adapters.Keys;

/// <summary>
/// AES-256-GCM (NIST SP 800-38D) under keys that are used once or twice. By libsodium, which takes the key with the call, where the processor has
/// the instructions for it; else by the framework, whose cipher must be made for each key and given back: ten times as long for an order's
/// personal part. Both make the same bytes. Safe to use from many threads.
/// </summary>
static partial class Aes256Gcm
{
    public const int KeyBytes = 32;
    public const int NonceBytes = 12;
    public const int TagBytes = 16;

    /// <summary>The processor has the instructions, and the library is there.</summary>
    public static readonly bool HasLibsodium = FindLibsodium();

    /// <param name="nonce">Never used again with this key.</param>
    /// <param name="cipher">Room for the cipher text and behind it the tag.</param>
    public static void Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated, Span<byte> cipher)
    {
        Require(key, nonce, plain, cipher);
        if (HasLibsodium) EncryptByLibsodium(cipher, out _, plain, (ulong)plain.Length, associated, (ulong)associated.Length, default, nonce, key);
        else EncryptByFramework(key, nonce, plain, associated, cipher);
    }

    /// <exception cref="CryptographicException">Something is not as it was made.</exception>
    public static void Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> associated, Span<byte> plain)
    {
        Require(key, nonce, plain, cipher);
        if (!HasLibsodium) DecryptByFramework(key, nonce, cipher, associated, plain);
        else if (DecryptByLibsodium(plain, out _, default, cipher, (ulong)cipher.Length, associated, (ulong)associated.Length, nonce, key) != 0)
            throw new AuthenticationTagMismatchException();
    }

    public static void EncryptByFramework(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associated, Span<byte> cipher)
    {
        using var made = new AesGcm(key, TagBytes);
        made.Encrypt(nonce, plain, cipher[..plain.Length], cipher[plain.Length..], associated);
    }

    public static void DecryptByFramework(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> associated, Span<byte> plain)
    {
        using var made = new AesGcm(key, TagBytes);
        made.Decrypt(nonce, cipher[..plain.Length], cipher[plain.Length..], plain, associated);
    }

    // The library is told no length of these.
    static void Require(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> cipher)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(nonce.Length, NonceBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(cipher.Length, plain.Length + TagBytes);
    }

    static bool FindLibsodium()
    {
        try
        {
            return Initialize() >= 0 && IsAvailable() == 1;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    }

    // https://doc.libsodium.org/secret-key_cryptography/aead/aes-256-gcm

    [LibraryImport("libsodium", EntryPoint = "sodium_init")]
    private static partial int Initialize();

    [LibraryImport("libsodium", EntryPoint = "crypto_aead_aes256gcm_is_available")]
    private static partial int IsAvailable();

    [LibraryImport("libsodium", EntryPoint = "crypto_aead_aes256gcm_encrypt")]
    private static partial int EncryptByLibsodium(
        Span<byte> cipher, out ulong cipherLength, ReadOnlySpan<byte> plain, ulong plainLength, ReadOnlySpan<byte> associated, ulong associatedLength, nint unused, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key);

    [LibraryImport("libsodium", EntryPoint = "crypto_aead_aes256gcm_decrypt")]
    private static partial int DecryptByLibsodium(
        Span<byte> plain, out ulong plainLength, nint unused, ReadOnlySpan<byte> cipher, ulong cipherLength, ReadOnlySpan<byte> associated, ulong associatedLength, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key);
}
