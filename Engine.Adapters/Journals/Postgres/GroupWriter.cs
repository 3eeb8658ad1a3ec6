using System.Runtime.InteropServices;
using Engine.Actors.Kernel;
using Npgsql;

namespace Engine.Adapters.Journals.Postgres;

/// <summary>
/// One thread with one connection: takes all that is queued, sends it as one transaction in one round trip and tells each what
/// became of it; meanwhile the next group gathers. A second connection was measured and earned nothing: orders were as many, in
/// more and smaller transactions.
/// <para>
/// Where the server refuses a write, the transaction leaves nothing, and each write is sent alone: what was refused drops out, with those of
/// its streak (<see cref="IJournal.Streak"/>) that were submitted behind it. The streak is broken before anybody is told.
/// </para>
/// <para>
/// A transaction that the server refused has left nothing. One whose answer did not come, or came with a warning (a standby was
/// not waited for), may have been committed or not: its outcome is unknown, and whoever takes the partition over finds out.
/// </para>
/// </summary>
sealed class GroupWriter : IDisposable
{
    readonly PostgresSource _source;
    readonly int _groupBytesMax;
    readonly Action<WriteStep>? _atStep;
    readonly object _gate = new();
    readonly Queue<JournalWrite> _queue = new();
    readonly List<AppendCommand> _commands = [];
    readonly Thread _thread;
    NpgsqlConnection? _connection;
    bool _warned;
    bool _isTimeToTend;
    bool _isEnding;
    volatile string? _trouble;
    int _hasDroppedKeys;
    long _transactions;
    long _durableWrites;
    long _streak = 1;

    public GroupWriter(PostgresSource source, PostgresJournalOptions options)
    {
        (_source, _groupBytesMax, _atStep) = (source, options.GroupBytesMax, options.AtStep);
        _thread = new Thread(CarryAll) { IsBackground = true, Name = "journal" };
        _thread.Start();
    }

    public string? Trouble => _trouble;
    public long Transactions => Interlocked.Read(ref _transactions);
    public long DurableWrites => Interlocked.Read(ref _durableWrites);
    public long Streak => Interlocked.Read(ref _streak);
    public bool IsThisThread => Environment.CurrentManagedThreadId == _thread.ManagedThreadId;

    /// <summary>Whether keys were dropped since it was last asked.</summary>
    public bool TakeDroppedKeys() => Interlocked.Exchange(ref _hasDroppedKeys, 0) == 1;

    /// <summary>There are dropped keys whose bytes may still lie in the store.</summary>
    public void LeaveDroppedKeys() => Volatile.Write(ref _hasDroppedKeys, 1);

    public void Submit(JournalWrite write)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isEnding, this);
            _queue.Enqueue(write);
            if (_queue.Count == 1) Monitor.Pulse(_gate);
        }
    }

    /// <summary>The server was not to be reached by others: nothing is written before it has been tried.</summary>
    public void Doubt(string trouble)
    {
        _trouble ??= trouble;
        TendSoon();
    }

    /// <summary>Finds out, where the last write failed, whether the store takes writes again.</summary>
    public void TendSoon()
    {
        if (_trouble is null) return;
        lock (_gate)
        {
            _isTimeToTend = true;
            Monitor.Pulse(_gate);
        }
    }

    void CarryAll()
    {
        var group = new List<JournalWrite>();
        while (TakeTurn(group, out var tend))
        {
            if (tend && _trouble is not null) Probe();
            group.RemoveAll(FailsUntried);
            if (group.Count > 0) Carry(CollectionsMarshal.AsSpan(group));
            group.Clear();
        }
        _connection?.Dispose();
    }

    /// <summary>The next group of writes; false at the end.</summary>
    bool TakeTurn(List<JournalWrite> group, out bool tend)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_isTimeToTend && !_isEnding) Monitor.Wait(_gate);
            tend = _isTimeToTend;
            _isTimeToTend = false;
            var bytes = 0L;
            while (bytes < _groupBytesMax && _queue.TryDequeue(out var write))
            {
                group.Add(write);
                bytes += write.Frame.Length + write.SegmentBytes.Length + (write.Checkpoint?.Length ?? 0);
            }
            return group.Count > 0 || !_isEnding;
        }
    }

    /// <summary>What it rests on is not durable.</summary>
    bool FailsUntried(JournalWrite write)
    {
        if (!(write.Streak < _streak)) return false;
        write.Complete(WriteOutcome.Failed);
        return true;
    }

    void Carry(ReadOnlySpan<JournalWrite> group)
    {
        var outcome = Send(group);
        if (outcome is WriteOutcome.Failed or WriteOutcome.Refused && group.Length > 1)
        {
            // One write may have been refused, or too much for the store, while the others fit: each gets its own chance, and its own outcome.
            for (var i = 0; i < group.Length; i++)
                if (!FailsUntried(group[i])) Carry(group.Slice(i, 1));
            return;
        }
        if (outcome != WriteOutcome.Durable)
            foreach (var write in group) Break(write);
        foreach (var write in group)
        {
            if (outcome == WriteOutcome.Durable) Interlocked.Increment(ref _durableWrites);
            if (outcome != WriteOutcome.Refused && write.DroppedKeys.Count > 0) LeaveDroppedKeys();
            write.Complete(outcome);
        }
    }

    void Break(JournalWrite write)
    {
        if (write.Streak == _streak) Interlocked.Increment(ref _streak);
    }

    /// <summary>What became of the transaction, which is all of the group or nothing.</summary>
    WriteOutcome Send(ReadOnlySpan<JournalWrite> group)
    {
        try
        {
            using var batch = Batch(group);
            _atStep?.Invoke(WriteStep.Committing);
            batch.ExecuteNonQuery();
            _atStep?.Invoke(WriteStep.Committed);
            if (_warned) throw new TimeoutException("the transaction was committed, but no standby has confirmed it");
            _trouble = null;
            Interlocked.Increment(ref _transactions);
            return WriteOutcome.Durable;
        }
        catch (StoreUnavailableException e)
        {
            // No connection, so nothing was sent.
            _trouble = e.Message;
            return WriteOutcome.Failed;
        }
        catch (PostgresException e) when (e.SqlState == Sql.RefusedState)
        {
            _trouble = null;
            return WriteOutcome.Refused;
        }
        catch (PostgresException e) when (e.InvariantSeverity == "ERROR")
        {
            _trouble = e.Message;
            return WriteOutcome.Failed;
        }
        catch (Exception e) when (PostgresSource.IsFault(e))
        {
            _trouble = e.Message;
            Disconnect();
            return WriteOutcome.Unknown;
        }
        finally
        {
            foreach (var command in _commands) command.Clear();
        }
    }

    NpgsqlBatch Batch(ReadOnlySpan<JournalWrite> group)
    {
        var batch = new NpgsqlBatch(Connection());
        while (_commands.Count < group.Length) _commands.Add(new AppendCommand());
        for (var i = 0; i < group.Length; i++) batch.BatchCommands.Add(_commands[i].Of(group[i]));
        return batch;
    }

    NpgsqlConnection Connection()
    {
        _warned = false;
        if (_connection is { FullState: System.Data.ConnectionState.Open }) return _connection;
        Disconnect();
        _connection = _source.OpenWriting();
        _connection.Notice += (_, told) => _warned |= told.Notice.InvariantSeverity == "WARNING";
        // What was said while connecting is about something else.
        _warned = false;
        return _connection;
    }

    void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
        // Npgsql remembers in a command that it was prepared, and not on which connection.
        _commands.Clear();
    }

    void Probe()
    {
        try
        {
            var connection = Connection();
            connection.Run(Sql.Probe);
            connection.Run(Sql.EndProbe);
            _trouble = null;
        }
        catch (StoreUnavailableException e)
        {
            _trouble = e.Message;
        }
        catch (Exception e) when (PostgresSource.IsFault(e))
        {
            _trouble = e.Message;
            Disconnect();
        }
    }

    /// <summary>Carries out what was submitted and ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.Pulse(_gate);
        }
        _thread.Join();
    }
}
