using System.Text.Json;
using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Engine.Actors.Orders;
using Engine.Tests.Carts;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>
/// A journal and snapshots kept from an earlier build pin the layout of both and the meaning of events: whatever is changed,
/// what was written then must read back to the same state. Fields are only ever added at the end of a record, so the newest
/// golden must be written today with the same bytes: who adds a field keeps a new one, by running this class with
/// ENGINE_GOLDEN set to its path (until it is released it may be replaced).
/// </summary>
public sealed class GoldenJournalTests
{
    /// <param name="States">Every actor as that build wrote it into snapshots.</param>
    internal sealed record Golden(int Partitions, SortedDictionary<string, byte[]> States, List<byte[]>[] Frames);

    internal static IEnumerable<string> Names => Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden")).Select(f => Path.GetFileName(f)!);

    public static TheoryData<string> Files => [.. Names];

    [Fact]
    public async Task A_journal_is_kept_when_asked_for()
    {
        var rig = Play();
        var golden = await Keep(rig);
        Assert.All(golden.Frames, Assert.NotEmpty);
        if (Environment.GetEnvironmentVariable("ENGINE_GOLDEN") is { Length: > 0 } path) await File.WriteAllTextAsync(path, JsonSerializer.Serialize(golden));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task What_an_earlier_build_wrote_reads_back_to_the_state_it_had(string file)
    {
        var golden = Read(file);
        Assert.Empty(await Differing(new EngineRig(golden.Partitions, store: Store(golden)), golden));
    }

    [Fact]
    public void What_the_newest_golden_holds_is_written_today_with_the_same_bytes()
    {
        var golden = Read(Names.Max(StringComparer.Ordinal)!);
        for (var partition = 0; partition < golden.Partitions; partition++)
        {
            var previous = default(FrameHash);
            foreach (var bytes in golden.Frames[partition])
            {
                var header = FrameHeader.Read(bytes);
                Assert.Equal(previous, header.Previous);
                var copy = new FrameWriter(partition);
                copy.Begin();
                FrameHeader.Visit(bytes, EngineDomain.Instance, new Copyist(copy));
                Assert.Equal(bytes, copy.Finish(header.Epoch, header.Sequence, header.At, header.Previous).ToArray());
                previous = header.Hash;
            }
        }
        foreach (var (id, snapshot) in golden.States) Assert.Equal(snapshot, WrittenToday(id, snapshot));
    }

    [Fact]
    public void A_frame_has_the_layout_that_is_documented()
    {
        var writer = new FrameWriter(7);
        writer.Begin();
        writer.Mark(sender: 3, sequence: 5, number: 9);
        var frame = writer.Finish(epoch: 2, sequence: 11, at: 1_760_000_000_000, new FrameHash(0x0102030405060708, 0x090a0b0c0d0e0f10)).ToArray();
        var hex = Convert.ToHexString(frame).ToLowerInvariant();
        Assert.Equal("45460300", hex[..8]);
        Assert.Equal("0700" + "0000" + "04000000" + "0200000000000000" + "0b00000000000000" + "00c02cc899010000" + "0102030405060708090a0b0c0d0e0f10" + "03060a12", hex[16..]);
    }

    internal static Golden Read(string file) => JsonSerializer.Deserialize<Golden>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)))!;

    /// <summary>A store with these frames and nothing else.</summary>
    internal static MemoryStore Store(Golden golden)
    {
        var store = new MemoryStore(golden.Partitions);
        using var journal = new MemoryJournal(store, MemoryCompletion.Inline);
        for (var partition = 0; partition < golden.Partitions; partition++)
        {
            var epoch = journal.Acquire(partition, "golden").Epoch;
            long sequence = 0;
            foreach (var frame in golden.Frames[partition])
            {
                var write = new KeptWrite { Partition = partition, Epoch = epoch, Sequence = ++sequence, Frame = frame };
                journal.Submit(write);
                Assert.Equal(WriteOutcome.Durable, write.Outcome);
            }
        }
        return store;
    }

    static async Task<Golden> Keep(EngineRig rig)
    {
        var frames = Enumerable.Range(0, rig.Journal.Partitions).Select(p => rig.Journal.ReadFrames(p, 0).Select(f => f.Bytes).ToList()).ToArray();
        return new Golden(frames.Length, await States(rig), frames);
    }

    static async Task<SortedDictionary<string, byte[]>> States(EngineRig rig)
    {
        var scan = rig.Node.ScanAsync<Actor, Tuple<string, byte[]>>(ActorKind.None, (actor, _) => Tuple.Create(actor.Id.ToString(), Bytes(actor)));
        rig.Settle();
        return new SortedDictionary<string, byte[]>((await scan).ToDictionary(s => s.Item1, s => s.Item2), StringComparer.Ordinal);
    }

    /// <summary>The actors that are not as that build had them.</summary>
    internal static async Task<IEnumerable<string>> Differing(EngineRig rig, Golden golden)
    {
        var replayed = await States(rig);
        var differing = golden.States.Where(s => !replayed.TryGetValue(s.Key, out var today) || !today.AsSpan().SequenceEqual(WrittenToday(s.Key, s.Value)));
        return differing.Select(s => s.Key).Concat(replayed.Keys.Except(golden.States.Keys));
    }

    /// <summary>A snapshot of that build, read by this one and written anew: it has what was added since as well.</summary>
    static byte[] WrittenToday(string id, byte[] snapshot)
    {
        var actor = EngineDomain.Instance.NewActor(IdOf(id));
        actor.Layout(Codec.Reader(snapshot));
        return Bytes(actor);
    }

    static byte[] Bytes(Actor actor)
    {
        var codec = Codec.Writer();
        actor.Layout(codec);
        return codec.Written.ToArray();
    }

    /// <summary>From the way an id shows itself: Kind/Key.</summary>
    static ActorId IdOf(string shown) => new(Enum.Parse<ActorKind>(shown[..shown.IndexOf('/')]), shown[(shown.IndexOf('/') + 1)..]);

    /// <summary>A day with something of everything.</summary>
    internal static EngineRig Play()
    {
        var rig = new EngineRig(2);
        rig.Warehouse("SH1", 31.2, 121.5);
        rig.Warehouse("GZ1", 23.1, 113.3);
        rig.Adjust("A", "SH1", 10);
        rig.Adjust("B", "GZ1", 6);
        rig.Place("paid", ("A", 2), ("B", 1));
        rig.Pay("paid");
        foreach (var step in new[] { MicroState.Picking, MicroState.Packed, MicroState.Shipped, MicroState.Delivered })
            rig.Send("paid", step: new StepFact { Step = step, Role = StepRole.Warehouse, Operator = "li", Carrier = "sf", TrackingNumber = "SF1" });
        rig.Place("short", ("A", 20));
        rig.Place("unknown", ("NEW", 1));
        rig.Cancel("early");
        rig.Place("early", ("A", 1));
        rig.Place("refund", ("A", 3), ("B", 2));
        rig.Pay("refund", 60, reference: "p1");
        rig.Pay("refund", 40, reference: "p2");
        rig.Cancel("refund", ("1", 1));
        rig.Cancel("refund");
        rig.Send("refund", refund: new RefundFact { Reference = "r", Status = RefundProgress.Succeeded, Full = true, Amount = PaymentFact.Whole });
        rig.Place("expires", ("B", 1));
        rig.Pay("expires", status: PayStatus.Started, reference: "slow");
        rig.Pass(TimeSpan.FromMinutes(46));
        rig.Pay("expires", reference: "slow");
        rig.Ask(ActorId.Sku("A"), new ConfigureSku { By = "admin", Name = "scarf", SafetyStock = 1, Aliases = [new AliasKey("test", "shop", "77")] });
        rig.Ask(ActorId.Sku("A"), new Reserve
        {
            ReservationId = "r1", OrderId = "o1", Quantity = 1, Token = new SnapshotClaims("t1", 1, 1, null, rig.Now, rig.Now + 60_000), OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k1",
        });
        rig.Adjust("A", "SH1", -9, StockReason.Damage);
        rig.Adjust("A", "SH1", 40, by: "admin");
        rig.Adjust("NEW", "GZ1", 2);
        rig.Place("by alias", ("77", 1));
        var onDelivery = rig.Order(("A", 1), ("B", 90));
        onDelivery.CashOnDelivery = true;
        rig.Send("committed in part", onDelivery);
        rig.Place("paid again", ("A", 1));
        rig.Pay("paid again", 50);
        rig.Send("paid again", refund: new RefundFact { Reference = "r", Status = RefundProgress.Succeeded, Full = true, Amount = PaymentFact.Whole, At = rig.Now });
        rig.Pass(TimeSpan.FromSeconds(1));
        rig.Pay("paid again", 50, reference: "p2");
        PlayCarts(rig, new CartRig(rig));
        rig.Ask(ActorId.Reference("call/1"), new ClaimReference { Body = 7 });
        rig.Ask(ActorId.Reference("call/1"), new KeepAnswer { Answer = [1, 2, 3] });
        return rig;
    }

    static void PlayCarts(EngineRig rig, CartRig carts)
    {
        rig.Ask(ActorId.Sku("SET"), new ConfigureSku { Bundle = [new BundlePart { Sku = "A", Quantity = 1 }, new BundlePart { Sku = "B", Quantity = 2 }] });
        rig.Place("set", ("SET", 1));
        rig.Pay("set");
        carts.Reserve("ships", ("A", 2), ("SET", 1));
        carts.Change("ships", ReservationChange.Paying);
        carts.Change("ships", ReservationChange.Commit);
        carts.Change("ships", ReservationChange.Ship);
        carts.Reserve("refused", ("SET", 90), ("A", 1));
        carts.Reserve("lapses", ("A", 1));
        rig.Pass(TimeSpan.FromMinutes(16));
        carts.ReserveBundle("SET", "open", 1);
        rig.Adjust("A", "SH1", 10);
        carts.Reserve("holds", ("A", 1));
        carts.Reserve("committed", ("A", 2));
        carts.Change("committed", ReservationChange.Commit);
        // Carts that stand in each other's way: of some pair each gets one half first, and both ask again one by one.
        for (var pair = 0; pair < 8; pair++)
        {
            var (x, y) = ($"X{pair}", $"Y{pair}");
            rig.Adjust(x, "SH1", 1);
            rig.Adjust(y, "SH1", 1);
            _ = carts.Begin($"this {pair}", (x, 1), (y, 1));
            _ = carts.Begin($"that {pair}", (y, 1), (x, 1));
            rig.Settle();
            rig.Pass(TimeSpan.FromSeconds(5));
        }
    }

    sealed class KeptWrite : JournalWrite
    {
        public WriteOutcome? Outcome { get; private set; }
        public override void Complete(WriteOutcome outcome) => Outcome = outcome;
    }

    sealed class Copyist(FrameWriter writer) : IFrameVisitor
    {
        public void OnEvent(ActorId actor, Event happened) => writer.Event(actor, happened);
        public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message) => writer.Message(from, to, partition, number, message);
        public void OnMark(int sender, long sequence, long number) => writer.Mark(sender, sequence, number);
        public void OnDecision(Cause cause, ActorId sender) => writer.Decision(cause, sender);
    }
}
