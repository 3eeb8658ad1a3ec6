using System.Numerics;
using System.Runtime.InteropServices;

namespace Engine.Actors.Compact;

/// <summary>CRC-32C (Castagnoli), as all checksums of the store.</summary>
public static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xffffffffu;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(words.Length * 8)..]) crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
