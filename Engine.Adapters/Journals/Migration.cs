using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Postgres;
using Engine.Adapters.Journals.Sqlite;
using Npgsql;
using NpgsqlTypes;
using Sql = Engine.Adapters.Journals.Postgres.Sql;

namespace Engine.Adapters.Journals;

/// <summary>
/// Moves an embedded store to PostgreSQL: frames (also archived ones), keys, snapshots, owners' epochs and signing keys.
/// <para>
/// Nobody else has the source open, and the target is marked as unfinished, so that no engine starts on it. What was interrupted
/// is done again from where the frames end. At the end the source is closed for good, and only then the target becomes a store:
/// there are never two books that can be written.
/// </para>
/// </summary>
public sealed class Migration : IDisposable
{
    const int FramesPerCommit = 512;
    const long BytesPerCommit = 8 << 20;

    readonly string _directory;
    readonly StoreLock _lock;
    readonly SqliteReader _source;
    readonly List<(PostgresJournal Journal, PostgresSource Connections)> _shards = [];
    readonly TimeProvider _time;

    /// <exception cref="StartupException">The source is in use, or the target can't be used or holds a store already.</exception>
    /// <exception cref="StoreUnavailableException">There is no source.</exception>
    public Migration(string directory, PostgresJournalOptions target, IReadOnlyList<string> shards)
    {
        (_directory, _time) = (directory, target.TimeProvider);
        _source = new SqliteReader(directory);
        try
        {
            _lock = StoreLock.Take(directory, target.TimeProvider);
            Open(target with { Partitions = _source.Partitions, Shards = shards.Count + 1, Alone = true, Migrates = true }, shards);
            if (StoreFile.MovedTo(directory) is { } moved && moved != Identity) throw new StartupException($"The store in {directory} was moved to {moved} already.");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IJournalReader Source => _source;

    /// <summary>Where it goes; without secrets.</summary>
    public string Target => string.Join(", ", _shards.Select(shard => shard.Journal.Name));

    /// <summary>The target as it is so far.</summary>
    public IJournalReader OpenTarget(IReadOnlyList<string> connectionStrings) => new PostgresShardsReader(connectionStrings, archiveDirectory: null);

    /// <summary>Frames copied by this attempt.</summary>
    public long FramesCopied { get; private set; }

    string Identity => $"{_shards[0].Journal.Name} ({_shards[0].Journal.Store})";

    void Open(PostgresJournalOptions target, IReadOnlyList<string> shards)
    {
        Add(target);
        foreach (var shard in shards) Add(target with { ConnectionString = shard, Shard = _shards.Count, Store = _shards[0].Journal.Store });

        void Add(PostgresJournalOptions options) =>
            _shards.Add((new PostgresJournal(options), new PostgresSource(options.ConnectionString, "command migrate", options.AllowUnsafe)));
    }

    /// <summary>Copies what is not there yet. May be called again after it was interrupted.</summary>
    /// <exception cref="StartupException">The target holds frames of another store.</exception>
    /// <exception cref="StoreUnavailableException" />
    public void Copy(Action<long>? progress = null, CancellationToken stop = default)
    {
        for (var partition = 0; partition < _source.Partitions && !stop.IsCancellationRequested; partition++) Carry(partition, CopyFrames, progress, stop);
        for (var shard = 0; shard < _shards.Count && !stop.IsCancellationRequested; shard++) CopyRest(shard);
    }

    void Carry(int partition, Action<NpgsqlConnection, int, Action<long>?, CancellationToken> copy, Action<long>? progress, CancellationToken stop)
    {
        var (_, connections) = _shards[ShardRange.Of(partition, _source.Partitions, _shards.Count)];
        using var connection = connections.OpenReading();
        try
        {
            copy(connection, partition, progress, stop);
        }
        catch (Exception e) when (PostgresSource.IsFault(e))
        {
            throw connections.Unavailable("can't be written to", e);
        }
    }

    void CopyFrames(NpgsqlConnection connection, int partition, Action<long>? progress, CancellationToken stop)
    {
        var tail = connection.Scalar<long>(Sql.ReadTail, partition);
        if (tail > 0 && !(connection.Scalar<byte[]>(Sql.ReadFrame, partition, tail) ?? []).AsSpan().SequenceEqual(_source.ReadFrames(partition, tail - 1).FirstOrDefault().Bytes))
            throw new StartupException($"{Target} holds frames of partition {partition} that are not those of {_directory}: it was filled from another store.");
        using var frames = _source.ReadFrames(partition, tail).GetEnumerator();
        for (var more = frames.MoveNext(); more && !stop.IsCancellationRequested;)
        {
            using var copy = connection.BeginBinaryImport(Sql.CopyFrames);
            var bytes = 0L;
            for (var count = 0; more && count < FramesPerCommit && bytes < BytesPerCommit; count++)
            {
                var frame = frames.Current;
                copy.StartRow();
                copy.Write(partition, NpgsqlDbType.Integer);
                copy.Write(frame.Sequence, NpgsqlDbType.Bigint);
                copy.Write(FrameHeader.Read(frame.Bytes).Epoch, NpgsqlDbType.Bigint);
                copy.Write(frame.Bytes, NpgsqlDbType.Bytea);
                bytes += frame.Bytes.Length;
                FramesCopied++;
                more = frames.MoveNext();
            }
            copy.Complete();
            progress?.Invoke(FramesCopied);
        }
    }

    /// <summary>What changes in place: all of it again, in one transaction.</summary>
    void CopyRest(int shard)
    {
        var (journal, connections) = _shards[shard];
        using var connection = connections.OpenReading();
        try
        {
            using var transaction = connection.BeginTransaction();
            connection.Run(Sql.ClearAllButFrames);
            CopyKeys(connection, shard);
            foreach (var (partition, segment, length) in _source.Read(session => session.Segments()).Where(s => IsOf(s.Partition, shard)))
                connection.Run(Sql.InsertSegment, partition, segment, _source.ReadSegment(partition, segment, 0, length));
            foreach (var (partition, epoch) in _source.Read(session => session.Epochs()).Where(p => IsOf(p.Partition, shard)))
            {
                connection.Run(Sql.InsertEpoch, partition, "migration", epoch);
                if (_source.ReadCheckpoint(partition) is { } checkpoint) connection.Run(Sql.InsertCheckpoint, partition, checkpoint);
            }
            if (shard == 0)
                foreach (var key in _source.Read(session => session.SigningKeys()))
                    connection.Run(Sql.CopySigningKey, key.Id, key.Wrapped, key.CreatedAt, (object?)key.RetiredAt ?? DBNull.Value);
            transaction.Commit();
        }
        catch (Exception e) when (PostgresSource.IsFault(e))
        {
            throw connections.Unavailable($"can't be written to ({journal.Name})", e);
        }
    }

    void CopyKeys(NpgsqlConnection connection, int shard)
    {
        using var copy = connection.BeginBinaryImport(Sql.CopyKeys);
        for (var page = _source.Read(session => session.KeyRows(0)); page.Count > 0; page = Behind(page))
        {
            foreach (var row in page.Where(row => IsOf(row.Partition, shard)))
            {
                copy.StartRow();
                copy.Write(row.Partition, NpgsqlDbType.Integer);
                copy.Write(row.Sequence, NpgsqlDbType.Bigint);
                copy.Write(KeyRow.Unpack(row.Wrapped), NpgsqlDbType.Array | NpgsqlDbType.Bytea);
            }
        }
        copy.Complete();

        List<StoredKeyRow> Behind(List<StoredKeyRow> page) => _source.Read(session => session.KeyRows(page[^1].Id));
    }

    bool IsOf(int partition, int shard) => ShardRange.Of(partition, _source.Partitions, _shards.Count) == shard;

    /// <summary>Closes the source for good, and makes the target a store. Both books are proved before.</summary>
    /// <exception cref="StoreUnavailableException" />
    public void Complete()
    {
        StoreFile.Close(_directory, Identity, _time.GetUtcNow().ToUnixTimeMilliseconds());
        // The first last: while it is unfinished, all of it is.
        for (var shard = _shards.Count - 1; shard >= 0; shard--)
        {
            var connections = _shards[shard].Connections;
            using var connection = connections.OpenControl();
            try
            {
                connection.Run(Sql.EndMigration);
            }
            catch (Exception e) when (PostgresSource.IsFault(e))
            {
                throw connections.Unavailable("can't be written to", e);
            }
        }
    }

    public void Dispose()
    {
        foreach (var (journal, connections) in _shards)
        {
            journal.Dispose();
            connections.Dispose();
        }
        _source.Dispose();
        _lock?.Dispose();
    }
}
