using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;

namespace Engine.Actors.Verification;

/// <summary>
/// Proves from the journal alone that it is whole and that no promise was broken. Every partition is read from its first frame
/// and replayed twice, by the actors themselves and by an independent ledger; then links and promises between partitions are
/// held against each other. Checkpoints and snapshots are not believed, but they must be undamaged. Reads only, also beside a running engine, in parallel and in bounded memory.
/// </summary>
public sealed class Verifier
{
    /// <summary>Orders and carts kept at hand over all partitions: some 200 MB at most; the others are put aside.</summary>
    const int OrdersAtHand = 64 * 1024;

    readonly IJournalReader _journal;
    readonly IDomain _domain;
    readonly Func<Stream> _scratch;
    long _frames;
    long _snapshots;

    /// <param name="scratch">Makes an empty stream for what does not fit in memory; disposed of by the verifier.</param>
    public Verifier(IJournalReader journal, IDomain domain, Func<Stream> scratch) => (_journal, _domain, _scratch) = (journal, domain, scratch);

    /// <summary>The engine was stopped in peace: no message may be on its way.</summary>
    public bool Settled { get; init; }

    /// <summary>Is shown every actor as it is at the end of a journal without breach, one after the other.</summary>
    public Action<Actor>? AtEnd { get; init; }

    /// <summary>Frames read so far; for showing progress from another thread.</summary>
    public long FramesRead => Volatile.Read(ref _frames);

    /// <exception cref="StoreUnavailableException" />
    public VerifyReport Run()
    {
        var partitions = new PartitionAudit[_journal.Partitions];
        for (var i = 0; i < partitions.Length; i++)
            partitions[i] = new PartitionAudit(i, _journal, _domain, new ActorShelf(_domain, _scratch, OrdersAtHand / partitions.Length));
        try
        {
            return Run(partitions);
        }
        catch (AggregateException e) when (e.InnerException is StoreUnavailableException unavailable)
        {
            throw new StoreUnavailableException(unavailable.Message, unavailable);
        }
        finally
        {
            foreach (var partition in partitions) partition.Dispose();
        }
    }

    VerifyReport Run(PartitionAudit[] partitions)
    {
        ForEach(partitions, partition => partition.Read(long.MaxValue, CountFrame));
        ForEach(partitions, CheckSnapshots);
        var links = new LinkAudit(_journal, _domain, partitions);
        if (AllHold(partitions)) links.ReadOnToOneMoment(CountFrame);
        if (AllHold(partitions)) links.Check(Settled);
        if (AllHold(partitions)) ForEach(partitions, Compare);
        if (AllHold(partitions)) new PromiseAudit(partitions, links.Concerned).Check();
        if (AllHold(partitions) && AtEnd is not null)
        {
            foreach (var partition in partitions)
                foreach (var actor in partition.Actors.Kept.Concat(partition.Actors.Leaders(onlyWithStock: false))) AtEnd(actor);
        }
        return Report(partitions, links.InFlight);
    }

    /// <summary>On threads of its own: an engine in the same process needs those of the pool.</summary>
    static void ForEach(PartitionAudit[] partitions, Action<PartitionAudit> action)
    {
        var next = -1;
        var workers = new Task[Math.Min(partitions.Length, Environment.ProcessorCount)];
        for (var i = 0; i < workers.Length; i++) workers[i] = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task.WaitAll(workers);

        void Work()
        {
            while (Interlocked.Increment(ref next) is var mine && mine < partitions.Length) action(partitions[mine]);
        }
    }

    static bool AllHold(PartitionAudit[] partitions) => Array.TrueForAll(partitions, p => p.Breach is null);

    void CheckSnapshots(PartitionAudit partition)
    {
        var snapshots = new SnapshotAudit(partition.Number, _journal, _domain);
        partition.Attempt(0, snapshots.Check);
        Interlocked.Add(ref _snapshots, snapshots.Count);
    }

    static void Compare(PartitionAudit partition)
    {
        foreach (var sku in partition.Actors.Kept.OfType<SkuActor>())
            partition.Attempt(partition.Sequence, () => partition.Stock.Compare(sku));
    }

    VerifyReport Report(PartitionAudit[] partitions, long inFlight)
    {
        var events = new long[256];
        foreach (var partition in partitions)
            for (var tag = 0; tag < events.Length; tag++) events[tag] += partition.EventsByTag[tag];
        return new VerifyReport
        {
            Partitions = partitions.Length,
            Frames = partitions.Sum(p => p.Sequence),
            Bytes = partitions.Sum(p => p.Bytes),
            Events = events.Sum(),
            Messages = partitions.Sum(p => p.Messages),
            MessagesInFlight = inFlight,
            Orders = partitions.Sum(p => (long)p.Orders.Count),
            Skus = partitions.Sum(p => (long)p.Stock.Count),
            Grants = partitions.Sum(p => p.Stock.Grants),
            Snapshots = _snapshots,
            Stock = partitions.Aggregate(StockTotals.None, (sum, p) => sum + p.Stock.Totals),
            EventsByType = Enumerable.Range(0, events.Length).Where(tag => events[tag] > 0).ToDictionary(tag => _domain.NewEvent((byte)tag).GetType().Name, tag => events[tag], StringComparer.Ordinal),
            Breaches = [.. partitions.Select(p => p.Breach).OfType<Breach>()],
        };
    }

    void CountFrame() => Interlocked.Increment(ref _frames);
}
