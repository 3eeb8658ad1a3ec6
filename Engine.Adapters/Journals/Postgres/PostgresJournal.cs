using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Archives;
using Engine.Adapters.Keys;
using Npgsql;

namespace Engine.Adapters.Journals.Postgres;

/// <summary>
/// The store of production: tables in a PostgreSQL database, which several nodes may share. Who owns a partition is a row there,
/// and every write is checked against it by the server itself, in the write's own transaction.
/// </summary>
public sealed class PostgresJournal : IStore, IArchivable
{
    /// <summary>A tenth of a second apart.</summary>
    const int LooksForOthers = 30;
    const int VacuumSeconds = 600;
    static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    readonly Lock _archiving = new();
    readonly PostgresSource _source;
    readonly PostgresReader _reader;
    readonly TakeOver _takeOver;
    readonly GroupWriter _writer;
    readonly ITimer _timer;
    readonly string? _archiveDirectory;
    long _framesArchived;
    int _isErasing;
    volatile bool _disposed;

    /// <exception cref="StartupException">The server can't be reached or must not be used, or holds a store of a newer format.</exception>
    public PostgresJournal(PostgresJournalOptions options)
    {
        _archiveDirectory = options.ArchiveDirectory;
        _source = new PostgresSource(options.ConnectionString, options.Node, options.AllowUnsafe);
        try
        {
            using (var connection = _source.OpenControl())
            {
                if (options.Alone && Others(connection) is { } others) throw new StartupException($"The store {_source.Name} is in use by other engines ({others}). End them first.");
                PostgresSchema.Prepare(connection, _source.Name, options);
            }
            _reader = new PostgresReader(_source, options.ArchiveDirectory);
        }
        catch (Exception e) when (e is StoreUnavailableException || PostgresSource.IsFault(e))
        {
            _source.Dispose();
            throw new StartupException($"The store {_source.Name} can't be opened: {e.Message}", e);
        }
        catch (StartupException)
        {
            _source.Dispose();
            throw;
        }
        _takeOver = new TakeOver(_source);
        _writer = new GroupWriter(_source, options);
        _timer = options.TimeProvider.CreateTimer(_ => Tend(), null, Pace, Pace);
    }

    /// <summary>Which other engines are connected; null where there are none, or none any more: the server notices a moment later that one has ended.</summary>
    static string? Others(NpgsqlConnection connection)
    {
        for (var look = 1; ; look++)
        {
            var others = connection.Scalar<string>(Sql.ReadOthers);
            if (others is null || look == LooksForOthers) return others;
            connection.Run(Sql.WaitForOthers);
        }
    }

    /// <summary>What is wrong with a connection string, without saying what it holds; null for nothing.</summary>
    public static string? FaultOf(string connectionString)
    {
        try
        {
            PostgresSource.Parse(connectionString);
            return null;
        }
        catch (StartupException e)
        {
            return e.Message;
        }
    }

    /// <summary>Who the nodes are that share this store, and who owns what.</summary>
    public IClusterStore Cluster => new PostgresCluster(_source, _takeOver);

    public string Name => _source.Name;

    internal Guid Store => _reader.Meta.Store;

    public int Partitions => _reader.Partitions;

    public bool IsWritable => Trouble is null;

    /// <summary>Of this node's writes; those of others end up between them, under their own epochs.</summary>
    public long? Streak => _writer.Streak;

    public string? Trouble => _writer.Trouble;
    public long Transactions => _writer.Transactions;
    public long DurableWrites => _writer.DurableWrites;
    public long FramesArchived => Interlocked.Read(ref _framesArchived);

    public Lease Acquire(int partition, string owner)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)partition, (uint)Partitions, nameof(partition));
        if (_writer.IsThisThread) throw new InvalidOperationException("the journal's thread can't wait for itself");
        try
        {
            return _takeOver.Run(partition, owner);
        }
        catch (StoreUnavailableException e)
        {
            // An idle connection does not notice that its server is gone.
            _writer.Doubt(e.Message);
            throw;
        }
    }

    public void Submit(JournalWrite write)
    {
        write.Validate(Partitions);
        _writer.Submit(write);
    }

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after) => _reader.ReadFrames(partition, after);
    public byte[]? ReadCheckpoint(int partition) => _reader.ReadCheckpoint(partition);
    public byte[] ReadSegment(int partition, long segment, int offset, int count) => _reader.ReadSegment(partition, segment, offset, count);
    public byte[]? ReadKey(int partition, KeyRef key) => _reader.ReadKey(partition, key);

    public IReadOnlyList<StoredSigningKey> ReadSigningKeys() => _reader.Read(connection =>
    {
        var keys = new List<StoredSigningKey>();
        using var command = connection.Command(Sql.ReadSigningKeys);
        using var row = command.ExecuteReader();
        while (row.Read()) keys.Add(new StoredSigningKey(row.GetString(0), row.GetFieldValue<byte[]>(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3)));
        return keys;
    });

    public void AddSigningKey(StoredSigningKey key) => Change(connection =>
    {
        using var transaction = connection.BeginTransaction();
        // Two nodes that rotate at once leave one current key.
        connection.Run(Sql.LockSigningKeys);
        connection.Run(Sql.RetireSigningKeys, key.CreatedAt);
        connection.Run(Sql.InsertSigningKey, key.Id, key.Wrapped, key.CreatedAt);
        transaction.Commit();
        return 0;
    });

    public bool RemoveSigningKey(string id) => Change(connection => connection.Run(Sql.DeleteSigningKey, id)) > 0;

    public IReadOnlyList<FrameKeys> ReadKeys(int partition, long after) => _reader.Read(connection =>
    {
        var keys = new List<FrameKeys>();
        using var command = connection.Command(Sql.ReadKeysBehind, partition, after);
        using var row = command.ExecuteReader();
        while (row.Read()) keys.Add(new FrameKeys(row.GetInt64(0), row.GetFieldValue<byte[]?[]>(1)));
        return keys;
    });

    public void ReplaceKeys(int partition, IReadOnlyList<FrameKeys> keys) => Change(connection =>
    {
        using var transaction = connection.BeginTransaction();
        foreach (var row in keys.Where(row => row.Wrapped.Any(key => key is not null))) connection.Run(Sql.ReplaceKeys, partition, row.Sequence, row.Wrapped);
        transaction.Commit();
        return 0;
    });

    public void ReplaceSigningKeys(IReadOnlyList<StoredSigningKey> keys) => Change(connection =>
    {
        using var transaction = connection.BeginTransaction();
        foreach (var key in keys) connection.Run(Sql.ReplaceSigningKey, key.Wrapped, key.Id);
        transaction.Commit();
        return 0;
    });

    public void EraseReplacedKeys() => Change(connection =>
    {
        using var vacuum = connection.Command(Sql.VacuumReplaced);
        // As long as it takes.
        vacuum.CommandTimeout = 0;
        return vacuum.ExecuteNonQuery();
    });

    public ArchiveReport Archive(long before, Action<long>? progress = null, CancellationToken stop = default)
    {
        if (_archiveDirectory is null) throw new StoreUnavailableException("No folder of archives is set (Engine:Archive:Directory): all nodes must be able to read it.");
        lock (_archiving)
        {
            // One node at a time: two would write the same file.
            using var connection = _source.OpenControl();
            if (!connection.Scalar<bool>(Sql.TryArchiving)) return new ArchiveReport(0, 0, 0, 0);
            try
            {
                using var folder = new ArchiveFolder(_archiveDirectory);
                var report = new Archiver(this, folder).Run(before, progress, stop);
                Interlocked.Add(ref _framesArchived, report.Frames);
                return report;
            }
            finally
            {
                StopArchiving(connection);
            }
        }
    }

    static void StopArchiving(NpgsqlConnection connection)
    {
        try
        {
            connection.Run(Sql.StopArchiving);
        }
        catch (Exception e) when (PostgresSource.IsFault(e))
        {
            // A connection that is lost holds nothing.
        }
    }

    long IArchivable.ArchivedThrough(int partition) => _reader.Read(connection => connection.Scalar<long>(Sql.ArchivedThrough, partition));
    void IArchivable.Register(ArchiveEntry entry) => Change(connection => connection.Run(Sql.InsertArchive, entry.Partition, entry.First, entry.Last, entry.File));
    bool IArchivable.RemoveArchived(int partition) => Change(connection => connection.Run(Sql.RemoveArchived, partition)) > 0;

    T Change<T>(Func<NpgsqlConnection, T> change)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var connection = _source.OpenControl();
        try
        {
            return change(connection);
        }
        catch (Exception e) when (PostgresSource.IsFault(e))
        {
            throw _source.Unavailable("can't be written to", e);
        }
    }

    static int VacuumKeys(NpgsqlConnection connection)
    {
        using var vacuum = connection.Command(Sql.VacuumKeys);
        vacuum.CommandTimeout = VacuumSeconds;
        return vacuum.ExecuteNonQuery();
    }

    void Tend()
    {
        _writer.TendSoon();
        if (Interlocked.Exchange(ref _isErasing, 1) == 1) return;
        try
        {
            if (_writer.TakeDroppedKeys()) Change(VacuumKeys);
        }
        catch (Exception e) when (e is StoreUnavailableException or ObjectDisposedException)
        {
            // Tried again soon; the server vacuums by itself too, only later.
            _writer.LeaveDroppedKeys();
        }
        finally
        {
            Volatile.Write(ref _isErasing, 0);
        }
    }

    /// <summary>Carries out what was submitted, then lets go of the store.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _timer.Dispose();
        _writer.Dispose();
        _reader.Dispose();
        _source.Dispose();
    }
}
