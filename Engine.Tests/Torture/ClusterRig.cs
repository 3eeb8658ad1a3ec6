using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Postgres;
using Engine.Load.Torture;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>Three real nodes on one PostgreSQL, clients who load them through a front, and a probe of every partition that reads all nodes.</summary>
sealed class ClusterRig : IAsyncDisposable
{
    static readonly TimeSpan ServedMax = TimeSpan.FromSeconds(60);

    readonly TempFolder _folder = new();
    readonly string _connection;
    readonly List<HostProcess> _others = [];

    ClusterRig(string connection, int seed, ClusterNetwork? network, IReadOnlyDictionary<string, string>? settings)
    {
        _connection = connection;
        Processes = new ClusterProcesses(_folder.Path, 3, network ?? new Wires(new NpgsqlConnectionStringBuilder(connection).Port),
            at => new NpgsqlConnectionStringBuilder(connection) { Host = $"{at.Address}", Port = at.Port }.ConnectionString, settings);
        Load = new TortureLoad(Processes.Front.Url, seed);
        Probe = new PartitionProbe(Processes.Front.Url, [.. Processes.Nodes.Select(n => n.Process.Url)], Skus("PROBE"), TimeSpan.FromMilliseconds(100));
    }

    public ClusterProcesses Processes { get; }
    public IReadOnlyList<ClusterNode> Nodes => Processes.Nodes;
    public TortureLoad Load { get; }
    public PartitionProbe Probe { get; }
    public string Connection => _connection;

    public string File(string name) => _folder.File(name);

    /// <summary>A SKU in each partition, the names of which begin with <paramref name="name"/>.</summary>
    public static IReadOnlyList<string> Skus(string name) =>
        [.. Enumerable.Range(0, ClusterProcesses.Partitions).Select(partition => Enumerable.Range(0, 10_000).Select(i => $"{name}-{i}").First(sku => ActorId.Sku(sku).PartitionOf(ClusterProcesses.Partitions) == partition))];

    /// <param name="connection">To an empty database.</param>
    /// <param name="network">What connects the nodes; wires where none is given.</param>
    /// <param name="kernelFault">Planted in every node once all is prepared.</param>
    public static async Task<ClusterRig> StartAsync(string connection, int seed, ClusterNetwork? network = null, IReadOnlyDictionary<string, string>? settings = null, string? kernelFault = null)
    {
        var rig = new ClusterRig(connection, seed, network, settings);
        try
        {
            foreach (var node in rig.Nodes) await rig.Processes.StartAsync(node, kernelFault);
            await rig.SharedAsync();
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until all is served, and every node has its share.</summary>
    public Task SharedAsync() => Processes.UntilSharedAsync(ServedMax);

    public Task ServedAsync() => Processes.UntilServedAsync(Nodes, ServedMax);

    /// <summary>Puts stock in and lets load and probe begin.</summary>
    public async Task LoadAsync()
    {
        await Load.PrepareAsync();
        await Probe.StartAsync();
        Load.Start();
    }

    /// <summary>Another process of this cluster, not started yet; it goes with the rig.</summary>
    public HostProcess Another(string name, string data, string? masterKey = null)
    {
        var process = Processes.Make(Processes.Network.Place(Nodes.Count + _others.Count + 1), name, data, masterKey);
        _others.Add(process);
        return process;
    }

    public static async Task EndAsync(HostProcess process)
    {
        await process.TerminateAsync();
        Assert.True(await process.EndAsync(TimeSpan.FromSeconds(60)) == 0, process.Said);
    }

    /// <summary>Everything a client may complain of: what it was told against what is so now, after all of it has been said once more.</summary>
    public async Task<IReadOnlyList<string>> ComplaintsAsync()
    {
        await Load.StopAsync();
        await Probe.StopAsync();
        await Load.SayAgainAsync();
        return [.. await Load.AuditAsync(), .. Probe.Wrong];
    }

    /// <summary>Ends all load, prints what came of it, ends all nodes in order, and proves the journal.</summary>
    public async Task AuditAsync(string scenario, int kills, TimeSpan recovery, ITestOutputHelper output)
    {
        var wrong = await ComplaintsAsync();
        output.WriteLine($"{Load.Score($"{scenario}, {kills} kills", recovery)}; {Probe.Reads} readings at all nodes, none out of date: {Probe.Wrong.Count == 0}");
        Assert.Equal([], wrong);
        foreach (var process in Nodes.Select(n => n.Process).Concat(_others).Where(p => !p.HasExited)) await EndAsync(process);
        using var reader = new PostgresReader(_connection);
        Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run().First);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var other in _others) await other.DisposeAsync();
        await Processes.DisposeAsync();
        Load.Dispose();
        Probe.Dispose();
        _folder.Dispose();
    }
}
