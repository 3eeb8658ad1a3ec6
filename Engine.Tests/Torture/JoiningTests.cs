using System.Diagnostics;
using System.Text;
using Engine.Actors.Deciders;
using Engine.Adapters.Keys;
using Engine.Load;
using Engine.Load.Auditing;
using Engine.Load.Torture;
using Engine.Tests.Postgres;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>Who may join a cluster, and what becomes of a push whose partition is between two owners.</summary>
[Collection(FencingCollection.Name)]
public sealed class JoiningTests(PostgresFixture postgres, ITestOutputHelper output)
{
    [Fact]
    public async Task A_node_with_another_master_key_is_refused_and_a_push_for_a_partition_of_a_killed_node_is_kept_and_handed_on()
    {
        await using var rig = await ClusterRig.StartAsync(postgres.NewDatabase(), seed: 1);
        MasterKey.LoadOrCreate(rig.File("other.key"));
        var stranger = rig.Another("stranger", "stranger", masterKey: rig.File("other.key"));
        Assert.False(await stranger.StartAsync());
        Assert.NotEqual(0, await stranger.EndAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("does not open by this master key", stranger.Said);

        var (asked, killed) = (rig.Nodes[0], rig.Nodes[2]);
        var owners = await rig.Processes.OwnersAsync(asked);
        var (generator, now) = (new OrderGenerator(new Random(1), new Catalogue(5, 1)), TimeProvider.System.GetUtcNow());
        LoadOrder order;
        do order = generator.Next(HostProcess.Shop, now);
        while (owners[PartitionOf(order)] != killed.Name);
        await killed.Process.KillAsync();

        using var once = new AuditClient(asked.Process.Url, TimeProvider.System, new AuditOptions { Key = HostProcess.Key, TriesMax = 1 });
        var answer = await once.SendAsync(new MessageFactory(new Random(1)).Make(order, MessageKind.Created, now));
        Assert.Equal((Verdict.Acknowledged, 1), (answer.Verdict, answer.Tries));
        Assert.NotEqual(asked.Name, (await rig.Processes.OwnersAsync(asked))[PartitionOf(order)]);

        using var client = new AuditClient(asked.Process.Url, TimeProvider.System, new AuditOptions { Key = HostProcess.Key, TriesMax = 20 });
        var waited = Stopwatch.StartNew();
        while ((await client.CallAsync(HttpMethod.Get, $"/v1/orders/{Uri.EscapeDataString(Id(order))}")).Status != 200 || await IsKeptAsync())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(40), "it is not handed on");
            await Task.Delay(200);
        }
        output.WriteLine($"acknowledged after {answer.Latency.TotalSeconds:0.0} s while nobody owned its partition, handed on {waited.Elapsed.TotalSeconds:0.0} s later");

        async Task<bool> IsKeptAsync() => Encoding.UTF8.GetString((await client.CallAsync(HttpMethod.Get, "/v1/quarantine")).Body).Contains("partition_moving");
    }

    static string Id(LoadOrder order) => $"{order.Shop.Platform}:{order.Shop.Shop}:{order.Id}";

    static int PartitionOf(LoadOrder order) => ActorId.Order(Id(order)).PartitionOf(ClusterProcesses.Partitions);
}
