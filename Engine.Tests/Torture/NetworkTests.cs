using Engine.Load.Torture;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 20: nodes cut off from the store, from each other and from everybody, both ways and one way, two at a time and healed in
/// any order. In network namespaces, where what is said over a cut is lost and only TCP finds out; where a machine does not allow
/// those, on wires of our own, and the output says so.
/// </summary>
[Collection(nameof(OneAtATime))]
public sealed class NetworkTests(ITestOutputHelper output)
{
    const int Count = 3;

    [Fact]
    public async Task Nodes_that_are_cut_off_both_ways_or_one_way_lose_and_double_nothing_and_come_back_alone()
    {
        // The store's address must be there before it can listen at it.
        var (namespaces, whyNot) = await Namespaces.TryMakeAsync(Count);
        await using ClusterNetwork? cables = namespaces;
        output.WriteLine(namespaces is null ? $"NO NETWORK NAMESPACES on this machine ({whyNot}): cut by wires of our own" : "in network namespaces");
        await using var server = await PostgresServer.StartNewAsync(namespaces is null ? null : new Dictionary<string, string> { ["listen_addresses"] = $"127.0.0.1,{Namespaces.StoreAddress}" });
        if (namespaces is not null)
        {
            await LetInAsync(server);
            namespaces.StorePort = server.Port;
        }
        ClusterNetwork network = namespaces is null ? new Wires(server.Port) : namespaces;
        await using var rig = await ClusterRig.StartAsync(server.ConnectionString(), seed: 20, network);
        await rig.LoadAsync();
        var random = new Random(Often.Rounds(1, full: 1, "ENGINE_TORTURE_SEED"));
        var (recovery, rounds) = (TimeSpan.Zero, Often.Rounds(2, full: 30));
        for (var round = 0; round < rounds; round++)
        {
            await Task.Delay(random.Next(500, 1500));
            // Each kind once first; every third time a second node is cut off otherwise.
            var struck = rig.Nodes.ToArray();
            random.Shuffle(struck);
            var cut = network.Cuts[round < network.Cuts.Count ? round : random.Next(network.Cuts.Count)];
            await network.CutAsync(struck[0].Number, cut);
            if (round % 3 == 2) await network.CutAsync(struck[1].Number, network.Cuts[random.Next(network.Cuts.Count)]);
            await Task.Delay(random.Next(5000, 9000));
            foreach (var node in struck[..2].OrderBy(_ => random.Next())) await network.HealAsync(node.Number);
            var healed = await rig.Processes.UntilServedAsync(rig.Nodes, TimeSpan.FromSeconds(60));
            output.WriteLine($"{struck[0].Name}: {cut}; all served {healed.TotalSeconds:0.0} s after it was healed");
            if (healed > recovery) recovery = healed;
        }
        await rig.AuditAsync($"{rounds} cuts", rounds, recovery, output);
    }

    /// <summary>From the addresses of the namespaces as well.</summary>
    static async Task LetInAsync(PostgresServer server)
    {
        await File.AppendAllTextAsync(Path.Combine(server.Data, "pg_hba.conf"), $"host all all {Namespaces.Subnet} scram-sha-256\n");
        await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=false");
        await connection.OpenAsync();
        await using var reload = new NpgsqlCommand("SELECT pg_reload_conf()", connection);
        await reload.ExecuteNonQueryAsync();
    }
}
