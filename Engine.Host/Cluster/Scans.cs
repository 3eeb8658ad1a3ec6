using Engine.Actors.Asking;
using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;

namespace Engine.Host.Cluster;

/// <summary>A look over all actors of one kind, which other nodes know by its name.</summary>
sealed record Scan<T>(string Name, Func<IEngine, Task<IReadOnlyList<T>>> Here) where T : class;

/// <summary>What warehouses hold of one SKU.</summary>
sealed record WarehouseUnits(string Warehouse, long Promised, long OnHand);

/// <summary>Looks over all actors, wherever they are: each node looks over its own, and whoever asked puts it together.</summary>
/// <param name="peers">Null where this node is alone.</param>
sealed class Scans(IEngine engine, ClusterMember? member = null, Peers? peers = null)
{
    public static readonly Scan<WarehouseUnits[]> Warehouses = new("warehouses", engine => engine.ScanAsync<SkuActor, WarehouseUnits[]>(
        ActorKind.Sku, static (sku, _) => [.. sku.Warehouses.Select(w => new WarehouseUnits(w.Warehouse, w.Reserved + w.Committed, w.OnHand))]));

    public static readonly Scan<FreedLockView[]> FreedLocks = new("freed-locks", engine => engine.ScanAsync<SkuActor, FreedLockView[]>(ActorKind.Sku, static (sku, _) => [.. sku.Freed()]));

    public static readonly Scan<QuarantineView> Quarantine = new("quarantine", engine => engine.ScanAsync<QuarantineActor, QuarantineView>(
        ActorKind.Quarantine, static (message, now) => message.IsOpen ? (QuarantineView?)message.View(now) : null));

    public static readonly Scan<string[]> KeysInUse = new("keys-in-use", engine => engine.ScanAsync<SkuActor, string[]>(
        ActorKind.Sku, static (sku, _) => [.. sku.Reservations.Where(r => r.IsLive).Select(r => r.KeyId).Distinct()], orFail: true));

    /// <summary>What another node asks for by name; null for a name that nobody knows.</summary>
    public static async Task<object?> HereAsync(string name, IEngine engine) => name switch
    {
        "warehouses" => await Warehouses.Here(engine),
        "freed-locks" => await FreedLocks.Here(engine),
        "quarantine" => await Quarantine.Here(engine),
        "keys-in-use" => await KeysInUse.Here(engine),
        _ => null,
    };

    /// <exception cref="StoreUnavailableException">A node could not be asked: what it holds would be missing.</exception>
    public async Task<IReadOnlyList<T>> AllAsync<T>(Scan<T> scan) where T : class
    {
        if (peers is null) return await scan.Here(engine);
        var others = member!.Nodes.Where(n => n.IsLive && n.Row.Id != member.Me.Id).Select(n => n.Row);
        try
        {
            var theirs = await Task.WhenAll(others.Select(node => peers.ScanAsync<T>(node, scan.Name)));
            return [.. await scan.Here(engine), .. theirs.SelectMany(t => t)];
        }
        catch (Exception e) when (Peers.IsBroken(e))
        {
            throw new StoreUnavailableException("a node could not be asked", e);
        }
    }
}
