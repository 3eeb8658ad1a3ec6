using Engine.Actors.Kernel;
using Engine.Actors.Trials;

namespace Engine.Actors.Cluster;

/// <summary>How long things take in a cluster, with the reason.</summary>
public sealed record ClusterTimes
{
    /// <summary>A node that has not renewed for so long has lost its lease: a killed node's partitions serve again within ten seconds.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Several tries fit into a lease.</summary>
    public TimeSpan Round { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The row of a node that has not renewed for so long is removed.</summary>
    public TimeSpan Forget { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>
/// One node's part in a cluster. Round by round it renews its lease, sees who else is there, and takes or hands over what the
/// assignment says. Safe without any clock: a lease runs on its holder's monotonic clock from before its renewal was sent, and
/// another node calls it lapsed when on its own monotonic clock that same renewal has stood for as long; the store then gives
/// the partition away only if it still stands (<see cref="IClusterStore.Acquire"/>).
/// </summary>
public sealed class ClusterMember : IOwnership
{
    readonly EngineNode _node;
    readonly IClusterStore _store;
    readonly INeighbours _neighbours;
    readonly TimeProvider _time;
    readonly ClusterTimes _times;
    readonly Lock _rounds = new();
    readonly Lock _gate = new();
    readonly PartitionRow[] _rows;
    readonly Dictionary<string, Sighting> _nodes = [];
    readonly HashSet<int> _left = [];
    long _leaseFrom;
    bool _isLeaving;
    volatile bool _hasLease;
    volatile byte _frameVersion = FrameLayout.OldestVersion;
    ClusterCounters _counters;

    /// <summary>A node as it was last seen, and since when on this node's clock.</summary>
    readonly record struct Sighting(NodeRow Row, long Since);

    public ClusterMember(NodeRow me, EngineNode node, IClusterStore store, INeighbours neighbours, ClusterTimes? times = null)
    {
        (Me, _node, _store, _neighbours, _time, _times) = (me, node, store, neighbours, node.Time, times ?? new ClusterTimes());
        _rows = [.. Enumerable.Range(0, node.Partitions).Select(p => new PartitionRow(p, null, 0))];
        node.Ownership = this;
    }

    public NodeRow Me { get; }
    public byte FrameVersion => _frameVersion;
    public bool MayAnswer => _hasLease && _time.GetElapsedTime(Volatile.Read(ref _leaseFrom)) < _times.Lease;
    public ClusterCounters Counters => _counters;

    /// <summary>Why this node must end, where it must: another was started under its name, or the store holds what it can't read.</summary>
    public string? MustEnd { get; private set; }

    /// <summary>Is asked for a round soon: something has moved.</summary>
    public Action? RoundWanted { get; set; }

    /// <summary>Nodes as last seen, with how long their lease has stood unrenewed on this node's clock.</summary>
    public IReadOnlyList<(NodeRow Row, TimeSpan Unrenewed, bool IsLive)> Nodes
    {
        get
        {
            lock (_gate) return [.. _nodes.Values.Select(s => (s.Row, _time.GetElapsedTime(s.Since), IsLive(s))).OrderBy(n => n.Row.Number)];
        }
    }

    public IReadOnlyList<PartitionRow> Partitions
    {
        get
        {
            lock (_gate) return [.. _rows];
        }
    }

    /// <summary>The node that serves the partition as far as is known here; null while it moves.</summary>
    public NodeRow? OwnerOf(int partition)
    {
        lock (_gate) return _rows[partition].Owner is { } owner && _nodes.TryGetValue(owner, out var seen) ? seen.Row : null;
    }

    // ── rounds ──

    /// <summary>Renews the lease and does what has become due. Blocks on the store; one at a time.</summary>
    public void Round()
    {
        lock (_rounds)
        {
            var asked = _time.GetTimestamp();
            // With a clock that never agreed with the store's there is no time to decide by: others must not leave it anything.
            var hasClock = _node.HasComparedClock || _node.Fault == KernelFault.TrustAnyClock;
            ClusterState state;
            try
            {
                state = _store.Renew(Me with { IsLeaving = _isLeaving || !hasClock }, _frameVersion);
            }
            catch (StoreUnavailableException)
            {
                // The lease runs on; a later round may still renew it.
                _counters.RenewalsFailed++;
                return;
            }
            _node.CompareClock(state.Now, asked);
            if (!hasClock && _node.HasComparedClock) RoundWanted?.Invoke();
            lock (_gate) See(state);
            // Only now: what was lost while there was no lease is marked by now, and not shown under the new one.
            Volatile.Write(ref _leaseFrom, asked);
            _hasLease = true;
            Judge(state);
            Assign();
            ForgetDead();
            AnnounceAll();
        }
    }

    void See(ClusterState state)
    {
        var now = _time.GetTimestamp();
        foreach (var gone in _nodes.Keys.Except(state.Nodes.Select(n => n.Id)).ToArray()) _nodes.Remove(gone);
        foreach (var row in state.Nodes)
            _nodes[row.Id] = _nodes.TryGetValue(row.Id, out var seen) && seen.Row.Renewal == row.Renewal ? seen with { Row = row } : new Sighting(row, now);
        foreach (var row in state.Partitions)
        {
            // A hint may already have told more than the store did when it was asked.
            if (row.Epoch < _rows[row.Partition].Epoch) continue;
            _rows[row.Partition] = row;
            if (row.Owner != Me.Id && _left.Remove(row.Partition)) _counters.HandOvers++;
            // Free under an epoch of this node means that it was taken for dead and removed.
            if (row.Owner != Me.Id) _node.Drop(row.Partition, row.Owner is null ? row.Epoch + 1 : row.Epoch);
        }
    }

    void Judge(ClusterState state)
    {
        var live = Live();
        _frameVersion = Math.Max(state.Written, Math.Min(FrameLayout.Version, live.Min(n => n.Reads)));
        if (Me.Reads < state.Written) End($"the journal holds frames of layout {state.Written}; this build reads up to {Me.Reads}");
        else if (live.FirstOrDefault(n => n.Name == Me.Name && n.Number > state.Nodes.First(m => m.Id == Me.Id).Number) is { } newer) End($"another node was started under the name {newer.Name} ({newer.Address})");
    }

    void End(string why)
    {
        MustEnd = why;
        _isLeaving = true;
    }

    /// <summary>What belongs to whom: by name, among the nodes that stay, the newest of a name.</summary>
    void Assign()
    {
        var names = Live().Where(n => !n.IsLeaving && n.Reads >= _frameVersion && (n.Id != Me.Id || !_isLeaving)).GroupBy(n => n.Name).ToDictionary(g => g.Key, g => g.MaxBy(n => n.Number)!.Id);
        var isHandingOver = false;
        foreach (var row in Partitions)
        {
            var target = Rendezvous.Owner(row.Partition, names.Keys) is { } name ? names[name] : null;
            if (row.Owner != Me.Id)
            {
                if (target == Me.Id && IsFree(row)) _node.Take(row.Partition);
            }
            else if (!_node.IsWanted(row.Partition))
            {
                // Closed here and not free yet: the store did not hear of it, or it was lost and is still this node's.
                if (target == Me.Id && !HasLeft(row.Partition)) _node.Take(row.Partition);
                else TryRelease(row.Partition, row.Epoch);
            }
            else if (target != Me.Id && (target is not null || _isLeaving) && !isHandingOver && _node.IsOpen(row.Partition))
            {
                // One after the other: each is away only for as long as it takes alone.
                isHandingOver = true;
                _node.HandOver(row.Partition);
            }
        }
    }

    bool HasLeft(int partition)
    {
        lock (_gate) return _left.Contains(partition);
    }

    bool IsFree(PartitionRow row)
    {
        lock (_gate) return row.Owner is null || !_nodes.TryGetValue(row.Owner, out var owner) || !IsLive(owner);
    }

    bool IsLive(Sighting seen) => seen.Row.Id == Me.Id || _time.GetElapsedTime(seen.Since) < (_node.Fault == KernelFault.TakeOverEarly ? _times.Lease / 50 : _times.Lease);

    NodeRow[] Live()
    {
        lock (_gate) return [.. _nodes.Values.Where(IsLive).Select(s => s.Row)];
    }

    /// <summary>Rows of nodes that are gone for good.</summary>
    void ForgetDead()
    {
        foreach (var (row, unrenewed, _) in Nodes)
        {
            if (row.Id == Me.Id || unrenewed < _times.Forget) continue;
            try
            {
                _store.Forget(row.Id, row.Renewal);
            }
            catch (StoreUnavailableException)
            {
                return;
            }
        }
    }

    void AnnounceAll()
    {
        foreach (var row in Partitions)
            if (row.Owner is not null && row.Owner != Me.Id) _node.AnnounceTo(row.Partition);
    }

    /// <summary>Hands everything over. Done when <see cref="ServesNothing"/>; rounds must go on until then.</summary>
    public void Leave() => _isLeaving = true;

    /// <summary>All is handed over, but for what has stopped for a fault.</summary>
    public bool ServesNothing
    {
        get
        {
            lock (_gate) return _left.Count == 0 && Array.TrueForAll(_rows, r => !_node.IsOpen(r.Partition));
        }
    }

    /// <summary>Takes the node's row out, so that nobody waits for its lease to run out.</summary>
    /// <exception cref="StoreUnavailableException" />
    public void SayGoodbye()
    {
        lock (_rounds)
        {
            _hasLease = false;
            long renewal;
            lock (_gate) renewal = _nodes.TryGetValue(Me.Id, out var me) ? me.Row.Renewal : 0;
            _store.Forget(Me.Id, renewal);
        }
    }

    // ── what the node tells and asks ──

    Lease IOwnership.Acquire(int partition)
    {
        PartitionRow seen;
        long renewal = 0;
        lock (_gate)
        {
            seen = _rows[partition];
            if (seen.Owner is { } owner && owner != Me.Id && _nodes.TryGetValue(owner, out var holder))
            {
                if (IsLive(holder)) throw new NotOwnerException($"partition {partition} is owned by {holder.Row.Name}");
                renewal = holder.Row.Renewal;
            }
        }
        var lease = _store.Acquire(Me.Id, seen, renewal);
        lock (_gate)
        {
            if (seen.Owner is not null && seen.Owner != Me.Id) _counters.TakeOvers++;
            _left.Remove(partition);
            if (lease.Epoch > _rows[partition].Epoch) _rows[partition] = new PartitionRow(partition, Me.Id, lease.Epoch);
        }
        return lease;
    }

    void IOwnership.Lost(int partition)
    {
        _counters.Fenced++;
        RoundWanted?.Invoke();
    }

    void IOwnership.Left(int partition, long epoch)
    {
        lock (_gate) _left.Add(partition);
        _node.Scheduler.RunBlocking(() =>
        {
            TryRelease(partition, epoch);
            RoundWanted?.Invoke();
        });
    }

    void TryRelease(int partition, long epoch)
    {
        try
        {
            _store.Release(Me.Id, partition, epoch);
        }
        catch (StoreUnavailableException)
        {
            // The next round tries again.
            return;
        }
        lock (_gate)
        {
            if (_left.Remove(partition)) _counters.HandOvers++;
            if (_rows[partition].Epoch == epoch) _rows[partition] = new PartitionRow(partition, null, epoch);
        }
        Tell(new NodeMessage.Ownership(partition, null, epoch));
    }

    void IOwnership.Opened(int partition, long epoch) => Tell(new NodeMessage.Ownership(partition, Me.Id, epoch));

    void Tell(NodeMessage message)
    {
        foreach (var node in Live())
            if (node.Id != Me.Id) _neighbours.Send(node, message);
    }

    void IOwnership.Deliver(Delivery delivery)
    {
        if (OwnerOf(delivery.To) is { } owner && owner.Id != Me.Id) _neighbours.Send(owner, new NodeMessage.Letters(delivery));
    }

    void IOwnership.Announce(int from, int to, long number)
    {
        if (OwnerOf(to) is { } owner && owner.Id != Me.Id) _neighbours.Send(owner, new NodeMessage.LinkAt(from, to, number));
    }

    // ── what other nodes tell ──

    public void Hear(NodeMessage message)
    {
        switch (message)
        {
            case NodeMessage.Letters { Delivery: var delivery } when IsPartition(delivery.From) && IsPartition(delivery.To): _node.Receive(delivery); break;
            case NodeMessage.LinkAt link when IsPartition(link.From) && IsPartition(link.To): _node.Hear(link.From, link.To, link.Number); break;
            case NodeMessage.Ownership told when IsPartition(told.Partition): Learn(told); break;
            default: break;
        }
    }

    bool IsPartition(int number) => (uint)number < (uint)_rows.Length;

    void Learn(NodeMessage.Ownership told)
    {
        lock (_gate)
        {
            var known = _rows[told.Partition];
            if (told.Epoch < known.Epoch || (told.Epoch == known.Epoch && (told.Owner is not null || known.Owner is null))) return;
            _rows[told.Partition] = new PartitionRow(told.Partition, told.Owner, told.Epoch);
            if (told.Owner is not null && told.Owner != Me.Id) _node.Drop(told.Partition, told.Epoch);
        }
        if (told.Owner is null) RoundWanted?.Invoke();
        else _node.AnnounceTo(told.Partition);
    }
}

/// <summary>What a node has seen of the cluster's working since it was started.</summary>
public struct ClusterCounters
{
    /// <summary>Partitions taken over from a node whose lease had run out.</summary>
    public long TakeOvers;
    /// <summary>Partitions handed over in order.</summary>
    public long HandOvers;
    /// <summary>Times the store refused this node because another had taken over.</summary>
    public long Fenced;
    public long RenewalsFailed;
}
