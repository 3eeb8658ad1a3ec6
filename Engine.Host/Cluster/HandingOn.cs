using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Adapters.Platforms;
using Engine.Host.Ingress;
using Engine.Host.Metrics;
using Engine.Host.Upkeep;

namespace Engine.Host.Cluster;

/// <summary>
/// A push whose partition is moving is kept whole in a partition of this node, acknowledged, and handed on as soon as its own
/// partition serves again: a platform that sees a few failures may switch a webhook off. Facts of an order take effect once and
/// in any order, so it does no harm that some of it may have arrived, or that others overtake it.
/// </summary>
sealed class HandingOn(EngineNode node, QuarantineDesk quarantine, IntakeFactory intakes, OrderDesk orders, EngineMetrics metrics, TimeProvider time, ILogger<HandingOn> log) : BackgroundService
{
    public const string Reason = "partition_moving";
    static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    public async Task<AnswerKind> KeepAsync(string platform, PlatformRequest request, ParsedMessage parsed)
    {
        if (Place(QuarantineDesk.Id(platform, request.Shop, parsed.DedupeKey)) is not { } id) return AnswerKind.StoreUnavailable;
        var kind = await quarantine.KeepAsync(id, node, platform, request, Reason);
        if (kind != AnswerKind.Reply) return kind == AnswerKind.NotOwner ? AnswerKind.StoreUnavailable : kind;
        metrics.PushKept();
        log.KeptWhileMoving(platform, request.Shop);
        return AnswerKind.Reply;
    }

    /// <summary>An id of which the partition is served here.</summary>
    string? Place(string id)
    {
        for (var i = 0; i < 64 * node.Partitions; i++)
        {
            var place = $"{id}-{i}";
            if (node.IsOpen(ActorId.Quarantine(place).PartitionOf(node.Partitions))) return place;
        }
        return null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await Census.Next(timer, stoppingToken))
        {
            try
            {
                await HandOnAsync();
            }
            catch (Exception e)
            {
                log.UpkeepFailed("handing on", e);
            }
        }
    }

    public async Task HandOnAsync()
    {
        foreach (var kept in await node.ScanAsync<QuarantineActor, QuarantineView>(ActorKind.Quarantine, static (message, now) => message.IsOpen && message.Reason == Reason ? (QuarantineView?)message.View(now) : null))
        {
            try
            {
                await HandOnAsync(kept);
            }
            catch (Exception e)
            {
                // One that can't be opened keeps nobody else waiting.
                log.UpkeepFailed($"handing on {kept.Id}", e);
            }
        }
    }

    async Task HandOnAsync(QuarantineView kept)
    {
        var platform = PlatformCatalogue.Find(kept.Platform) ?? throw new InvalidDataException($"this build has no adapter for {kept.Platform}");
        var parsed = platform.Parse(quarantine.Open(kept));
        var told = parsed.Pushes.Select(push => intakes.Push(kept.Platform, kept.Shop, parsed.DedupeKey, push, $"webhook:{kept.Platform}")).OfType<Intake>().ToArray();
        var answers = await Task.WhenAll(told.Select(orders.TakeAsync));
        if (Array.Exists(answers, a => a.Kind != AnswerKind.Reply)) return;
        var recorded = await node.AskAsync(ActorId.Quarantine(kept.Id), new RecordReplay { By = "handing on", Understood = true, Reason = "" });
        if (recorded.Kind == AnswerKind.Reply) metrics.PushHandedOn();
    }
}
