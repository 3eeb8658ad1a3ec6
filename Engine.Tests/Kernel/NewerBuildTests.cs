using System.Buffers.Binary;
using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Engine.Actors.Verification;
using Engine.Tests.Carts;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>
/// An older build on the journal of a newer one. What it does not know it must not skip: the partition stops at exactly that
/// frame, says what it is, writes nothing, and the others serve.
/// </summary>
public sealed class NewerBuildTests
{
    const byte Newer = 200;

    public static TheoryData<string> Files => GoldenJournalTests.Files;

    [Theory]
    [MemberData(nameof(Files))]
    public void Each_event_type_a_build_does_not_know_stops_it_at_the_first_frame_that_holds_one(string file)
    {
        var golden = GoldenJournalTests.Read(file);
        var firsts = Firsts(golden);
        Assert.True(firsts.Count > 15, "a golden journal should hold something of everything");
        foreach (var (tag, places) in firsts)
        {
            var rig = new EngineRig(golden.Partitions, store: GoldenJournalTests.Store(golden), domain: new OlderDomain(tag, skips: false));
            foreach (var status in rig.Node.Status)
            {
                if (places.TryGetValue(status.Partition, out var frame))
                {
                    Assert.Equal("stopped", status.State);
                    Assert.StartsWith($"partition {status.Partition}, frame {frame}: event type {tag} is not known", status.Fault, StringComparison.Ordinal);
                }
                else Assert.Equal("open", status.State);
                Assert.Equal(golden.Frames[status.Partition].Count, rig.Journal.ReadFrames(status.Partition, 0).Count());
            }
        }
    }

    /// <summary>The mutant: a build that steps over what it does not know never comes to the recorded state.</summary>
    [Fact]
    public async Task A_build_that_skips_an_event_type_is_seen_by_its_state()
    {
        HashSet<byte> skipped = [], seen = [];
        foreach (var golden in GoldenJournalTests.Names.Select(GoldenJournalTests.Read))
        {
            foreach (var tag in Firsts(golden).Keys)
            {
                var rig = new EngineRig(golden.Partitions, store: GoldenJournalTests.Store(golden), domain: new OlderDomain(tag, skips: true));
                skipped.Add(tag);
                if (rig.Node.Status.Any(s => s.State != "open") || (await GoldenJournalTests.Differing(rig, golden)).Any()) seen.Add(tag);
            }
        }
        Assert.Empty(skipped.Except(seen));
    }

    /// <summary>
    /// From one build to the next and back: what the older one wrote is gone on with by this one; the older one, given that journal
    /// again, stops at the first frame that holds what it does not know and writes nothing; and this one goes on once more.
    /// </summary>
    [Fact]
    public void A_journal_goes_from_an_older_build_to_this_one_and_back_and_on()
    {
        var stopped = 0;
        foreach (var golden in GoldenJournalTests.Names.Select(GoldenJournalTests.Read))
        {
            var store = GoldenJournalTests.Store(golden);
            var known = Firsts(golden).Keys.ToHashSet();
            var rig = new EngineRig(golden.Partitions, store: store);
            // The play of a golden may use a token's name twice; nothing may come to that.
            var breach = Breach(rig);
            rig.Time.Advance(TimeSpan.FromDays(30));
            var carts = new CartRig(rig);
            rig.Adjust("mixed", "SH1", 100);
            rig.Place("mixed", ("mixed", 3));
            rig.Pay("mixed");
            carts.Reserve("mixed", ("mixed", 2));
            var expected = rig.Stock("mixed");
            Assert.Equal((95, 2, 3), (expected.Available, expected.Reserved, expected.Committed));
            Assert.Equal(breach, Breach(rig));
            var frames = store.Parts.Select(p => p.Frames.Count).ToArray();

            foreach (var tag in TagsBehind(store, golden).Where(tag => !known.Contains(tag.Tag)).GroupBy(tag => tag.Tag))
            {
                var older = new EngineRig(golden.Partitions, store: store, domain: new OlderDomain(tag.Key, skips: false));
                foreach (var first in tag.GroupBy(t => t.Partition).Select(p => p.MinBy(t => t.Sequence)))
                {
                    var status = older.Node.Status[first.Partition];
                    stopped++;
                    Assert.Equal("stopped", status.State);
                    Assert.StartsWith($"partition {first.Partition}, frame {first.Sequence}: event type {tag.Key} is not known", status.Fault, StringComparison.Ordinal);
                }
                Assert.Equal(frames, store.Parts.Select(p => p.Frames.Count));
            }

            var again = new EngineRig(golden.Partitions, store: store);
            Assert.All(again.Node.Status, s => Assert.Equal("open", s.State));
            Assert.Equal(expected.Available, again.Stock("mixed").Available);
            Assert.Equal(breach, Breach(again));
        }
        Assert.True(stopped > 0, "no golden is older than some event of today");
    }

    static string? Breach(EngineRig rig) => new Verifier(rig.Journal, EngineDomain.Instance, () => new MemoryStream()).Run().First?.ToString();

    /// <summary>The event types of what was written behind a golden journal.</summary>
    static IEnumerable<(byte Tag, int Partition, long Sequence)> TagsBehind(MemoryStore store, GoldenJournalTests.Golden golden)
    {
        for (var partition = 0; partition < golden.Partitions; partition++)
            foreach (var frame in store.Parts[partition].Frames.Skip(golden.Frames[partition].Count))
            {
                var tags = new Tags();
                FrameHeader.Visit(frame.Bytes, EngineDomain.Instance, tags);
                foreach (var tag in tags.Seen) yield return (tag, partition, frame.Sequence);
            }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_newer_frame_layout_or_entry_stops_its_partition_and_is_named(string file)
    {
        var golden = GoldenJournalTests.Read(file);
        for (var partition = 0; partition < golden.Partitions; partition++)
        {
            var last = golden.Frames[partition].Count;
            Stops(golden, partition, last, frame => frame[2] = Newer, $"partition {partition}, frame {last}: frame layout {Newer}; this build reads");
            Stops(golden, partition, last, frame => Entry(frame, Newer), $"partition {partition}, frame {last}: entry of unknown kind {Newer}");
        }
    }

    static void Stops(GoldenJournalTests.Golden golden, int partition, int sequence, Action<byte[]> change, string fault)
    {
        var store = GoldenJournalTests.Store(golden);
        change(store.Parts[partition].Frames[sequence - 1].Bytes);
        var rig = new EngineRig(golden.Partitions, store: store);
        Assert.All(rig.Node.Status, s => Assert.Equal(s.Partition == partition ? "stopped" : "open", s.State));
        Assert.StartsWith(fault, rig.Node.Status[partition].Fault, StringComparison.Ordinal);
        Assert.Equal(sequence, store.Parts[partition].Frames.Count);
    }

    /// <summary>The first entry becomes one of another kind, and the checksum is right again.</summary>
    static void Entry(byte[] frame, byte kind)
    {
        frame[FrameLayout.HeaderLength] = kind;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), FrameLayout.Checksum(frame));
    }

    /// <summary>For each event type, the first frame of each partition that holds one.</summary>
    static SortedDictionary<byte, Dictionary<int, long>> Firsts(GoldenJournalTests.Golden golden)
    {
        var firsts = new SortedDictionary<byte, Dictionary<int, long>>();
        for (var partition = 0; partition < golden.Partitions; partition++)
        {
            for (var i = 0; i < golden.Frames[partition].Count; i++)
            {
                var tags = new Tags();
                FrameHeader.Visit(golden.Frames[partition][i], EngineDomain.Instance, tags);
                foreach (var tag in tags.Seen)
                {
                    if (!firsts.TryGetValue(tag, out var places)) firsts.Add(tag, places = []);
                    places.TryAdd(partition, i + 1);
                }
            }
        }
        return firsts;
    }

    sealed class Tags : IFrameVisitor
    {
        public HashSet<byte> Seen { get; } = [];
        public void OnEvent(ActorId actor, Event happened) => Seen.Add(happened.Tag);
        public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message) { }
        public void OnMark(int sender, long sequence, long number) { }
    }

    /// <summary>A build from before one event type was added: as it is, or one that shrugs.</summary>
    sealed class OlderDomain(byte unknown, bool skips) : IDomain
    {
        public Actor NewActor(ActorId id) => skips ? new ShruggingActor(EngineDomain.Instance.NewActor(id)) : EngineDomain.Instance.NewActor(id);

        public Event NewEvent(byte tag)
        {
            if (tag != unknown) return EngineDomain.Instance.NewEvent(tag);
            return skips ? new Nothing() : throw new InvalidDataException($"event type {tag} is not known to this build: the journal was written by a newer one");
        }

        public Message NewMessage(byte tag) => EngineDomain.Instance.NewMessage(tag);
    }

    sealed class Nothing : Event
    {
        public override byte Tag => Newer;
        public override void Layout(Codec codec) { }
    }

    sealed class ShruggingActor(Actor inner) : Actor(inner.Id)
    {
        public override void Decide(Command command, Turn turn) => inner.Decide(command, turn);
        public override void Evolve(Event happened, in Stamp stamp)
        {
            if (happened is not Nothing) inner.Evolve(happened, stamp);
        }

        public override void Layout(Codec codec) => inner.Layout(codec);
        public override long Deadline => inner.Deadline;
    }
}
