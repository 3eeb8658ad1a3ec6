using System.Diagnostics;
using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Engine.Actors.Verification;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>FAULTS 23: 100,000 locks end in the same moment, under load or right after a restart.</summary>
[Collection(nameof(OneAtATime))]
public sealed class ExpiryStormTests(ITestOutputHelper output)
{
    const int Partitions = 4;
    const int Skus = 400;
    const int Each = 250;
    /// <summary>Locks that may end in one frame: what a frame's part for deadlines holds, and one actor's turn.</summary>
    const int EndsPerFrameMax = 3_000;

    readonly MemoryStore _store = new(Partitions);
    readonly ManualTime _time = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_lock_ends_once_in_small_portions_and_fresh_commands_are_answered_between(bool rightAfterRestart)
    {
        await FillAsync();
        var tails = Tails();
        var latency = await StormAsync(rightAfterRestart, new Limits());
        output.WriteLine($"{Skus * Each} locks ended in {Ends(tails).Count} frames of at most {Ends(tails).Max(e => e.Ends)}; {latency.Count} fresh commands meanwhile, p50 {latency.Percentile(0.5)}, p99 {latency.Percentile(0.99)}, most {latency.Max} ms");

        Assert.InRange(Ends(tails).Max(e => e.Ends), 1, EndsPerFrameMax);
        foreach (var partition in Ends(tails).GroupBy(e => e.Partition))
        {
            var (first, last) = (partition.Min(e => e.Sequence), partition.Max(e => e.Sequence));
            Assert.Contains(partition, e => e.Fresh > 0 && e.Sequence < last && e.Sequence >= first);
        }
        Assert.Equal(Skus * Each, Ends(tails).Sum(e => e.Ids.Count));
        Assert.Equal(Skus * Each, Ends(tails).SelectMany(e => e.Ids).Distinct().Count());
        var report = new Verifier(new MemoryJournal(_store, MemoryCompletion.Inline), EngineDomain.Instance, () => new MemoryStream()).Run();
        Assert.Null(report.First);
        Assert.Equal(0, report.Stock.Reserved);
    }

    /// <summary>The mutant: all that is due is decided at once.</summary>
    [Fact]
    public async Task Locks_that_end_all_at_once_are_seen()
    {
        await FillAsync();
        var tails = Tails();
        await StormAsync(rightAfterRestart: false, new Limits { DeadlinesPerBatch = 10_000, DeadlineBytes = int.MaxValue });
        Assert.True(Ends(tails).Max(e => e.Ends) > EndsPerFrameMax);
    }

    async Task FillAsync()
    {
        using var journal = new MemoryJournal(_store);
        await using var node = await OpenAsync(journal, new Limits());
        var locks = Enumerable.Range(0, Skus).Select(async sku =>
        {
            var id = Sku(sku);
            await node.AskAsync(id, new AdjustStock { Reference = "stock", LineNumber = 0, Warehouse = "w", Delta = Each, Reason = StockReason.Receiving });
            for (var i = 0; i < Each; i++) Assert.Equal(AnswerKind.Reply, (await node.AskAsync(id, Reserve($"r-{sku}-{i}", node.Now))).Kind);
        });
        await Task.WhenAll(locks).WaitAsync(TimeSpan.FromSeconds(30));
        await node.StopAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Lets the time of all locks come, and asks other SKUs until the last lock has ended.</summary>
    async Task<Latencies> StormAsync(bool rightAfterRestart, Limits limits)
    {
        using var journal = new MemoryJournal(_store);
        if (rightAfterRestart) _time.Advance(TimeSpan.FromMinutes(16));
        await using var node = await OpenAsync(journal, limits);
        var latency = new Latencies();
        using var over = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 16).Select(caller => CallAsync(node, caller, latency, over.Token)).ToArray();
        if (!rightAfterRestart) _time.Advance(TimeSpan.FromMinutes(16));
        var waited = Stopwatch.StartNew();
        while (node.Status.Any(s => s.OpenDeadlines > 0))
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), string.Join('\n', node.Status));
            _time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Delay(1);
        }
        await over.CancelAsync();
        await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(30));
        await node.StopAsync(TimeSpan.FromSeconds(30));
        return latency;
    }

    static async Task CallAsync(EngineNode node, int caller, Latencies latency, CancellationToken over)
    {
        for (var i = 0; !over.IsCancellationRequested; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var answer = await node.AskAsync(ActorId.Sku($"fresh-{caller}-{i % 50}"), new AdjustStock { Reference = $"{i}", LineNumber = 0, Warehouse = "w", Delta = 1, Reason = StockReason.Receiving }, new AskOptions(Tenant: $"{caller}"));
            Assert.Equal(AnswerKind.Reply, answer.Kind);
            latency.Add(Stopwatch.GetElapsedTime(start));
        }
    }

    async Task<EngineNode> OpenAsync(IJournal journal, Limits limits)
    {
        var node = new EngineNode(journal, EngineDomain.Instance, _time, limits: limits);
        await node.OpenAsync();
        return node;
    }

    static ActorId Sku(int sku) => ActorId.Sku($"storm-{sku}");

    static Reserve Reserve(string id, long now) => new()
    {
        ReservationId = id, OrderId = "o", Quantity = 1, Token = new SnapshotClaims(id, 1, 1, null, now, now + 60_000), OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k1",
    };

    long[] Tails() => [.. _store.Parts.Select(p => p.Tail)];

    /// <summary>The frames behind <paramref name="after"/> in which locks ended.</summary>
    List<Portion> Ends(long[] after)
    {
        var portions = new List<Portion>();
        for (var partition = 0; partition < Partitions; partition++)
        {
            foreach (var frame in _store.Parts[partition].Frames.Where(f => f.Sequence > after[partition]))
            {
                var portion = new Portion(partition, frame.Sequence);
                FrameHeader.Visit(frame.Bytes, EngineDomain.Instance, portion);
                if (portion.Ends > 0) portions.Add(portion);
            }
        }
        return portions;
    }

    sealed class Portion(int partition, long sequence) : IFrameVisitor
    {
        public int Partition => partition;
        public long Sequence => sequence;
        public List<string> Ids { get; } = [];
        public int Ends => Ids.Count;
        public int Fresh { get; private set; }

        public void OnEvent(ActorId actor, Event happened)
        {
            if (happened is ReservationReleased released) Ids.Add(released.ReservationId);
            else if (actor.Key.StartsWith("fresh", StringComparison.Ordinal)) Fresh++;
        }

        public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message) { }
        public void OnMark(int sender, long sequence, long number) { }
    }

    /// <summary>Milliseconds, from many threads.</summary>
    sealed class Latencies
    {
        readonly System.Collections.Concurrent.ConcurrentBag<double> _all = [];

        public int Count => _all.Count;
        public double Max => Math.Round(_all.Max(), 1);
        public void Add(TimeSpan time) => _all.Add(time.TotalMilliseconds);
        public double Percentile(double part) => Math.Round(_all.Order().ElementAt((int)(part * (_all.Count - 1))), 2);
    }
}
