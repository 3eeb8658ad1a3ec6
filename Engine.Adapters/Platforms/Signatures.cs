using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Engine.Adapters.Platforms;

/// <summary>Compares what a sender claims with what its secret makes, in time that doesn't depend on where they differ.</summary>
internal static class Signatures
{
    /// <summary>Hex, in either case; anything of another length or alphabet doesn't match.</summary>
    public static bool IsHexOf(ReadOnlySpan<char> claimed, ReadOnlySpan<byte> digest)
    {
        Span<byte> bytes = stackalloc byte[digest.Length];
        return claimed.Length == digest.Length * 2
            && Convert.FromHexString(claimed, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(bytes, digest);
    }

    /// <summary>Base64 exactly as it is written canonically: decoding would let other texts through as the same signature.</summary>
    public static bool IsBase64Of(ReadOnlySpan<char> claimed, ReadOnlySpan<byte> digest)
    {
        Span<char> expected = stackalloc char[(digest.Length + 2) / 3 * 4];
        Convert.TryToBase64Chars(digest, expected, out _);
        return CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(claimed), MemoryMarshal.AsBytes(expected));
    }

    /// <summary>
    /// True when any of the shop's secrets, the present one or an old one, verifies. An empty secret never does: it would
    /// let everybody sign.
    /// </summary>
    public static bool AnySecret(PlatformCredentials credentials, Func<string, bool> verifies)
    {
        var matches = credentials.Secret.Length > 0 && verifies(credentials.Secret);
        foreach (var old in credentials.OldSecrets)
            matches |= old.Length > 0 && verifies(old);
        return matches;
    }
}
