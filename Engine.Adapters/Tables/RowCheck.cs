using System.Numerics;
using System.Runtime.InteropServices;

namespace Engine.Adapters.Tables;

/// <summary>CRC-32C over the values of a row. SQLite has no checksums, PostgreSQL only where they were asked for: a bit that flips on the disk would be served as it is.</summary>
struct RowCheck
{
    uint _crc;

    public readonly long Value => _crc;

    public void Add(long value) => _crc = BitOperations.Crc32C(_crc, (ulong)value);

    public void AddNull() => _crc = BitOperations.Crc32C(_crc, (byte)0xff);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        _crc = BitOperations.Crc32C(_crc, (uint)bytes.Length);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) _crc = BitOperations.Crc32C(_crc, word);
        foreach (var rest in bytes[(words.Length * 8)..]) _crc = BitOperations.Crc32C(_crc, rest);
    }
}

/// <summary>A row is not as it was written: something has altered the file.</summary>
sealed class DamagedRowException : Exception
{
    public DamagedRowException(string message, Exception? inner = null) : base(message, inner) { }
}
