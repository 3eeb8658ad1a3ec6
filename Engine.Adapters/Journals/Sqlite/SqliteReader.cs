using System.Collections.Concurrent;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Archives;
using Microsoft.Data.Sqlite;

namespace Engine.Adapters.Journals.Sqlite;

/// <summary>
/// Reads a store through connections of its own, which never block the writer: every read is one short transaction, and
/// long ones are made of many. Frames that were archived are read from there. Works on the store of a running engine as well as on one that rests; takes no lock.
/// </summary>
public sealed class SqliteReader : IJournalReader
{
    /// <summary>Of which who follows the journal uses most: what it leaves of a page is read once more.</summary>
    const int PageBytesMax = 512 * 1024;

    readonly string _directory;
    readonly ArchiveFolder _archives;
    readonly ConcurrentBag<ReadSession> _idle = [];
    volatile bool _disposed;

    /// <exception cref="StartupException">The store is of a newer format, or none at all.</exception>
    /// <exception cref="StoreUnavailableException" />
    public SqliteReader(string directory)
    {
        _directory = directory;
        _archives = new ArchiveFolder(directory);
        using var connection = StoreFile.OpenForReading(directory);
        try
        {
            Partitions = StoreFile.ReadPartitions(connection);
        }
        catch (SqliteException e)
        {
            throw Unreadable(e);
        }
    }

    public int Partitions { get; }

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after)
    {
        while (true)
        {
            var from = after;
            var page = Read(session => session.Frames(partition, from, PageBytesMax));
            // A frame is in the books of the archive before it is gone from here.
            if (page.Count == 0 || page[0].Sequence > after + 1)
            {
                foreach (var frame in _archives.ReadFrames(Read(session => session.Archives(partition, from)), after))
                {
                    yield return frame;
                    after = frame.Sequence;
                }
                if (after > from) continue;
            }
            foreach (var frame in page) yield return frame;
            if (page.Count == 0) yield break;
            after = page[^1].Sequence;
        }
    }

    public byte[]? ReadCheckpoint(int partition) => Read(session => session.Checkpoint(partition));

    public byte[] ReadSegment(int partition, long segment, int offset, int count) =>
        Read(session => session.SegmentPart(partition, segment, offset, count));

    public byte[]? ReadKey(int partition, KeyRef key)
    {
        var row = Read(session => session.Keys(partition, key.Sequence));
        return row is null ? null : KeyRow.Read(row, key.Index);
    }

    internal T Read<T>(Func<ReadSession, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ReadSession? session = null;
        try
        {
            if (!_idle.TryTake(out session)) session = new ReadSession(StoreFile.OpenForReading(_directory));
            var result = read(session);
            Return(session);
            return result;
        }
        catch (InvalidDataException)
        {
            Return(session!);
            throw;
        }
        catch (SqliteException e)
        {
            // What is wrong may lie in the connection: the next read opens a new one.
            session?.Dispose();
            throw Unreadable(e);
        }
    }

    void Return(ReadSession session)
    {
        _idle.Add(session);
        if (_disposed) CloseIdle();
    }

    void CloseIdle()
    {
        while (_idle.TryTake(out var session)) session.Dispose();
    }

    StoreUnavailableException Unreadable(SqliteException e) => new($"The store {StoreFile.PathIn(_directory)} can't be read: {e.Message}", e);

    public void Dispose()
    {
        _disposed = true;
        CloseIdle();
        _archives.Dispose();
    }
}
