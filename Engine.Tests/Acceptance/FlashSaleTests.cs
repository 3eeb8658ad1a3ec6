using System.Diagnostics;
using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Sqlite;
using Engine.Tests.Torture;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Acceptance;

/// <summary>Story 12: a hot SKU with a million units sells out in a flash sale while ordinary SKUs keep their latency.</summary>
[Collection(nameof(OneAtATime))]
public sealed class FlashSaleTests(ITestOutputHelper output)
{
    const int Units = 1_000_000;
    const int HotCallers = 224;
    const int ColdCallers = 32;
    const int ColdCalls = 150;
    /// <summary>Wholesale and retail; the singles take what the others leave.</summary>
    static readonly int[] Quantities = [500, 200, 100, 25, 1, 1];
    static readonly ActorId Hot = ActorId.Sku("HOT");

    [Fact]
    public async Task A_million_units_sell_out_to_the_last_one_while_ordinary_skus_are_served_as_before()
    {
        using var folder = new TempFolder();
        using (var journal = new SqliteJournal(new SqliteJournalOptions { Directory = folder.Path, Partitions = 8 }))
        {
            await using var node = new EngineNode(journal, EngineDomain.Instance, TimeProvider.System);
            await node.OpenAsync();
            await StockAsync(node, Hot, Units);
            for (var sku = 0; sku < 100; sku++) await StockAsync(node, Cold(sku), 1_000_000);

            // The same crowd before the sale: all of it among ordinary SKUs.
            var before = await CrowdAsync(node, "before", (caller, i) => SellAsync(node, Cold(caller + i), $"b-{caller}-{i}", 1));
            var sold = 0L;
            var refused = 0;
            var sale = Enumerable.Range(0, HotCallers).Select(async caller =>
            {
                // Everybody asks until not even one unit is left.
                for (var i = 0; ; i++)
                {
                    var quantity = Quantities[(caller + i) % Quantities.Length];
                    var outcome = await SellAsync(node, Hot, $"h-{caller}-{i}", quantity);
                    if (outcome == StockOutcome.Done) Interlocked.Add(ref sold, quantity);
                    else if (quantity == 1) break;
                    if (outcome != StockOutcome.Done) Assert.Equal(StockOutcome.InsufficientStock, outcome);
                }
                Interlocked.Increment(ref refused);
            }).ToArray();
            var during = await CrowdAsync(node, "during", (caller, i) => SellAsync(node, Cold(caller + i), $"d-{caller}-{i}", 1), ColdCallers);
            await Task.WhenAll(sale);

            Assert.Equal((Units, HotCallers), (sold, refused));
            var stock = (StockView)(await node.ReadAsync<SkuActor>(Hot, static (sku, now) => sku.View(now))).Reply!;
            Assert.Equal((Units, Units, 0), (stock.OnHand, stock.Reserved, stock.Available));
            output.WriteLine($"{Units} units in {node.Counters.Sum(c => c.Commands)} commands; ordinary SKUs before {before}; during {during}; median ratio {during.Median / before.Median:0.00}");
            // Not a figure of speed: an ordinary SKU must not wait behind the hot one's queue.
            Assert.True(during.Median < 5 * before.Median + 20, $"before {before}, during {during}");
            await node.StopAsync(TimeSpan.FromSeconds(30));
        }
        using var reader = new SqliteReader(folder.Path);
        Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()) { Settled = true }.Run().First);
    }

    static async Task<Waits> CrowdAsync(EngineNode node, string name, Func<int, int, Task<StockOutcome>> sell, int callers = HotCallers + ColdCallers)
    {
        var waits = await Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            var mine = new double[ColdCalls];
            for (var i = 0; i < ColdCalls; i++)
            {
                var start = Stopwatch.GetTimestamp();
                Assert.Equal(StockOutcome.Done, await sell(caller, i));
                mine[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
            return mine;
        }));
        Assert.True(node.IsReady, name);
        return new Waits([.. waits.SelectMany(w => w).Order()]);
    }

    static async Task<StockOutcome> SellAsync(EngineNode node, ActorId sku, string id, int quantity)
    {
        var now = node.Now;
        var reserve = new Reserve
        {
            ReservationId = id, OrderId = id, Quantity = quantity, Token = new SnapshotClaims($"t-{id}", 1, 1, null, now, now + 60_000), OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k",
        };
        var answer = await node.AskAsync(sku, reserve, new AskOptions(Tenant: id[..1]));
        return ((StockReply)answer.Reply!).Outcome;
    }

    static async Task StockAsync(EngineNode node, ActorId sku, int quantity) =>
        await node.AskAsync(sku, new AdjustStock { Reference = "stock", LineNumber = 0, Warehouse = "w", Delta = quantity, Reason = StockReason.Receiving });

    static ActorId Cold(int number) => ActorId.Sku($"COLD-{number % 100}");

    sealed record Waits(double[] Sorted)
    {
        public double Median => Sorted[Sorted.Length / 2];

        public override string ToString() => $"p50 {Median:0.0} ms, p99 {Sorted[Sorted.Length * 99 / 100]:0.0} ms";
    }
}
