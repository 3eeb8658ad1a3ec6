using Engine.Actors.Cluster;
using Engine.Actors.Kernel;

namespace Engine.Actors.Memory;

/// <summary>The in-memory twin of a cluster's store: the whole contract and no disk.</summary>
/// <param name="raise">Raises a partition's epoch and tells where its journal ends.</param>
/// <param name="clock">The store's.</param>
public sealed class MemoryCluster(int partitions, Func<int, Lease> raise, TimeProvider clock) : IClusterStore
{
    readonly Lock _gate = new();
    readonly Dictionary<string, NodeRow> _nodes = [];
    readonly PartitionRow[] _rows = [.. Enumerable.Range(0, partitions).Select(p => new PartitionRow(p, null, 0))];
    byte _written = FrameLayout.OldestVersion;
    long _numbers;

    public ClusterState Renew(NodeRow me, byte writes)
    {
        lock (_gate)
        {
            var known = _nodes.GetValueOrDefault(me.Id);
            var number = ++_numbers;
            _nodes[me.Id] = me with { Number = known?.Number ?? number, Renewal = number };
            _written = Math.Max(_written, writes);
            return new ClusterState(clock.GetUtcNow(), _written, [.. _nodes.Values], [.. _rows]);
        }
    }

    public Lease Acquire(string node, PartitionRow seen, long renewal)
    {
        lock (_gate)
        {
            if (_rows[seen.Partition] != seen) throw new NotOwnerException($"partition {seen.Partition} has moved");
            if (seen.Owner is not null && seen.Owner != node && _nodes.TryGetValue(seen.Owner, out var owner) && owner.Renewal != renewal)
                throw new NotOwnerException($"{owner.Name} has renewed its lease");
            var lease = raise(seen.Partition);
            _rows[seen.Partition] = new PartitionRow(seen.Partition, node, lease.Epoch);
            return lease;
        }
    }

    public void Release(string node, int partition, long epoch)
    {
        lock (_gate)
            if (_rows[partition].Owner == node && _rows[partition].Epoch == epoch) _rows[partition] = _rows[partition] with { Owner = null };
    }

    public void Forget(string node, long renewal)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(node, out var row) || row.Renewal != renewal) return;
            _nodes.Remove(node);
            for (var i = 0; i < _rows.Length; i++)
                if (_rows[i].Owner == node) _rows[i] = _rows[i] with { Owner = null };
        }
    }
}
