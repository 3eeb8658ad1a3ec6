using System.Buffers.Binary;

namespace Engine.Adapters.Journals.Sqlite;

/// <summary>
/// The wrapped keys of one frame in one row, each with a length and a mark whether it is still there:
/// <code>
/// count u16 | (present u8 | length u16 | wrapped key) × count        little endian
/// </code>
/// Dropping a key zeroes the mark and the key and leaves everything else where it is.
/// </summary>
static class KeyRow
{
    const int HeaderBytes = 2;
    const int EntryHeaderBytes = 3;

    public static byte[] Pack(List<byte[]> keys)
    {
        var row = new byte[HeaderBytes + keys.Sum(key => EntryHeaderBytes + key.Length)];
        BinaryPrimitives.WriteUInt16LittleEndian(row, (ushort)keys.Count);
        var position = HeaderBytes;
        foreach (var key in keys)
        {
            row[position] = 1;
            BinaryPrimitives.WriteUInt16LittleEndian(row.AsSpan(position + 1), (ushort)key.Length);
            key.CopyTo(row, position + EntryHeaderBytes);
            position += EntryHeaderBytes + key.Length;
        }
        return row;
    }

    /// <summary>All keys of the row, null for dropped ones.</summary>
    /// <exception cref="InvalidDataException">The row is damaged.</exception>
    public static byte[]?[] Unpack(byte[] row)
    {
        // Reads the count's bytes also of a row that is too short for one, and says so.
        Find(row, 0);
        return [.. Enumerable.Range(0, BinaryPrimitives.ReadUInt16LittleEndian(row)).Select(index => Read(row, index))];
    }

    /// <summary>The key, or null when it was dropped or never was.</summary>
    /// <exception cref="InvalidDataException">The row is damaged.</exception>
    public static byte[]? Read(ReadOnlySpan<byte> row, int index)
    {
        var (start, end) = Find(row, index);
        if (start == end) return null;
        var key = row[(start + EntryHeaderBytes)..end];
        if (row[start] == 1) return key.ToArray();
        return row[start] == 0 && !key.ContainsAnyExcept((byte)0) ? null : throw new InvalidDataException("a key is neither there nor dropped: its row is damaged");
    }

    /// <summary>True when there was something to drop; then the bytes of the row from <paramref name="start"/> on have changed.</summary>
    public static bool Drop(Span<byte> row, int index, out int start, out int count)
    {
        (start, var end) = Find(row, index);
        count = end - start;
        if (count == 0 || row[start] == 0) return false;
        row[start] = 0;
        row[(start + EntryHeaderBytes)..end].Clear();
        return true;
    }

    /// <summary>Puts a key of the same length in the place of one that is there; then the bytes of the row from <paramref name="start"/> on have changed.</summary>
    public static void Replace(Span<byte> row, int index, ReadOnlySpan<byte> key, out int start, out int count)
    {
        (start, var end) = Find(row, index);
        count = end - start;
        if (count != EntryHeaderBytes + key.Length || row[start] != 1) throw new InvalidDataException("a key that is not there, or of another length, can't be replaced");
        key.CopyTo(row[(start + EntryHeaderBytes)..]);
    }

    static (int Start, int End) Find(ReadOnlySpan<byte> row, int index)
    {
        if (row.Length < HeaderBytes) throw new InvalidDataException("a row of keys ends before its count");
        var entries = BinaryPrimitives.ReadUInt16LittleEndian(row);
        var (position, found) = (HeaderBytes, (0, 0));
        for (var entry = 0; entry < entries; entry++)
        {
            if (position + EntryHeaderBytes > row.Length) throw new InvalidDataException($"a row of {entries} keys ends within one of them");
            var next = position + EntryHeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(row[(position + 1)..]);
            if (next > row.Length) throw new InvalidDataException($"a row of {entries} keys ends within one of them");
            if (entry == index) found = (position, next);
            position = next;
        }
        return position == row.Length ? found : throw new InvalidDataException($"a row of {entries} keys is longer than they are");
    }
}
