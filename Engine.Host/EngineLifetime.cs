using Engine.Actors.Kernel;
using Engine.Adapters.Journals;
using Engine.Adapters.Platforms;
using Engine.Host.Ingress;
using Engine.Host.Settings;

namespace Engine.Host;

/// <summary>Opens the engine when the process starts and closes it in order when it ends.</summary>
public sealed class EngineLifetime(EngineNode node, IStore store, EngineSettings settings, TimeProvider time, ILogger<EngineLifetime> log) : IHostedService
{
    static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(20);

    /// <summary>Done when every partition serves or has stopped for a fault. Until then requests wait or are told to come again.</summary>
    public Task Opening { get; private set; } = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        log.SettingsInForce(EffectiveSettings.Describe(settings));
        foreach (var shop in settings.Shops)
        {
            if (PlatformCatalogue.Find(shop.Platform) is not { } platform) log.NoAdapter(shop.Platform, shop.Shop);
            else if (platform.FaultOf(Shops.CredentialsOf(shop)) is { } fault) log.CredentialsFaulty(shop.Platform, shop.Shop, fault);
        }
        node.PartitionStopped = log.PartitionStopped;
        // Not awaited: health answers while a large store is being read back.
        Opening = OpenAsync();
        return Task.CompletedTask;
    }

    async Task OpenAsync()
    {
        var start = time.GetTimestamp();
        log.Opening(node.Partitions, store.Name);
        if (node.Partitions != settings.Partitions) log.PartitionsStay(settings.Partitions, node.Partitions);
        try
        {
            await Task.Run(node.OpenAsync);
            log.Opened((long)time.GetElapsedTime(start).TotalMilliseconds);
        }
        catch (Exception e)
        {
            // The process stays, not ready: whoever looks finds it and its log.
            log.OpeningFailed(e);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        log.Stopping();
        await Opening;
        await node.StopAsync(DrainMax);
        log.Stopped();
    }
}
