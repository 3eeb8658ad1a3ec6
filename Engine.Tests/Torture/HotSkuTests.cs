using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Engine.Load.Auditing;
using Engine.Load.Torture;
using Engine.Tests.Postgres;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 29 and 23 with three nodes: a hundred units, a crowd that retries, some who reserve and never pay, and the node that sells
/// is killed in the middle of it, while many locks of others end in the same seconds.
/// </summary>
[Collection(FencingCollection.Name)]
public sealed class HotSkuTests(PostgresFixture postgres, ITestOutputHelper output)
{
    const int Units = 100;
    const int LocksEach = 50;
    const int Clients = 48;
    static readonly Dictionary<string, string> ShortLocks = new() { ["Engine:Locks:Order"] = "00:00:08" };

    [Fact]
    public async Task F29_Of_a_hundred_units_a_hundred_are_sold_and_every_lock_ends_once_although_the_seller_is_killed()
    {
        await using var rig = await ClusterRig.StartAsync(postgres.NewDatabase(), seed: 29, settings: ShortLocks);
        await rig.Probe.StartAsync();
        var storm = ClusterRig.Skus("STORM");
        using var sale = new Sale(rig, await HotAsync(rig));
        await sale.StockAsync(Units);
        foreach (var sku in storm) await sale.BookAsync(sku, LocksEach);
        await Parallel.ForEachAsync(Enumerable.Range(0, storm.Count * LocksEach), new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (i, _) => await sale.ReserveAsync(storm[i % storm.Count], $"storm-{i}", 1));

        var crowd = sale.CrowdAsync(Often.Rounds(1500, full: 20_000, "ENGINE_TORTURE_BUYERS"));
        await sale.UntilSoldAsync(20);
        await rig.Nodes[2].Process.KillAsync();
        var recovery = await rig.Processes.UntilServedAsync(rig.Nodes.Take(2).ToArray(), TimeSpan.FromSeconds(30));
        await rig.Processes.StartAsync(rig.Nodes[2]);
        await crowd;
        // What hoarders held comes back, and is sold too.
        await sale.UntilSoldOutAsync();
        await rig.Probe.StopAsync();

        output.WriteLine($"hot SKU: 1 kills, {sale.Acknowledged} acknowledged, {sale.Sold} of {Units} units sold to {sale.Buyers} buyers, {sale.Refused} refused, {storm.Count * LocksEach} locks of others ended meanwhile, "
            + $"longest recovery {recovery.TotalSeconds:0.0} s, longest refusal {sale.LongestRefusal.TotalSeconds:0.0} s, {rig.Probe.Booked} bookings of other SKUs");
        Assert.Equal([], await sale.AuditAsync());
        Assert.Equal([], rig.Probe.Wrong);
        Assert.Equal(Units, sale.Sold);
        Assert.Equal((Units, 0, Units), await sale.FiguresAsync(sale.Hot));
        foreach (var sku in storm) Assert.Equal((LocksEach, 0, 0), await sale.FiguresAsync(sku));
    }

    /// <summary>The mutant: sold before it is written, so that the kill takes it back.</summary>
    [Fact]
    public async Task F29_A_cluster_that_answers_before_it_has_written_is_found_out()
    {
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            await using var rig = await ClusterRig.StartAsync(postgres.NewDatabase(), seed: attempt, kernelFault: "AnswerBeforeAppend");
            using var sale = new Sale(rig, await HotAsync(rig));
            await sale.StockAsync(100_000);
            var crowd = sale.CrowdAsync(1500);
            await sale.UntilSoldAsync(100 * attempt);
            // What it says now can't have been written.
            await rig.Processes.Network.CutAsync(3, NodeCut.Store);
            await Task.Delay(1000);
            await rig.Nodes[2].Process.KillAsync();
            await crowd;
            var wrong = await sale.AuditAsync();
            output.WriteLine($"answered before it was written: {wrong.Count} contradictions");
            if (wrong.Count > 0) return;
        }
        Assert.Fail("five clusters that answer before they write were believed");
    }

    /// <summary>A SKU that the third node owns.</summary>
    static async Task<string> HotAsync(ClusterRig rig)
    {
        var owners = await rig.Processes.OwnersAsync(rig.Nodes[0]);
        return ClusterRig.Skus("HOT")[Array.IndexOf(owners, rig.Nodes[2].Name)];
    }

    /// <summary>The crowd and what it was told.</summary>
    sealed class Sale(ClusterRig rig, string hot) : IDisposable
    {
        readonly AuditClient _client = new(rig.Processes.Front.Url, TimeProvider.System, new AuditOptions
        {
            Key = HostProcess.Key, Connections = Clients, TriesMax = 400, RetryAfter = TimeSpan.FromMilliseconds(100), KeepsHistory = true,
        });
        readonly List<string> _sold = [];
        readonly ConcurrentQueue<string> _reserved = new();
        int _buyers, _refused;

        public string Hot => hot;
        public int Buyers => _buyers;
        public int Refused => _refused;
        public int Acknowledged => _client.History.Count(e => e.Verdict == Verdict.Acknowledged);
        public TimeSpan LongestRefusal => _client.History.Where(e => e.Tries > 1).Select(e => e.Waited).DefaultIfEmpty().Max();

        public int Sold
        {
            get
            {
                lock (_sold) return _sold.Count;
            }
        }

        public Task StockAsync(int units) => BookAsync(hot, units);

        public async Task BookAsync(string sku, int units) => Assert.Equal(200, (await _client.CallAsync(HttpMethod.Post, "/v1/stock/adjustments",
            Encoding.UTF8.GetBytes($$"""{"reference":"{{sku}}","lines":[{"sku":"{{sku}}","warehouse":"north","delta":{{units}},"reason":"receiving"}]}"""))).Status);

        /// <summary>The token to go on with; null where nothing is left.</summary>
        public async Task<string?> ReserveAsync(string sku, string id, int quantity)
        {
            var snapshot = await _client.CallAsync(HttpMethod.Post, $"/v1/skus/{sku}/snapshots", "{}"u8.ToArray());
            var token = JsonElement.Parse(snapshot.Body).GetProperty("token").GetString();
            var answer = await _client.CallAsync(HttpMethod.Post, $"/v1/skus/{sku}/reservations", JsonSerializer.SerializeToUtf8Bytes(new { reservationId = id, orderId = id, quantity, token }));
            return answer.Status == 201 ? JsonElement.Parse(answer.Body).GetProperty("token").GetString() : null;
        }

        public Task CrowdAsync(int buyers) => Parallel.ForEachAsync(Enumerable.Range(0, buyers), new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (_, _) => await BuyAsync());

        async Task BuyAsync()
        {
            var number = Interlocked.Increment(ref _buyers);
            // Every tenth takes three into a cart and never comes back.
            var hoards = number % 10 == 0;
            var token = await ReserveAsync(hot, $"buyer-{number}", hoards ? 3 : 1);
            if (token is null)
            {
                Interlocked.Increment(ref _refused);
                return;
            }
            _reserved.Enqueue($"buyer-{number}");
            if (!hoards && (await _client.CallAsync(HttpMethod.Post, $"/v1/skus/{hot}/reservations/buyer-{number}/commit", JsonSerializer.SerializeToUtf8Bytes(new { token }))).Status == 200)
                lock (_sold) _sold.Add($"buyer-{number}");
        }

        public async Task UntilSoldAsync(int units)
        {
            for (var waited = Stopwatch.StartNew(); Sold < units; await Task.Delay(5)) Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), $"{Sold} are sold");
        }

        public async Task UntilSoldOutAsync()
        {
            for (var waited = Stopwatch.StartNew(); Sold < Units; await Task.Delay(500))
            {
                Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), $"{Sold} are sold");
                await CrowdAsync(9);
            }
            // One more wave finds nothing.
            var sold = Sold;
            await CrowdAsync(20);
            Assert.Equal(sold, Sold);
        }

        /// <summary>Whoever was told that they have reserved or bought, and of whom the engine knows otherwise.</summary>
        public async Task<IReadOnlyList<string>> AuditAsync()
        {
            var sold = _sold.ToHashSet();
            var wrong = await Task.WhenAll(_reserved.Select(async id =>
            {
                var answer = await _client.CallAsync(HttpMethod.Get, $"/v1/skus/{hot}/reservations/{id}");
                var state = answer.Status == 200 ? JsonElement.Parse(answer.Body).GetProperty("state").GetString() : $"{answer.Status}";
                return state == (sold.Contains(id) ? "committed" : state) && answer.Status == 200 ? null : $"{id} is {state}";
            }));
            return [.. wrong.OfType<string>()];
        }

        public async Task<(long OnHand, long Reserved, long Committed)> FiguresAsync(string sku)
        {
            var told = (await new EngineReader(_client).StockAsync([sku]))[sku];
            return (told.OnHand, told.Reserved, told.Committed);
        }

        public void Dispose() => _client.Dispose();
    }
}
