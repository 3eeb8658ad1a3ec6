using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Archives;
using Npgsql;

namespace Engine.Adapters.Journals.Postgres;

/// <summary>
/// Reads a store through connections of its own, which never block the writer: every read is one short transaction, and long
/// ones are made of many. Frames that were archived are read from there. Works beside engines that run as well as without.
/// </summary>
public sealed class PostgresReader : IJournalReader
{
    const int PageBytesMax = 4 * 1024 * 1024;

    readonly PostgresSource _source;
    readonly bool _ownsSource;
    readonly ArchiveFolder? _archives;
    volatile bool _disposed;

    /// <exception cref="StartupException">The store is of a newer format, or the connection string is none.</exception>
    /// <exception cref="StoreUnavailableException">It can't be reached, or holds no store.</exception>
    public PostgresReader(string connectionString, string? archiveDirectory = null)
        : this(new PostgresSource(connectionString, "command", allowUnsafe: true), archiveDirectory, ownsSource: true) { }

    internal PostgresReader(PostgresSource source, string? archiveDirectory, bool ownsSource = false)
    {
        (_source, _ownsSource) = (source, ownsSource);
        try
        {
            Meta = Read(connection => connection.Scalar<bool>(Sql.IsMade)
                ? PostgresSchema.Read(connection, source.Name)
                : throw new StoreUnavailableException($"{source.Name} holds no store."));
        }
        catch
        {
            if (ownsSource) source.Dispose();
            throw;
        }
        _archives = archiveDirectory is null ? null : new ArchiveFolder(archiveDirectory);
    }

    public int Partitions => Meta.Partitions;

    internal StoreMeta Meta { get; }

    internal string Name => _source.Name;

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after)
    {
        while (true)
        {
            var from = after;
            var page = Read(connection => Frames(connection, partition, from));
            // A frame is in the books of the archive before it is gone from here.
            if (page.Count == 0 || page[0].Sequence > after + 1)
            {
                foreach (var frame in Archived(partition, after))
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

    public byte[]? ReadCheckpoint(int partition) => Read(connection => connection.Scalar<byte[]>(Sql.ReadCheckpoint, partition));

    public byte[] ReadSegment(int partition, long segment, int offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Read(connection =>
        {
            using var command = connection.Command(Sql.ReadSegment, partition, segment, offset, count);
            using var row = command.ExecuteReader();
            return row.Read() && offset <= row.GetInt32(0) && row.GetFieldValue<byte[]>(1) is { } part && part.Length == count
                ? part
                : throw new InvalidDataException($"segment {segment} of partition {partition} is not there, or has no {count} bytes from {offset}");
        });
    }

    public byte[]? ReadKey(int partition, KeyRef key) => Read(connection => connection.Scalar<byte[]>(Sql.ReadKey, partition, key.Sequence, key.Index));

    internal T Read<T>(Func<NpgsqlConnection, T> read)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var connection = _source.OpenReading();
        try
        {
            return read(connection);
        }
        catch (Exception e) when (PostgresSource.IsFault(e))
        {
            throw _source.Unavailable("can't be read", e);
        }
    }

    static List<StoredFrame> Frames(NpgsqlConnection connection, int partition, long after)
    {
        var page = new List<StoredFrame>();
        using var command = connection.Command(Sql.ReadFrames, partition, after, PageBytesMax);
        using var row = command.ExecuteReader();
        while (row.Read()) page.Add(new StoredFrame(row.GetInt64(0), row.GetFieldValue<byte[]>(1)));
        return page;
    }

    IEnumerable<StoredFrame> Archived(int partition, long after)
    {
        var entries = Read(connection =>
        {
            var found = new List<ArchiveEntry>();
            using var command = connection.Command(Sql.ReadArchives, partition, after);
            using var row = command.ExecuteReader();
            while (row.Read()) found.Add(new ArchiveEntry(partition, row.GetInt64(0), row.GetInt64(1), row.GetString(2)));
            return found;
        });
        if (entries.Count == 0) return [];
        return _archives?.ReadFrames(entries, after)
            ?? throw new StoreUnavailableException($"Frames of partition {partition} are archived in {entries[0].File}, and no folder of archives is set (Engine:Archive:Directory).");
    }

    public void Dispose()
    {
        _disposed = true;
        _archives?.Dispose();
        if (_ownsSource) _source.Dispose();
    }
}
