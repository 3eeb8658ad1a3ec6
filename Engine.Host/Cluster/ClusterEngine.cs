using Engine.Actors.Asking;
using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Host.Cluster;

/// <summary>
/// The engine as any node of a cluster offers it: what is owned here is asked here, the rest with one hop at its owner. While a
/// partition moves a call waits a little, since a planned move takes less than a second.
/// </summary>
sealed class ClusterEngine(EngineNode node, ClusterMember member, Peers peers, TimeProvider time) : IEngine
{
    /// <summary>Longer than a planned move, shorter than a platform's patience.</summary>
    static readonly TimeSpan MoveMax = TimeSpan.FromSeconds(1.5);
    static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    volatile IReadOnlyDictionary<string, NodeStatus> _told = new Dictionary<string, NodeStatus>();
    volatile bool _hasJoined, _isLeaving;

    public int Partitions => node.Partitions;

    /// <summary>Takes part, holds its lease, reaches the store and knows what became of all it has written. Partitions that it is taking over from another are no reason to send it nothing.</summary>
    public bool IsReady => _hasJoined && !_isLeaving && member.MayAnswer && node.IsWritable && !node.IsSettling;

    public bool IsWritable => node.IsWritable;

    /// <summary>Of partitions that are owned elsewhere what their owner said last.</summary>
    public IReadOnlyList<PartitionStatus> Status
    {
        get
        {
            var told = _told;
            return [.. node.Status.Select(own => own.State == "elsewhere" && member.OwnerOf(own.Partition) is { } owner && told.TryGetValue(owner.Id, out var status)
                && status.Partitions.FirstOrDefault(p => p.Partition == own.Partition && p.State != "elsewhere") is { } theirs ? theirs : own)];
        }
    }

    /// <summary>This node serves what is its own and may be sent work.</summary>
    public void HasJoined() => _hasJoined = true;

    /// <summary>This node hands over what it has and is to be sent no more.</summary>
    public void IsLeaving() => _isLeaving = true;

    public void Heard(IReadOnlyDictionary<string, NodeStatus> told) => _told = told;

    public bool Refuses(ActorId to, Lane lane, string tenant) => node.Refuses(to, lane, tenant);

    public async ValueTask<Answer> AskAsync(ActorId to, Command command, AskOptions options = default)
    {
        for (var start = time.GetTimestamp(); ;)
        {
            var answer = Owner(to) switch
            {
                (true, _) => await node.AskAsync(to, command, options),
                (_, { } owner) => await peers.AskAsync(owner, to, command, options),
                _ => new Answer(AnswerKind.NotOwner),
            };
            if (answer.Kind != AnswerKind.NotOwner) return answer;
            if (!await WaitAsync(start)) return new Answer(AnswerKind.StoreUnavailable);
        }
    }

    public async ValueTask<Answer> ReadAsync<TActor>(ActorId id, Func<TActor, long, object?> read) where TActor : Actor
    {
        for (var start = time.GetTimestamp(); ;)
        {
            var answer = Owner(id) switch
            {
                (true, _) => await node.ReadAsync(id, read),
                (_, { } owner) => await peers.ReadAsync(owner, id, read),
                _ => new Answer(AnswerKind.NotOwner),
            };
            if (answer.Kind != AnswerKind.NotOwner) return answer;
            if (!await WaitAsync(start)) return new Answer(AnswerKind.StoreUnavailable);
        }
    }

    /// <summary>Over the partitions of this node; for those of all see <see cref="Scans"/>.</summary>
    public Task<IReadOnlyList<T>> ScanAsync<TActor, T>(ActorKind kind, Func<TActor, long, T?> pick, bool orFail = false) where TActor : Actor where T : class => node.ScanAsync(kind, pick, orFail);

    (bool IsHere, NodeRow? Owner) Owner(ActorId id)
    {
        var partition = id.PartitionOf(Partitions);
        if (node.IsWanted(partition)) return (true, null);
        var owner = member.OwnerOf(partition);
        return (false, owner is { Address.Length: > 0 } && owner.Id != member.Me.Id ? owner : null);
    }

    async Task<bool> WaitAsync(long since)
    {
        if (time.GetElapsedTime(since) > MoveMax) return false;
        await Task.Delay(LookAgain, time);
        return true;
    }
}
