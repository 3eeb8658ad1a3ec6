using Engine.Actors.Asking;
using Engine.Actors.Cluster;
using Engine.Actors.Kernel;
using Engine.Host.Api;
using Engine.Host.Security;
using Engine.Host.Settings;

namespace Engine.Host.Cluster;

/// <summary>The cluster as this node sees it.</summary>
/// <param name="Node">Who tells.</param>
/// <param name="FrameVersion">The frame layout that is written: the newest that every node reads.</param>
sealed record ClusterJson(string Node, bool LeaseValid, bool ClockAgrees, int FrameVersion, IReadOnlyList<ClusterNodeJson> Nodes, IReadOnlyList<ClusterPartitionJson> Partitions);

/// <param name="UnrenewedSeconds">Since when this node has seen no renewal of its lease.</param>
/// <param name="Reads">The newest frame layout it reads.</param>
sealed record ClusterNodeJson(string Name, string Address, string State, double UnrenewedSeconds, int Reads, int PartitionsOwned);

/// <param name="Owner">Null while it moves.</param>
/// <param name="ViewsLagFrames">Durable frames that the read models don't hold yet.</param>
sealed record ClusterPartitionJson(int Partition, string? Owner, long Epoch, string State, long Sequence, int Queued, long ViewsLagFrames);

/// <summary>Shows nodes and partitions, at any node; a node that is alone shows itself.</summary>
sealed class ClusterView(IEngine engine, EngineNode node, EngineSettings settings, Adapters.Views.ReadModels views, IServiceProvider services)
{
    public static void Map(Routes routes) =>
        routes.Get<ClusterView>("/v1/cluster", Role.Admin | Role.Ops, (e, _) => Task.FromResult(Answers.Ok(e.Show(), ApiJson.Default.ClusterJson)))
            .About("Operation", "Nodes, and who owns which partition under which epoch").Answers<ClusterJson>();

    ClusterJson Show()
    {
        var member = services.GetService<ClusterMember>();
        var positions = views.Status.Partitions;
        var rows = member?.Partitions;
        var partitions = engine.Status.Select(p => new ClusterPartitionJson(
            p.Partition, member is null ? settings.NodeName : member.OwnerOf(p.Partition)?.Name, Math.Max(p.Epoch, rows?[p.Partition].Epoch ?? 0), p.State, p.Sequence, p.Queued,
            p.Partition < positions.Count ? Math.Max(0, p.Sequence - positions[p.Partition].Position) : 0)).ToArray();
        var nodes = member is null
            ? [new ClusterNodeJson(settings.NodeName, settings.Urls, "live", 0, FrameLayout.Version, partitions.Length)]
            : member.Nodes.Select(n => new ClusterNodeJson(
                n.Row.Name, n.Row.Address, !n.IsLive ? "lost" : n.Row.IsLeaving ? "leaving" : "live", Math.Round(n.Unrenewed.TotalSeconds, 3), n.Row.Reads, rows!.Count(r => r.Owner == n.Row.Id))).ToArray();
        return new ClusterJson(settings.NodeName, member?.MayAnswer ?? true, node.MayExpire, member?.FrameVersion ?? FrameLayout.Version, nodes, partitions);
    }
}
