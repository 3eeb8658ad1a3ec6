using Engine.Actors;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Postgres;
using Engine.Load.Torture;
using Engine.Tests.Postgres;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 4, 12, 20 and their kin: three real nodes on one PostgreSQL under load, killed, stopped, cut off from the store and from
/// each other, and ended in order; what clients were told must still be so, and the journal must prove it.
/// </summary>
[Collection(PostgresCollection.Name)]
public sealed class ClusterTests(PostgresFixture postgres, ITestOutputHelper output)
{
    /// <summary>Ten minutes make thirty rounds: <c>ENGINE_TORTURE_ROUNDS=30</c>.</summary>
    static int Rounds => int.Parse(Environment.GetEnvironmentVariable("ENGINE_TORTURE_ROUNDS") ?? "5");

    static readonly TimeSpan TakeOverMax = TimeSpan.FromSeconds(10);

    string? _connection;

    ClusterProcesses Cluster(TempFolder folder)
    {
        _connection = postgres.NewDatabase();
        return new ClusterProcesses(folder.Path, 3, postgres.Server.Port, port => new NpgsqlConnectionStringBuilder(_connection) { Port = port }.ConnectionString);
    }

    [Fact]
    public async Task Three_nodes_lose_double_and_oversell_nothing_whatever_happens_to_them()
    {
        using var folder = new TempFolder();
        await using var cluster = Cluster(folder);
        await cluster.StartAsync();
        using var load = new TortureLoad(cluster.Front.Url, seed: 5);
        await load.PrepareAsync();
        load.Start();
        var random = new Random(int.Parse(Environment.GetEnvironmentVariable("ENGINE_TORTURE_SEED") ?? "1"));
        var takeOvers = new List<TimeSpan>();
        var counts = new SortedDictionary<string, int>();
        for (var round = 0; round < Rounds; round++)
        {
            await Task.Delay(random.Next(500, 2000));
            var node = cluster.Nodes[random.Next(cluster.Nodes.Count)];
            // Each kind once first, then by chance.
            var fault = (round < 5 ? round : random.Next(5)) switch { 0 => "kill", 1 => "pause", 2 => "cut from the store", 3 => "cut from the nodes", _ => "stop" };
            counts[fault] = counts.GetValueOrDefault(fault) + 1;
            if (await StrikeAsync(cluster, node, fault) is { } took) takeOvers.Add(took);
            await cluster.UntilServedAsync(cluster.Nodes, TimeSpan.FromSeconds(60));
        }
        await load.StopAsync();
        Assert.Equal([], await load.AuditAsync());
        foreach (var node in cluster.Nodes) await EndAsync(node);
        Verify();
        takeOvers.Sort();
        var refusals = load.History.Where(e => e.Tries > 1).Select(e => e.Tries).DefaultIfEmpty(0).Max();
        output.WriteLine($"{Rounds} rounds ({string.Join(", ", counts.Select(c => $"{c.Value} {c.Key}"))}): {load.Acknowledged} acknowledged, lost {load.Result!.Lost}, doubled {load.Result.Doubled}, oversold {load.Result.Oversold}, "
            + $"{load.Unclear} unknowns resolved (at most {refusals} tries), take-over p50 {takeOvers[takeOvers.Count / 2].TotalSeconds:0.0} s, longest {takeOvers[^1].TotalSeconds:0.0} s");
        Assert.True(takeOvers[^1] < TakeOverMax, $"a take-over took {takeOvers[^1]}");
    }

    /// <summary>Makes the fault, waits until the others serve where they have to, and ends it. How long the take-over took, where there is one.</summary>
    static async Task<TimeSpan?> StrikeAsync(ClusterProcesses cluster, ClusterNode node, string fault)
    {
        var others = cluster.Nodes.Where(n => n != node).ToArray();
        TimeSpan? took = null;
        switch (fault)
        {
            case "kill":
                await node.Process.KillAsync();
                took = await cluster.UntilServedAsync(others, TimeSpan.FromSeconds(30));
                await cluster.StartAsync(node);
                break;
            case "pause":
                await node.Process.PauseAsync();
                took = await cluster.UntilServedAsync(others, TimeSpan.FromSeconds(30));
                await Task.Delay(1000);
                await node.Process.GoOnAsync();
                break;
            case "cut from the store":
                node.ToStore.Cut();
                took = await cluster.UntilServedAsync(others, TimeSpan.FromSeconds(30));
                node.ToStore.Heal();
                break;
            case "cut from the nodes":
                node.FromNodes.Cut();
                await Task.Delay(4000);
                node.FromNodes.Heal();
                break;
            default:
                await EndAsync(node);
                await cluster.StartAsync(node);
                break;
        }
        return took;
    }

    static async Task EndAsync(ClusterNode node)
    {
        await node.Process.TerminateAsync();
        Assert.True(await node.Process.EndAsync(TimeSpan.FromSeconds(60)) == 0, node.Process.Said);
    }

    void Verify()
    {
        using var reader = new PostgresReader(_connection!);
        Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run().First);
    }
}
