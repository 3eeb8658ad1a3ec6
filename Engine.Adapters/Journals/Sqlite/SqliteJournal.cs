using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Archives;
using Engine.Adapters.Keys;
using Microsoft.Data.Sqlite;

namespace Engine.Adapters.Journals.Sqlite;

/// <summary>
/// The embedded store: one SQLite file with a write-ahead log, flushed at every commit.
/// <para>
/// One thread writes. It takes all that is queued, commits it as one transaction for all partitions and tells each what
/// became of it; meanwhile the next group gathers. What is refused drops out, with those of its streak that were submitted behind it.
/// </para>
/// </summary>
public sealed class SqliteJournal : IStore, IArchivable
{
    static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    readonly object _gate = new();
    readonly Lock _archiving = new();
    readonly string _directory;
    readonly Queue<Job> _queue = new();
    readonly Queue<SegmentPart> _parts = new();
    readonly int _groupBytesMax;
    readonly StoreLock _lock;
    readonly SqliteReader _reader;
    readonly GroupWriter _writer;
    readonly Thread _thread;
    readonly ITimer _timer;
    long _framesArchived;
    bool _isTimeToTend;
    bool _isEnding;

    /// <summary>A write, or other work for the writer's connection that takes its turn.</summary>
    readonly record struct Job(JournalWrite? Write, Action? Work);

    /// <exception cref="StartupException">The folder is in use, can't be used, or holds a store of a newer format.</exception>
    public SqliteJournal(SqliteJournalOptions options)
    {
        (_groupBytesMax, _directory) = (options.GroupBytesMax, options.Directory);
        try
        {
            Directory.CreateDirectory(options.Directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The data folder {options.Directory} can't be made: {e.Message}", e);
        }
        _lock = StoreLock.Take(options.Directory, options.TimeProvider);
        try
        {
            var connection = StoreFile.OpenForWriting(options, out var partitions);
            _writer = new GroupWriter(new WriteSession(connection, partitions), options.AtStep);
            _reader = new SqliteReader(options.Directory);
        }
        catch
        {
            _writer?.Dispose();
            _lock.Dispose();
            throw;
        }
        _thread = new Thread(CarryAll) { IsBackground = true, Name = "journal" };
        _thread.Start();
        _timer = options.TimeProvider.CreateTimer(_ => TendSoon(), null, Pace, Pace);
    }

    public string Name => Path.GetFullPath(_directory);

    public int Partitions => _reader.Partitions;

    public bool IsWritable => _writer.IsWritable;

    public long? Streak => _writer.Streak;

    public string? Trouble => _writer.Trouble;

    public long Transactions => _writer.Transactions;

    public long FramesArchived => Interlocked.Read(ref _framesArchived);

    public long DurableWrites => _writer.DurableWrites;

    public Lease Acquire(int partition, string owner)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)partition, (uint)Partitions, nameof(partition));
        return InTurn(session => session.TakeOver(partition, owner));
    }

    public void Submit(JournalWrite write)
    {
        write.Validate(Partitions);
        Enqueue(new Job(write, null));
    }

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after) => _reader.ReadFrames(partition, after);
    public byte[]? ReadCheckpoint(int partition) => _reader.ReadCheckpoint(partition);
    public byte[] ReadSegment(int partition, long segment, int offset, int count) => _reader.ReadSegment(partition, segment, offset, count);
    public byte[]? ReadKey(int partition, KeyRef key) => _reader.ReadKey(partition, key);

    public IReadOnlyList<StoredSigningKey> ReadSigningKeys() => _reader.Read(session => session.SigningKeys());

    public void AddSigningKey(StoredSigningKey key) => InTurn(session =>
    {
        session.AddSigningKey(key);
        return true;
    });

    public bool RemoveSigningKey(string id) => InTurn(session => session.RemoveSigningKey(id));

    public IReadOnlyList<FrameKeys> ReadKeys(int partition, long after) => _reader.Read(session => session.KeysBehind(partition, after));

    public void ReplaceKeys(int partition, IReadOnlyList<FrameKeys> keys) => InTurn(session =>
    {
        foreach (var row in keys) session.ReplaceKeys(partition, row);
        return true;
    });

    public void ReplaceSigningKeys(IReadOnlyList<StoredSigningKey> keys) => InTurn(session =>
    {
        session.ReplaceSigningKeys(keys);
        return true;
    });

    public void EraseReplacedKeys()
    {
        var isErased = InTurn(session =>
        {
            session.EraseDroppedKeys();
            return !session.HasDroppedKeys;
        }, inTransaction: false);
        if (!isErased) throw new StoreUnavailableException("The log can't be cut while somebody reads the store.");
    }

    public ArchiveReport Archive(long before, Action<long>? progress = null, CancellationToken stop = default)
    {
        lock (_archiving)
        {
            using var folder = new ArchiveFolder(_directory);
            var report = new Archiver(this, folder).Run(before, progress, stop);
            Interlocked.Add(ref _framesArchived, report.Frames);
            return report;
        }
    }

    long IArchivable.ArchivedThrough(int partition) => InTurn(session => session.ArchivedThrough(partition));

    void IArchivable.Register(ArchiveEntry entry) => InTurn(session =>
    {
        session.AddArchive(entry);
        return true;
    });

    bool IArchivable.RemoveArchived(int partition) => InTurn(session => session.RemoveArchived(partition));

    /// <summary>Changes a setting of the writing connection, between two transactions.</summary>
    internal void Execute(string sql) => InTurn(session =>
    {
        session.Execute(sql);
        return true;
    }, inTransaction: false);

    /// <summary>Carries out what was submitted, then closes the store.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isEnding) return;
            _isEnding = true;
            Monitor.Pulse(_gate);
        }
        _timer.Dispose();
        _thread.Join();
        _reader.Dispose();
        _writer.Dispose();
        _lock.Dispose();
    }

    T InTurn<T>(Func<WriteSession, T> work, bool inTransaction = true)
    {
        if (Environment.CurrentManagedThreadId == _thread.ManagedThreadId) throw new InvalidOperationException("the journal's thread can't wait for itself");
        var done = new TaskCompletionSource<T>();
        Enqueue(new Job(null, () =>
        {
            try
            {
                done.SetResult(_writer.Carry(work, inTransaction));
            }
            catch (SqliteException e)
            {
                done.SetException(new StoreUnavailableException($"The store can't be written to: {e.Message}", e));
            }
        }));
        return done.Task.GetAwaiter().GetResult();
    }

    void Enqueue(in Job job)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isEnding, this);
            _queue.Enqueue(job);
            if (_queue.Count == 1) Monitor.Pulse(_gate);
        }
    }

    void TendSoon()
    {
        lock (_gate)
        {
            _isTimeToTend = true;
            Monitor.Pulse(_gate);
        }
    }

    SegmentPart? NextPart()
    {
        while (_parts.TryDequeue(out var part))
            if (!part.IsInVain) return part;
        return null;
    }

    void CarryAll()
    {
        var group = new List<JournalWrite>();
        while (TakeTurn(group, out var work, out var tend))
        {
            if (tend) _writer.Tend();
            work?.Invoke();
            if (group.Count > 0) _writer.Carry(group);
            group.Clear();
        }
    }

    /// <summary>The next group of writes or the next work; false at the end.</summary>
    bool TakeTurn(List<JournalWrite> group, out Action? work, out bool tend)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && _parts.Count == 0 && !_isTimeToTend && !_isEnding) Monitor.Wait(_gate);
            tend = _isTimeToTend;
            _isTimeToTend = false;
            work = null;
            if (_queue.Count == 0 && _parts.Count == 0) return !_isEnding;

            var bytes = 0L;
            while (bytes < _groupBytesMax && _queue.TryPeek(out var next) && next.Write is { } write)
            {
                _queue.Dequeue();
                if (SegmentPart.IsOf(write))
                {
                    foreach (var part in SegmentPart.Of(write)) _parts.Enqueue(part);
                    continue;
                }
                group.Add(write);
                bytes += write.Frame.Length + write.SegmentBytes.Length + (write.Checkpoint?.Length ?? 0);
            }
            if (group.Count == 0 && _queue.Count > 0) work = _queue.Dequeue().Work;
            else if (NextPart() is { } part) group.Add(part);
            return true;
        }
    }
}
