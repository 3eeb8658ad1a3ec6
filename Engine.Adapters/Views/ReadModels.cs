using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Tables;
using Engine.Adapters.Views.Postgres;
using Engine.Adapters.Views.Sqlite;

namespace Engine.Adapters.Views;

/// <summary>
/// The read models (docs/read-models.md): a file beside the journal that one thread keeps up with it, and that everybody reads.
/// It holds nothing that the journal does not: whatever is wrong with it, it is thrown away and made anew.
/// </summary>
public sealed class ReadModels : IDisposable
{
    /// <summary>While orders are on their way: longer, and all of them wait for a core.</summary>
    static readonly TimeSpan WorkAtOnce = TimeSpan.FromMilliseconds(5);
    const int PausePerWork = 3;
    static readonly TimeSpan PauseStep = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    const int LooksWhenShared = 10;
    /// <summary>Looks at the journal that are remembered: of a longer lag only the beginning matters.</summary>
    const int SeenMax = 256;
    public const string FileName = "views.db";
    const string RebuildName = "views.rebuild.db";

    readonly ReadModelOptions _options;
    readonly ViewPlace _place;
    readonly SemaphoreSlim _signal = new(0);
    readonly CancellationTokenSource _stopping = new();
    readonly Lock _gate = new();
    // Readers share it; who puts another file in place waits for them, and they for that.
    readonly ReaderWriterLockSlim _use = new();
    readonly Queue<(long At, IReadOnlyList<long> Durable)> _seen = new();
    TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile Pair? _live, _rebuilding;
    volatile bool _isRebuilt;
    Thread? _thread, _rebuilder;
    int _askers;
    ITimer? _timer;
    long _rebuilds, _rowsBefore, _worksSince;
    int _disposed, _looks;
    string? _failure;

    /// <summary>A file and who keeps it.</summary>
    sealed record Pair(ViewStore Store, Projector Projector) : IDisposable
    {
        public void Dispose()
        {
            Projector.Dispose();
            Store.Dispose();
        }
    }

    public ReadModels(ReadModelOptions options)
    {
        _options = options;
        _place = options.Postgres is { } connection
            ? new PostgresViews(connection, options.Node, options.Reader)
            : new ViewFile(Path.Combine(Directory.CreateDirectory(options.Directory).FullName, FileName), Path.Combine(options.Directory, RebuildName));
    }

    public int Partitions => _options.Journal.Partitions;
    public IDomain Domain => _options.Domain;
    public IJournalReader Journal => _options.Journal;

    /// <summary>Begins to follow the journal, on a thread of its own.</summary>
    public void Start()
    {
        _thread = new Thread(Follow) { IsBackground = true, Name = "read models" };
        _thread.Start();
        _timer = _options.Time.CreateTimer(_ => LookIfBehind(), null, LookEvery, LookEvery);
    }

    /// <summary>How much room the tables take; asked of the disk or the server each time.</summary>
    public long Bytes => _live is null ? 0 : _place.Bytes;

    public ReadModelStatus Status
    {
        get
        {
            var durable = _options.Durable();
            var (live, rebuilding) = (_live, _rebuilding);
            return new ReadModelStatus(Show(live, durable), rebuilding is not null, rebuilding is null ? [] : Show(rebuilding, durable),
                Volatile.Read(ref _rowsBefore) + (live?.Projector.RowsWritten ?? 0), Volatile.Read(ref _rebuilds), live?.Projector.Difference ?? 0);
        }
    }

    static PartitionProgress[] Show(Pair? pair, IReadOnlyList<long> durable) =>
        [.. durable.Select((d, p) => new PartitionProgress(p, pair?.Projector.Progress[p].Sequence ?? 0, pair?.Projector.Progress[p].At ?? 0, d, pair?.Projector.Faults[p]))];

    // ── reading ──

    /// <exception cref="StoreUnavailableException">The file is being made anew.</exception>
    internal T Read<T>(Func<ViewReader, T> read)
    {
        _use.EnterReadLock();
        try
        {
            if (_live is not { } live) throw new StoreUnavailableException("the read models are not open");
            try
            {
                return live.Store.Read(read);
            }
            finally
            {
                if (live.Store.Damage is not null) Wake();
            }
        }
        finally
        {
            _use.ExitReadLock();
        }
    }

    /// <summary>Waits until what is durable now is projected; false when that takes longer than <paramref name="patience"/>.</summary>
    public async Task<bool> CatchUpAsync(TimeSpan patience, CancellationToken stop = default)
    {
        Interlocked.Increment(ref _askers);
        try
        {
            return await WaitAsync(patience, stop);
        }
        finally
        {
            Interlocked.Decrement(ref _askers);
        }
    }

    async Task<bool> WaitAsync(TimeSpan patience, CancellationToken stop)
    {
        var wanted = LookAtJournal();
        var start = _options.Time.GetTimestamp();
        while (true)
        {
            Task moved;
            lock (_gate) moved = _moved.Task;
            if (HasReached(wanted)) return true;
            Wake();
            var left = patience - _options.Time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) return false;
            try
            {
                await moved.WaitAsync(left, _options.Time, stop);
            }
            catch (TimeoutException)
            {
                return HasReached(wanted);
            }
        }
    }

    bool HasReached(IReadOnlyList<long> wanted)
    {
        if (_live is not { } live) return false;
        var (progress, faults) = (live.Projector.Progress, live.Projector.Faults);
        for (var p = 0; p < wanted.Count; p++)
            if (progress[p].Sequence < wanted[p] && faults[p] is null) return false;
        return true;
    }

    /// <summary>Frames can't be projected: of their partitions the tables stay behind until that is mended, and nobody waits for it.</summary>
    public bool IsStuck => _live is { } live && live.Projector.Faults.Any(fault => fault is not null);

    /// <summary>The tables hold all that was durable so long ago, zero when they hold all there is.</summary>
    public TimeSpan Lag
    {
        get
        {
            lock (_gate)
            {
                while (_seen.TryPeek(out var oldest) && HasReached(oldest.Durable)) _seen.Dequeue();
                return _seen.TryPeek(out var first) ? _options.Time.GetElapsedTime(first.At) : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Remembers what was durable when, until it is reached.</summary>
    IReadOnlyList<long> LookAtJournal()
    {
        var durable = _options.Durable();
        if (HasReached(durable)) return durable;
        lock (_gate)
            if (_seen.Count < SeenMax) _seen.Enqueue((_options.Time.GetTimestamp(), durable));
        return durable;
    }

    // ── following ──

    void Wake()
    {
        if (_signal.CurrentCount == 0) _signal.Release();
    }

    void LookIfBehind()
    {
        // What other nodes have written into shared tables, and into the journal, is only seen by looking.
        if (!HasReached(LookAtJournal()) || (_place.IsShared && ++_looks % LooksWhenShared == 0)) Wake();
    }

    void Follow()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                if (Turn()) continue;
                // After a failure it tries again soon, also where nobody calls and no clock moves.
                _signal.Wait(_failure is null ? Timeout.InfiniteTimeSpan : RetryAfter, _stopping.Token);
                _worksSince = _options.Time.GetTimestamp();
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    /// <summary>Between two frames: steps aside for three times as long as it has worked.</summary>
    void Breathe()
    {
        var worked = _options.Time.GetElapsedTime(_worksSince);
        if (worked < WorkAtOnce) return;
        StepAside(PausePerWork * worked);
        _worksSince = _options.Time.GetTimestamp();
    }

    /// <summary>Leaves the machine to the orders that wait for it, until none does, somebody asks for a list, or the pause is over.</summary>
    void StepAside(TimeSpan pause)
    {
        for (; pause > TimeSpan.Zero && Volatile.Read(ref _askers) == 0 && _options.IsBusy(); pause -= PauseStep)
            if (_stopping.Token.WaitHandle.WaitOne(pause < PauseStep ? pause : PauseStep)) return;
    }

    /// <summary>False when there is nothing to do.</summary>
    bool Turn()
    {
        try
        {
            var live = _live is { } open && !open.Store.Writer.IsBroken ? open : Reopen();
            if (live.Store.Writer.IsReplaced) live.Store.Condemn("others were put in their place");
            if (live.Store.Damage is { } damage) live = Remake(live, damage);
            if (_isRebuilt) live = Swap(live);
            if (live.Projector.Advance(Breathe) == 0) return false;
            _failure = null;
            Moved();
            return true;
        }
        catch (Exception e) when (e is DamagedRowException || _place.IsDamage(e))
        {
            _live?.Store.Condemn(e.Message);
            return _live is not null || Discard();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The journal or the disk is out of reach, or the file is held by somebody: the next look tries again.
            return Fails(e);
        }
    }

    /// <summary>Damaged tables that could not even be opened.</summary>
    bool Discard()
    {
        try
        {
            _place.Delete(null, () => { });
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Another node keeps them, or the store is out of reach.
            return Fails(e);
        }
    }

    /// <summary>Said once, however often it is tried.</summary>
    bool Fails(Exception e)
    {
        if (_failure != e.Message) _options.Failed?.Invoke(e);
        _failure = e.Message;
        return false;
    }

    void Moved()
    {
        TaskCompletionSource moved;
        lock (_gate) (moved, _moved) = (_moved, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        moved.TrySetResult();
    }

    Pair Open()
    {
        var live = Make();
        if (live.Store.Remade is { } why) Told(why);
        try
        {
            if (live.Projector.TryLead(out _) && !live.Projector.IsOfThisJournal())
            {
                _place.Delete(live.Store.Writer, live.Dispose);
                live = Make();
                Told("it is of another journal");
            }
        }
        catch
        {
            live.Dispose();
            throw;
        }
        _live = live;
        Moved();
        return live;
    }

    /// <summary>After the connection to the tables was lost.</summary>
    Pair Reopen() => InPlace(() =>
    {
        if (_live is { } broken) Close(broken);
        _live = null;
        return Open();
    });

    Pair Remake(Pair damaged, string why) => InPlace(() =>
    {
        _live = null;
        // Of shared tables only who projects into them may throw them away; the others look again.
        if (damaged.Projector.Leads) _place.Delete(damaged.Store.Writer, () => Close(damaged));
        else Close(damaged);
        Told(why);
        return Open();
    });

    void Told(string why)
    {
        Interlocked.Increment(ref _rebuilds);
        _options.Remade?.Invoke(why);
    }

    void Close(Pair pair)
    {
        Interlocked.Add(ref _rowsBefore, pair.Projector.RowsWritten);
        pair.Dispose();
    }

    Pair Make(bool isAlone = false)
    {
        var store = new ViewStore(_place, Partitions, _options.Domain, isAlone);
        try
        {
            return new Pair(store, new Projector(store, _options.Journal, _options.Domain, _options.Persons, _options.BytesBetweenStates));
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    // ── rebuilding ──

    /// <summary>Begins to make the tables anew beside those that go on serving; false while that is under way already.</summary>
    public bool Rebuild()
    {
        lock (_gate)
        {
            if (_rebuilder is not null) return false;
            if (_live is { Projector.Leads: false }) throw new StoreUnavailableException("another node keeps the read models: the rebuild is to be asked of that one");
            _rebuilder = new Thread(RunRebuild) { IsBackground = true, Name = "rebuild of read models", Priority = ThreadPriority.BelowNormal };
            _rebuilder.Start();
            return true;
        }
    }

    void RunRebuild()
    {
        try
        {
            var made = _rebuilding = Make(isAlone: true);
            while (made.Projector.Advance() > 0)
                if (_stopping.IsCancellationRequested) return;
            RequireWhole(made);
            _isRebuilt = true;
            Wake();
        }
        catch (Exception e)
        {
            _options.Failed?.Invoke(e);
            Abandon(_rebuilding);
        }
    }

    /// <summary>Where a frame can't be projected what there is stays: it has more.</summary>
    static void RequireWhole(Pair made)
    {
        if (made.Projector.Faults.FirstOrDefault(fault => fault is not null) is { } stuck) throw new InvalidDataException($"the read models can't be made anew, and stay as they are: {stuck}");
    }

    void Abandon(Pair? made)
    {
        try
        {
            EndRebuild(made, _place.DeleteAlone);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Out of reach. What is left of it goes when the next is made in its place.
        }
    }

    /// <param name="clear">Takes what was made away from its place. Before that no other rebuild may begin: it would put its own there.</param>
    void EndRebuild(Pair? made, Action clear)
    {
        _rebuilding = null;
        try
        {
            if (made is not null) Close(made);
            clear();
        }
        finally
        {
            lock (_gate) (_isRebuilt, _rebuilder) = (false, null);
        }
    }

    /// <summary>Puts the new file in the place of the old one, once it has all that the old one has.</summary>
    Pair Swap(Pair live)
    {
        var made = _rebuilding!;
        try
        {
            while (made.Projector.Advance() > 0) { }
        }
        catch
        {
            Abandon(made);
            throw;
        }
        return InPlace(() =>
        {
            _live = null;
            EndRebuild(made, () => _place.Replace(live.Store.Writer, () => Close(live)));
            Interlocked.Increment(ref _rebuilds);
            return Open();
        });
    }

    /// <summary>While nobody reads.</summary>
    Pair InPlace(Func<Pair> replace)
    {
        _use.EnterWriteLock();
        try
        {
            return replace();
        }
        finally
        {
            _use.ExitWriteLock();
        }
    }

    /// <summary>Makes the tables anew where no engine runs.</summary>
    /// <param name="onProgress">Is told how many frames are projected.</param>
    public static void RebuildOffline(ReadModelOptions options, Action<long> onProgress)
    {
        using var models = new ReadModels(options);
        long frames = 0;
        using (var made = models.Make(isAlone: true))
        {
            while (made.Projector.Advance() is var more and > 0) onProgress(frames += more);
            RequireWhole(made);
        }
        models._place.Replace(null, () => { });
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        _timer?.Dispose();
        _stopping.Cancel();
        _thread?.Join();
        _rebuilder?.Join();
        _use.EnterWriteLock();
        _live?.Dispose();
        _live = null;
        _use.ExitWriteLock();
        if (_rebuilding is { } unfinished)
        {
            unfinished.Dispose();
            _place.DeleteAlone();
        }
        _place.Dispose();
        // The signals stay: somebody may still be waiting, and they hold nothing.
    }
}
