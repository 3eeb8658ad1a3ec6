using System.Collections.Concurrent;
using Engine.Actors.Kernel;

namespace Engine.Host.Cluster;

/// <summary>
/// Runs turns on the thread pool as always, but what waits for the store on a few threads of its own: taking over many partitions
/// at once would hold all of the pool's threads for seconds, and with them the answers and the lease.
/// </summary>
sealed class BlockingThreads : IScheduler
{
    /// <summary>As many as the store has connections for.</summary>
    const int Count = 4;

    readonly BlockingCollection<Action> _work = [];

    public BlockingThreads()
    {
        for (var i = 0; i < Count; i++) new Thread(WorkAll) { IsBackground = true, Name = $"store {i}" }.Start();
    }

    public void Run(Partition partition) => ThreadPool.UnsafeQueueUserWorkItem(partition, preferLocal: false);

    public void RunForAsker(Partition partition) => partition.Execute();

    public void RunBlocking(Action work) => _work.Add(work);

    public void Deliver(Partition to, Delivery delivery) => to.Receive(delivery);

    void WorkAll()
    {
        foreach (var work in _work.GetConsumingEnumerable()) work();
    }
}
