using Engine.Actors.Asking;
using Engine.Adapters.Keys;
using Engine.Host.Cluster;
using Engine.Host.Settings;

namespace Engine.Host.Upkeep;

/// <summary>Removes a retired signing key once no live reservation names it and no snapshot token of it can still be valid.</summary>
sealed class RetiredKeys(IEngine engine, Scans scans, SigningKeys keys, EngineSettings settings, TimeProvider time, ILogger<RetiredKeys> log) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    /// <summary>A reservation may be on its way to its SKU when its key retires.</summary>
    static readonly TimeSpan OnTheWay = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await Census.Next(timer, stoppingToken))
        {
            try
            {
                await RemoveAsync();
            }
            catch (Exception e)
            {
                log.UpkeepFailed("retired keys", e);
            }
        }
    }

    public async Task RemoveAsync()
    {
        var before = (time.GetUtcNow() - settings.Tokens.Lifetime - OnTheWay).ToUnixTimeMilliseconds();
        var candidates = keys.All.Where(k => k.RetiredAt < before).Select(k => k.Id).ToHashSet();
        // A partition that does not serve, or goes from one node to another, would not be looked at, and its reservations would be missed.
        var owned = Owned();
        if (candidates.Count == 0 || owned.Contains(null)) return;
        var inUse = await scans.AllAsync(Scans.KeysInUse);
        if (!owned.SequenceEqual(Owned())) return;
        candidates.ExceptWith(inUse.SelectMany(k => k));
        foreach (var id in candidates)
            if (keys.Remove(id)) log.KeyRemoved(id);
    }

    /// <summary>The epoch of each partition, null where it does not serve.</summary>
    List<long?> Owned() => [.. engine.Status.Select(p => p.State == "open" ? p.Epoch : (long?)null)];
}
