using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Engine.Adapters.Journals;
using Xunit;

namespace Engine.Tests.Cluster;

/// <summary>A store that comes back without what was acknowledged is found out, and named; the mutant is a node that keeps no record.</summary>
public sealed class TailTests
{
    static async Task<EngineNode> OpenAsync(IJournal journal, ITailRecord? tails)
    {
        var node = new EngineNode(journal, EngineDomain.Instance, TimeProvider.System) { Tails = tails };
        await node.OpenAsync();
        return node;
    }

    static async Task BookAsync(EngineNode node, int times)
    {
        for (var i = 0; i < times; i++)
            Assert.Equal(AnswerKind.Reply, (await node.AskAsync(ActorId.Sku("A"), new AdjustStock { Reference = $"{i}", LineNumber = 0, Warehouse = "w", Delta = 1, Reason = StockReason.Receiving })).Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_lost_its_tail_is_not_believed(bool keepsRecord)
    {
        using var folder = new TempFolder();
        using var tails = new TailFile(folder.File("acknowledged"), 1);
        using (var journal = new MemoryJournal(new MemoryStore(1)))
        {
            await using var node = await OpenAsync(journal, tails);
            await BookAsync(node, 3);
        }
        // Another store in its place, as an asynchronous standby would be: the first of the frames, and not the rest.
        using var standby = new MemoryJournal(new MemoryStore(1));
        await using (var before = await OpenAsync(standby, null)) await BookAsync(before, 1);
        await using var again = await OpenAsync(standby, keepsRecord ? tails : null);
        var status = Assert.Single(again.Status);
        Assert.Equal(keepsRecord ? "stopped" : "open", status.State);
        if (keepsRecord) Assert.Contains("the store has lost its tail", status.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "the store has lost its tail")]
    [InlineData(false, "another owner has taken the partition over")]
    public async Task A_lone_engine_that_is_refused_tells_a_lost_tail_from_another_owner(bool losesTail, string fault)
    {
        var store = new MemoryStore(1);
        using var journal = new MemoryJournal(store);
        await using var node = await OpenAsync(journal, null);
        await BookAsync(node, 3);
        if (losesTail) store.Parts[0].Frames.RemoveAt(store.Parts[0].Frames.Count - 1);
        else journal.Acquire(0, "another");
        Assert.NotEqual(AnswerKind.Reply, (await node.AskAsync(ActorId.Sku("B"), new AdjustStock { Reference = "b", LineNumber = 0, Warehouse = "w", Delta = 1, Reason = StockReason.Receiving })).Kind);
        while (node.Status[0].State == "open") await Task.Delay(10);
        Assert.Contains(fault, node.Status[0].Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_has_all_of_it_opens()
    {
        using var folder = new TempFolder();
        var store = new MemoryStore(1);
        using (var tails = new TailFile(folder.File("acknowledged"), 1))
        {
            using var journal = new MemoryJournal(store);
            await using var node = await OpenAsync(journal, tails);
            await BookAsync(node, 3);
        }
        using var read = new TailFile(folder.File("acknowledged"), 1);
        Assert.True(read.Read(0)!.Value.Sequence >= 3);
        using var same = new MemoryJournal(store);
        await using var again = await OpenAsync(same, read);
        Assert.Equal("open", again.Status[0].State);
    }

    [Fact]
    public void A_record_that_was_torn_says_nothing()
    {
        using var folder = new TempFolder();
        using (var tails = new TailFile(folder.File("acknowledged"), 2)) tails.Write(1, 7, new FrameHash(1, 2));
        var bytes = File.ReadAllBytes(folder.File("acknowledged"));
        bytes[^20] ^= 1;
        File.WriteAllBytes(folder.File("acknowledged"), bytes);
        using var torn = new TailFile(folder.File("acknowledged"), 2);
        Assert.Null(torn.Read(1));
        Assert.Null(torn.Read(0));
    }
}
