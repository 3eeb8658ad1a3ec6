using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Simulation;

/// <summary>One node's connection to the store that all share. While it is cut nothing gets through, and of what was on its way nobody knows.</summary>
sealed class SimStore(CrashDisk disk, IClusterStore cluster, Random random) : IJournal, IClusterStore
{
    readonly CrashDisk.Connection _connection = disk.Connect();

    public bool IsCut { get; set; }

    /// <summary>Whoever has taken a partition over may be stopped before it hears so.</summary>
    public Action TakenOver { get; set; } = static () => { };

    public int Partitions => disk.Partitions;
    public bool IsWritable => disk.IsWritable;

    public Lease Acquire(int partition, string owner) => throw new InvalidOperationException("a node of a cluster takes partitions over by its leases");

    public long? Streak => _connection.Streak;

    public void Submit(JournalWrite write) => _connection.Submit(write, IsCut);

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after) => Reach(() => disk.ReadFrames(partition, after).ToArray());
    public byte[]? ReadCheckpoint(int partition) => Reach(() => disk.ReadCheckpoint(partition));
    public byte[] ReadSegment(int partition, long segment, int offset, int count) => Reach(() => disk.ReadSegment(partition, segment, offset, count));
    public byte[]? ReadKey(int partition, KeyRef key) => Reach(() => disk.ReadKey(partition, key));

    public ClusterState Renew(NodeRow me, byte writes) => Reach(() => cluster.Renew(me, writes));

    public Lease Acquire(string node, PartitionRow seen, long renewal)
    {
        var lease = Reach(() => cluster.Acquire(node, seen, renewal));
        TakenOver();
        return lease;
    }

    public void Release(string node, int partition, long epoch) => Reach(() =>
    {
        cluster.Release(node, partition, epoch);
        return true;
    });

    public void Forget(string node, long renewal) => Reach(() =>
    {
        cluster.Forget(node, renewal);
        return true;
    });

    public void Dispose() { }

    T Reach<T>(Func<T> call)
    {
        if (IsCut) throw new StoreUnavailableException("the store can't be reached");
        if (!disk.IsWritable && random.Next(2) == 0) throw new StoreUnavailableException("the store can't be written to");
        var answer = call();
        // The answer is lost, not what was done.
        if (random.Next(1000) < disk.Faults.Unknown / 4) throw new StoreUnavailableException("the connection broke off");
        return answer;
    }
}
