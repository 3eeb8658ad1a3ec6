using System.Diagnostics;
using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Adapters.Views;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Workloads;

namespace Engine.Benchmarks.InProcess;

/// <summary>A whole engine without its HTTP side: store, node, read models, a stocked catalogue.</summary>
sealed class Rig : IAsyncDisposable
{
    static readonly TimeSpan StopMax = TimeSpan.FromMinutes(2);

    Rig(BenchStore store, EngineNode node, ReadModels? views, World world, Persons persons) =>
        (Store, Node, Views, World, Persons) = (store, node, views, world, persons);

    public BenchStore Store { get; }
    public EngineNode Node { get; private set; }
    /// <summary>Null where none are kept.</summary>
    public ReadModels? Views { get; }
    public World World { get; }
    public Persons Persons { get; }

    /// <param name="units">Of every SKU in each of three warehouses.</param>
    public static async Task<Rig> OpenAsync(StoreKind kind, int partitions, int skus, int units, bool views, bool sealedAhead)
    {
        var store = await BenchStore.OpenAsync(kind, partitions);
        var node = new EngineNode(store.Journal, EngineDomain.Instance, TimeProvider.System);
        await node.OpenAsync();
        var models = !views ? null : new ReadModels(new ReadModelOptions
        {
            Directory = store.Folder, Journal = store.Journal, Domain = EngineDomain.Instance, Durable = () => [.. node.Status.Select(p => p.Sequence)], IsBusy = () => node.IsBusy,
            Failed = e => Console.Error.WriteLine($"read models: {e.Message}"),
        });
        models?.Start();
        var world = new World(skus);
        await world.StockAsync(node, units);
        return new Rig(store, node, models, world, new Persons(store.Folder, store.Journal, sealedAhead));
    }

    /// <summary>Units that are promised, and how many SKUs promise more than they have.</summary>
    public async Task<(long Promised, int Oversold)> CountAsync()
    {
        var skus = await Node.ScanAsync<SkuActor, object>(ActorKind.Sku, (sku, _) => (sku.Warehouses.Sum(w => w.Reserved + w.Committed), sku.Warehouses.Any(w => w.Reserved + w.Committed > w.OnHand + w.Shortage)));
        var counted = skus.Cast<(long Promised, bool Oversold)>().ToArray();
        return (counted.Sum(c => c.Promised), counted.Count(c => c.Oversold));
    }

    /// <summary>Opens an embedded store anew without having stopped: what a kill leaves.</summary>
    /// <returns>How long that took until it served.</returns>
    public async Task<TimeSpan> KillAndOpenAsync()
    {
        while (Node.Status.Any(p => p.Queued > 0)) await Task.Delay(10);
        await Node.DisposeAsync();
        var start = Stopwatch.GetTimestamp();
        Store.Reopen();
        Node = new EngineNode(Store.Journal, EngineDomain.Instance, TimeProvider.System);
        await Node.OpenAsync();
        return Stopwatch.GetElapsedTime(start);
    }

    public async ValueTask DisposeAsync()
    {
        Views?.Dispose();
        await Node.StopAsync(StopMax);
        await Node.DisposeAsync();
        Persons.Dispose();
        await Store.DisposeAsync();
    }
}
