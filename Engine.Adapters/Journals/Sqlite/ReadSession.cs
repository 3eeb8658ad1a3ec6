using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Archives;
using Engine.Adapters.Keys;
using Engine.Adapters.Sqlite;
using Microsoft.Data.Sqlite;

namespace Engine.Adapters.Journals.Sqlite;

/// <summary>A reading connection with its statements; used by one thread at a time.</summary>
sealed class ReadSession(SqliteConnection connection) : IDisposable
{
    readonly SqliteStatement _frames = new(connection, Sql.ReadFrames);
    readonly SqliteStatement _checkpoint = new(connection, Sql.ReadCheckpoint);
    readonly SqliteStatement _chunks = new(connection, Sql.ReadChunks);
    readonly SqliteStatement _keys = new(connection, Sql.ReadKeys);

    public List<StoredFrame> Frames(int partition, long after, int bytesMax)
    {
        var page = new List<StoredFrame>();
        var bytes = 0L;
        try
        {
            _frames.With(partition).With(after);
            while (bytes < bytesMax && _frames.Step())
            {
                page.Add(new StoredFrame(_frames.Long(0), _frames.Blob(1).ToArray()));
                bytes += page[^1].Bytes.Length;
            }
        }
        finally
        {
            _frames.Reset();
        }
        return page;
    }

    /// <summary>The archive files that hold frames behind <paramref name="after"/>. Asked for seldom, so nothing is prepared for it.</summary>
    public List<ArchiveEntry> Archives(int partition, long after)
    {
        var entries = new List<ArchiveEntry>();
        using var made = new SqliteStatement(connection, Sql.HasArchives);
        if (made.OneLong() == 0) return entries;
        using var read = new SqliteStatement(connection, Sql.ReadArchives);
        read.With(partition).With(after);
        while (read.Step()) entries.Add(new ArchiveEntry(partition, read.Long(0), read.Long(1), read.Text(2)));
        return entries;
    }

    public byte[]? Checkpoint(int partition) => _checkpoint.With(partition).OneBlob();

    public byte[]? Keys(int partition, long sequence) => _keys.With(partition).With(sequence).OneBlob();

    /// <exception cref="InvalidDataException">The segment is not there or too short.</exception>
    public byte[] SegmentPart(int partition, long segment, int offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var part = new byte[count];
        var filled = 0;
        // A part of nothing still asks for a chunk, to find out whether the segment is there.
        var skip = offset % SegmentChunks.Bytes;
        var first = offset / SegmentChunks.Bytes;
        var last = ((long)offset + Math.Max(count, 1) - 1) / SegmentChunks.Bytes;
        var found = false;
        try
        {
            _chunks.With(partition).With(segment).With(first).With(last);
            while (_chunks.Step())
            {
                var chunk = _chunks.Blob(0);
                found |= skip <= chunk.Length;
                chunk = chunk[Math.Min(skip, chunk.Length)..];
                chunk = chunk[..Math.Min(chunk.Length, count - filled)];
                chunk.CopyTo(part.AsSpan(filled));
                filled += chunk.Length;
                skip = 0;
            }
        }
        finally
        {
            _chunks.Reset();
        }
        return found && filled == count
            ? part
            : throw new InvalidDataException($"segment {segment} of partition {partition} is not there, or has no {count} bytes from {offset}");
    }

    public List<FrameKeys> KeysBehind(int partition, long after)
    {
        using var read = new SqliteStatement(connection, Sql.ReadKeysBehind);
        read.With(partition).With(after);
        var keys = new List<FrameKeys>();
        while (read.Step()) keys.Add(new FrameKeys(read.Long(0), KeyRow.Unpack(read.Blob(1).ToArray())));
        return keys;
    }

    /// <summary>Some rows of wrapped keys behind one, as they are stored.</summary>
    public List<StoredKeyRow> KeyRows(long after)
    {
        using var read = new SqliteStatement(connection, Sql.ReadKeyRows);
        read.With(after);
        var rows = new List<StoredKeyRow>();
        while (read.Step()) rows.Add(new StoredKeyRow(read.Long(0), (int)read.Long(1), read.Long(2), read.Blob(3).ToArray()));
        return rows;
    }

    public List<(int Partition, long Segment, int Length)> Segments()
    {
        using var read = new SqliteStatement(connection, Sql.ReadSegments);
        var found = new List<(int, long, int)>();
        while (read.Step()) found.Add(((int)read.Long(0), read.Long(1), (int)read.Long(2)));
        return found;
    }

    public List<(int Partition, long Epoch)> Epochs()
    {
        using var read = new SqliteStatement(connection, Sql.ReadEpochs);
        var found = new List<(int, long)>();
        while (read.Step()) found.Add(((int)read.Long(0), read.Long(1)));
        return found;
    }

    public List<StoredSigningKey> SigningKeys()
    {
        using var read = new SqliteStatement(connection, Sql.ReadSigningKeys);
        var keys = new List<StoredSigningKey>();
        while (read.Step())
            keys.Add(new StoredSigningKey(read.Text(0), read.Blob(1).ToArray(), read.Long(2), read.IsNull(3) ? null : read.Long(3)));
        return keys;
    }

    public void Dispose()
    {
        _frames.Dispose();
        _checkpoint.Dispose();
        _chunks.Dispose();
        _keys.Dispose();
        connection.Dispose();
    }
}

/// <param name="Wrapped">Of one frame, packed (<see cref="KeyRow"/>).</param>
readonly record struct StoredKeyRow(long Id, int Partition, long Sequence, byte[] Wrapped);

/// <summary>
/// Segments are kept in pieces, so that a part from the end of a large one is found by an index instead of by walking all
/// pages before it.
/// </summary>
static class SegmentChunks
{
    public const int Bytes = 32 * 1024;
}
