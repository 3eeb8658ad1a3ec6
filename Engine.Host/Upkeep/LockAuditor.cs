using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Host.Metrics;

namespace Engine.Host.Upkeep;

/// <summary>
/// The lock auditor (FEATURES G7): goes round over all locks of orders and carts and asks each leader whether the lock is its
/// own. What it denies twice, five seconds apart, is freed by an event that says why. Only a durable "not mine" counts, never
/// silence. On its way it finds who waits beside free stock, as when a warehouse has opened, and lets them be served.
/// </summary>
sealed class LockAuditor(IEngine engine, TimeProvider time, EngineMetrics metrics, ILogger<LockAuditor> log) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Again = TimeSpan.FromSeconds(5);
    /// <summary>A younger lock may be ahead of its leader's own memory of it.</summary>
    const long AgeMin = 30_000;
    /// <summary>A round looks at a tenth of the SKUs, so that no partition is held up by all of them.</summary>
    const int Slices = 10;
    /// <summary>Leaders asked per second: a hundred thousand open locks are gone over in under two minutes.</summary>
    const int AskedPerRound = 1000;

    readonly Queue<Suspect> _toAsk = new();
    readonly Dictionary<(string Sku, string Reservation), Suspect> _denied = [];
    int _slice;

    /// <param name="DeniedAt">When its leader first said that it is not its own; a timestamp of the clock.</param>
    sealed record Suspect(string Sku, string ReservationId, ActorId Leader, long DeniedAt = 0);

    /// <param name="IsWaitedFor">Lines wait for it although some of it is free.</param>
    sealed record Looked(ActorId Sku, bool IsWaitedFor, List<Suspect> Suspects);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await Census.Next(timer, stoppingToken))
        {
            try
            {
                await RoundAsync();
            }
            catch (Exception e)
            {
                log.UpkeepFailed("lock auditor", e);
            }
        }
    }

    public async Task RoundAsync()
    {
        foreach (var suspect in _denied.Values.Where(d => time.GetElapsedTime(d.DeniedAt) >= Again).ToArray())
        {
            if (await IsMineAsync(suspect) is not { } isMine) continue;
            _denied.Remove((suspect.Sku, suspect.ReservationId));
            if (!isMine) await FreeAsync(suspect);
        }

        if (_toAsk.Count == 0) await FillAsync();
        for (var i = 0; i < AskedPerRound && _toAsk.TryDequeue(out var suspect); i++)
            if (await IsMineAsync(suspect) == false) _denied.TryAdd((suspect.Sku, suspect.ReservationId), suspect with { DeniedAt = time.GetTimestamp() });
    }

    async Task FillAsync()
    {
        var slice = (ulong)(_slice = (_slice + 1) % Slices);
        var found = await engine.ScanAsync<SkuActor, Looked>(ActorKind.Sku, (sku, now) => sku.Id.Hash / 1024 % Slices != slice ? null : new Looked(sku.Id, sku.Backorders.Count > 0 && sku.Available > 0,
            [.. sku.Reservations.Where(r => r.Owner != ReservationOwner.Caller && r.IsLive && r.ReservedAt < now - AgeMin).Select(r => new Suspect(sku.Sku, r.Id, r.Leader))]));
        foreach (var suspect in found.SelectMany(f => f.Suspects)) _toAsk.Enqueue(suspect);
        foreach (var looked in found.Where(f => f.IsWaitedFor)) await engine.AskAsync(looked.Sku, new ServeWaiting(), new AskOptions(Tenant: "auditor"));
    }

    /// <summary>Null for silence.</summary>
    async Task<bool?> IsMineAsync(Suspect suspect)
    {
        var answer = await engine.AskAsync(suspect.Leader, new AskOwnership { ReservationId = suspect.ReservationId, Sku = suspect.Sku }, new AskOptions(Tenant: "auditor"));
        return answer.Reply is Ownership ownership ? ownership.IsMine : null;
    }

    async Task FreeAsync(Suspect suspect)
    {
        var why = $"the {(suspect.Leader.Kind == ActorKind.Order ? "order" : "cart")} {suspect.Leader.Key} says it is not its own";
        var answer = await engine.AskAsync(ActorId.Sku(suspect.Sku), new FreeOrphan { ReservationId = suspect.ReservationId, Why = why }, new AskOptions(Tenant: "auditor"));
        if (answer.Reply is not StockReply { Outcome: StockOutcome.Done }) return;
        metrics.AuditFreed();
        log.OrphanFreed(suspect.Sku, suspect.ReservationId);
    }
}
