using Engine.Actors.Cluster;
using Engine.Actors.Kernel;
using Engine.Adapters.Keys;

namespace Engine.Host.Cluster;

/// <summary>Makes this node take part: round after round from the start, and at the end until all is handed over.</summary>
sealed class ClusterService(ClusterMember member, EngineNode node, ClusterEngine engine, Peers peers, SigningKeys keys, IHostApplicationLifetime process, ILogger<ClusterService> log) : IHostedLifecycleService
{
    static readonly TimeSpan LeaveMax = TimeSpan.FromSeconds(20);
    static readonly TimeSpan GiveWay = TimeSpan.FromMilliseconds(50);

    readonly SemaphoreSlim _wanted = new(0, 1);
    readonly CancellationTokenSource _end = new();
    readonly TimeSpan _round = new ClusterTimes().Round;
    Task _rounds = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        member.RoundWanted = Want;
        _rounds = Task.Run(RoundsAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    void Want()
    {
        // One that is wanted already serves for all.
        if (_wanted.CurrentCount == 0)
        {
            try
            {
                _wanted.Release();
            }
            catch (SemaphoreFullException)
            {
                // Two wanted it at once.
            }
        }
    }

    async Task RoundsAsync()
    {
        var looking = Task.CompletedTask;
        for (var number = 0; !_end.IsCancellationRequested; number++)
        {
            try
            {
                await Task.Factory.StartNew(member.Round, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                if (number > 0 && node.IsReady) engine.HasJoined();
                peers.Keep(member.Nodes.Select(n => n.Row.Id));
                // Beside the rounds: a node that does not answer must not keep a partition that is on its way waiting.
                if (looking.IsCompleted) looking = LookAsync();
                EndIfNeeded();
            }
            catch (Exception e)
            {
                // The lease runs out if it stays like that, and another node takes over.
                log.RoundFailed(e);
            }
            await _wanted.WaitAsync(_round, CancellationToken.None);
        }
        await looking;
    }

    /// <summary>What the others say of themselves, and which keys they have made.</summary>
    async Task LookAsync()
    {
        try
        {
            var others = member.Nodes.Where(n => n.IsLive && n.Row.Id != member.Me.Id && n.Row.Address.Length > 0).Select(n => n.Row).ToArray();
            var told = new Dictionary<string, NodeStatus>();
            foreach (var (id, status) in await Task.WhenAll(others.Select(StatusOfAsync)))
                if (status is not null) told[id] = status;
            engine.Heard(told);
            await Task.Run(keys.Reload);
        }
        catch (Exception e)
        {
            log.RoundFailed(e);
        }
    }

    async Task<(string Id, NodeStatus? Status)> StatusOfAsync(NodeRow node)
    {
        try
        {
            return (node.Id, await peers.StatusAsync(node).WaitAsync(_round));
        }
        catch (Exception e) when (Peers.IsBroken(e) || e is TimeoutException)
        {
            return (node.Id, null);
        }
    }

    void EndIfNeeded()
    {
        if (member.MustEnd is not { } why || process.ApplicationStopping.IsCancellationRequested) return;
        log.MustEnd(why);
        process.StopApplication();
    }

    /// <summary>Before the listener closes: until the last partition is away, what comes here is brought to its owner.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        engine.IsLeaving();
        member.Leave();
        Want();
        for (var left = LeaveMax; left > TimeSpan.Zero && !member.ServesNothing; left -= GiveWay) await Task.Delay(GiveWay, CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _end.CancelAsync();
        Want();
        await _rounds;
        try
        {
            await Task.Run(member.SayGoodbye, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The others wait for the lease to run out.
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
