using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Engine.Load.Auditing;
using Engine.Load.Torture;
using Engine.Tests.Postgres;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 4, 12, 20, 22: what keeps a node from speaking for partitions that others have taken over, on real processes, and for each
/// the mutant without it, which must be found out by what clients see.
/// </summary>
[Collection(FencingCollection.Name)]
public sealed class FencingTests(PostgresFixture postgres, ITestOutputHelper output)
{
    static readonly TimeSpan TakeOver = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task F04_A_node_that_was_stopped_past_its_lease_writes_nothing_when_it_goes_on(bool storeLooksAway)
    {
        await using var rig = await ClusterRig.StartAsync(postgres.NewDatabase(), seed: 4);
        using var clients = Clients(rig.Processes.Front.Url);
        var (stopped, others) = (rig.Nodes[1], new[] { rig.Nodes[0], rig.Nodes[2] });
        var skus = ClusterRig.Skus("STOPPED");
        foreach (var sku in skus) Assert.Equal(200, (await BookAsync(clients, sku, "before")).Status);
        // The mutant: the same function, without a look at who owns the partition.
        if (storeLooksAway) PostgresFixture.Run(rig.Connection, "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('engine.append'::regproc), 'AND o.epoch = in_epoch', ''); END $$");

        var (acknowledged, lost) = (0, new List<string>());
        var told = new ConcurrentDictionary<string, int>(skus.Select(sku => KeyValuePair.Create(sku, 1)));
        for (var round = 0; round < (storeLooksAway ? 10 : Often.Rounds(1, full: 10, "ENGINE_TORTURE_STOPS")); round++)
        {
            var owners = await rig.Processes.OwnersAsync(stopped);
            var mine = Enumerable.Range(0, owners.Length).Where(p => owners[p] == stopped.Name).Select(p => skus[p]).ToArray();
            // Nobody can tell it what has happened; what clients ask waits at its door.
            await rig.Processes.Network.CutAsync(stopped.Number, NodeCut.FromNodes);
            await stopped.Process.PauseAsync();
            await rig.Processes.UntilServedAsync(others, TakeOver);
            using var atItsDoor = Clients(stopped.Process.Url);
            var refused = new ConcurrentBag<string>();
            var asked = mine.Select(async sku =>
            {
                if ((await BookAsync(atItsDoor, sku, $"late-{round}")).Status != 200)
                {
                    refused.Add(sku);
                    return null;
                }
                Interlocked.Increment(ref acknowledged);
                // Who owns it now must know, at once: soon it is handed back.
                var booked = ++told[sku];
                return await OnHandAsync(others[0], sku) is { } shown && shown < booked ? $"{sku}: {booked} were acknowledged, {shown} are shown" : null;
            }).ToArray();
            await Task.Delay(500);
            await stopped.Process.GoOnAsync();
            lost.AddRange((await Task.WhenAll(asked)).OfType<string>());
            await rig.Processes.Network.HealAsync(stopped.Number);
            if (lost.Count > 0) break;
            // It has partitions again that the next round can take from it.
            await rig.SharedAsync();
            // What was not acknowledged may have happened: said again it has.
            foreach (var sku in refused)
            {
                Assert.Equal(200, (await BookAsync(clients, sku, $"late-{round}")).Status);
                told[sku]++;
            }
        }
        output.WriteLine($"stopped past its lease{(storeLooksAway ? ", a store that looks away" : "")}: {acknowledged} acknowledged after it went on, {lost.Count} of them lost");
        Assert.True(lost.Count > 0 == storeLooksAway, string.Join('\n', lost));
    }

    [Theory]
    [InlineData(null), InlineData("ReadWithoutLease")]
    public async Task F20_A_node_that_is_cut_off_shows_nothing_that_others_have_overtaken(string? mutant)
    {
        await using var rig = await ClusterRig.StartAsync(postgres.NewDatabase(), seed: 20, kernelFault: mutant);
        using var clients = Clients(rig.Nodes[0].Process.Url);
        var skus = ClusterRig.Skus("SHOWN");
        foreach (var sku in skus) await BookAsync(clients, sku, "before");
        // Nothing is on its way when the wire is cut: what is, is waited for before anything is shown.
        await Task.Delay(1000);
        await rig.Processes.Network.CutAsync(2, NodeCut.Store | NodeCut.FromNodes);
        await rig.Processes.UntilServedAsync([rig.Nodes[0], rig.Nodes[2]], TakeOver);
        foreach (var sku in skus) Assert.Equal(200, (await BookAsync(clients, sku, "after")).Status);
        var shown = await Task.WhenAll(skus.Select(sku => OnHandAsync(rig.Nodes[1], sku)));
        output.WriteLine($"cut off, {mutant ?? "as it is"}: shows {shown.Count(s => s is not null)} of {skus.Count} SKUs, {shown.Count(s => s < 2)} of them out of date");
        Assert.Equal(mutant is not null, shown.Any(s => s < 2));
    }

    [Fact]
    public async Task F12_Of_two_hosts_under_one_name_the_older_hands_over_and_ends()
    {
        await using var rig = await ClusterRig.StartAsync(postgres.NewDatabase(), seed: 12);
        await rig.LoadAsync();
        var (twin, rounds) = (rig.Nodes[1].Process, Often.Rounds(1, full: 10, "ENGINE_TORTURE_TWINS"));
        for (var round = 0; round < rounds; round++)
        {
            var older = twin;
            twin = rig.Another(rig.Nodes[1].Name, $"twin-{round}");
            Assert.True(await twin.StartAsync(), twin.Said);
            Assert.Equal(0, await older.EndAsync(TimeSpan.FromSeconds(60)));
            Assert.Contains("another node was started under the name node-2", older.Said);
            await rig.ServedAsync();
        }
        await rig.AuditAsync($"{rounds} twins", rounds, TimeSpan.Zero, output);
    }

    [Theory]
    [InlineData(null), InlineData("TrustAnyClock")]
    public async Task F22_A_node_whose_clock_is_an_hour_ahead_ends_no_lock(string? mutant)
    {
        await using var rig = await ClusterRig.StartAsync(postgres.NewDatabase(), seed: 22);
        using var clients = Clients(rig.Processes.Front.Url);
        var skus = ClusterRig.Skus("LOCKED");
        foreach (var sku in skus)
        {
            await BookAsync(clients, sku, "stock");
            Assert.Equal(201, await ReserveAsync(clients, sku));
        }
        var wrong = rig.Nodes[2];
        await ClusterRig.EndAsync(wrong.Process);
        wrong.Process.Variables["ENGINE_CLOCK_AHEAD"] = "3600";
        var startedWrong = wrong.Process.StartAsync(kernelFault: mutant);
        // It is never ready: no partition is its own.
        await Task.WhenAny(startedWrong, Task.Delay(5000));
        await Task.Delay(2000);
        var ended = 0;
        foreach (var sku in skus)
            if ((await clients.CallAsync(HttpMethod.Get, $"/v1/skus/{sku}/reservations/lock")) is not { Status: 200 } answer || JsonElement.Parse(answer.Body).GetProperty("state").GetString() != "reserved") ended++;
        output.WriteLine($"clock an hour ahead, {mutant ?? "as it is"}: {ended} of {skus.Count} locks ended early");
        Assert.Equal(mutant is not null, ended > 0);
        await wrong.Process.KillAsync();
        await Record.ExceptionAsync(() => startedWrong);
    }

    static AuditClient Clients(Uri url) => new(url, TimeProvider.System, new AuditOptions { Key = HostProcess.Key, TriesMax = 10, Timeout = TimeSpan.FromSeconds(15) });

    static Task<Exchange> BookAsync(AuditClient client, string sku, string reference) => client.CallAsync(HttpMethod.Post, "/v1/stock/adjustments",
        Encoding.UTF8.GetBytes($$"""{"reference":"{{sku}}-{{reference}}","lines":[{"sku":"{{sku}}","warehouse":"north","delta":1,"reason":"receiving"}]}"""));

    static async Task<int> ReserveAsync(AuditClient client, string sku)
    {
        var snapshot = await client.CallAsync(HttpMethod.Post, $"/v1/skus/{sku}/snapshots", "{}"u8.ToArray());
        var token = JsonElement.Parse(snapshot.Body).GetProperty("token").GetString();
        return (await client.CallAsync(HttpMethod.Post, $"/v1/skus/{sku}/reservations", JsonSerializer.SerializeToUtf8Bytes(new { reservationId = "lock", orderId = "o", quantity = 1, token }))).Status;
    }

    /// <summary>What a node shows when it is asked once; null where it shows nothing.</summary>
    static async Task<long?> OnHandAsync(ClusterNode node, string sku)
    {
        using var client = new AuditClient(node.Process.Url, TimeProvider.System, new AuditOptions { Key = HostProcess.Key, TriesMax = 1 });
        var answer = await client.CallAsync(HttpMethod.Get, $"/v1/skus/{sku}");
        return answer.Status == 200 ? JsonElement.Parse(answer.Body).GetProperty("onHand").GetInt64() : null;
    }
}
