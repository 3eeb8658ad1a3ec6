using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>What every journal must do. An implementation is done when it inherits this and passes.</summary>
public abstract class JournalContract : IDisposable
{
    protected const int Partitions = 4;

    /// <summary>Opens the journal of this test, the same store every time, closing it first where it is open.</summary>
    protected abstract IJournal Open();

    /// <summary>A journal on a new store, beside the one of this test.</summary>
    protected abstract IJournal OpenAnother();

    public abstract void Dispose();

    [Fact]
    public void A_new_journal_is_empty()
    {
        var journal = Open();
        Assert.Equal(Partitions, journal.Partitions);
        Assert.True(journal.IsWritable);
        Assert.Equal(new Lease(1, 0), journal.Acquire(3, "a"));
        Assert.Empty(journal.ReadFrames(3, 0));
        Assert.Null(journal.ReadCheckpoint(3));
        Assert.Null(journal.ReadKey(3, new KeyRef(1, 0)));
        Assert.Throws<InvalidDataException>(() => journal.ReadSegment(3, 1, 0, 0));
    }

    [Fact]
    public async Task Frames_come_back_whole_and_in_order()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        for (var sequence = 1; sequence <= 600; sequence++)
            journal.Submit(TestWrite.OfFrame(0, epoch, sequence));
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, epoch, 601)));

        var frames = journal.ReadFrames(0, 0).ToList();
        Assert.Equal(Enumerable.Range(1, 601).Select(i => (long)i), frames.Select(frame => frame.Sequence));
        Assert.All(frames, frame => Assert.Equal(TestWrite.FrameBytes(0, frame.Sequence), frame.Bytes));
        Assert.Equal([600, 601], journal.ReadFrames(0, 599).Select(frame => frame.Sequence));
        Assert.Empty(journal.ReadFrames(0, 601));
        Assert.Empty(journal.ReadFrames(1, 0));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_frame_that_does_not_follow_the_tail_is_refused(long sequence)
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        foreach (var earlier in new[] { 1, 2, 3 })
            Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, epoch, earlier)));

        Assert.Equal(WriteOutcome.Refused, await journal.Write(TestWrite.OfFrame(0, epoch, sequence, [9])));

        Assert.Equal(3, journal.ReadFrames(0, 0).Count());
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, epoch, 4)));
    }

    [Fact]
    public async Task Who_takes_over_learns_the_tail_and_fences_the_earlier_owner_out()
    {
        var journal = Open();
        var old = journal.Acquire(1, "a");
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(1, old.Epoch, 1)));
        var other = journal.Acquire(2, "a");

        var taken = journal.Acquire(1, "b");
        Assert.Equal(1, taken.LastSequence);
        Assert.True(taken.Epoch > old.Epoch);

        // All at once, so that they may share a transaction.
        var late = TestWrite.OfFrame(1, old.Epoch, 2, [1]);
        var lateWithoutFrame = new TestWrite { Partition = 1, Epoch = old.Epoch, Checkpoint = [1] };
        var next = TestWrite.OfFrame(1, taken.Epoch, 2);
        var unaffected = TestWrite.OfFrame(2, other.Epoch, 1);
        foreach (var write in new[] { late, lateWithoutFrame, next, unaffected }) journal.Submit(write);

        Assert.Equal(WriteOutcome.Refused, await late.Done);
        Assert.Equal(WriteOutcome.Refused, await lateWithoutFrame.Done);
        Assert.Equal(WriteOutcome.Durable, await next.Done);
        Assert.Equal(WriteOutcome.Durable, await unaffected.Done);
        Assert.Equal(TestWrite.FrameBytes(1, 2), journal.ReadFrames(1, 1).Single().Bytes);
        Assert.Null(journal.ReadCheckpoint(1));
    }

    [Fact]
    public async Task Nobody_writes_without_having_taken_the_partition_over()
    {
        var journal = Open();
        Assert.Equal(WriteOutcome.Refused, await journal.Write(TestWrite.OfFrame(0, 1, 1)));
        Assert.Empty(journal.ReadFrames(0, 0));
    }

    [Fact]
    public async Task A_refused_write_leaves_none_of_its_parts()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        Assert.Equal(WriteOutcome.Durable, await journal.Write(Everything(epoch, 1, [7], segment: 1)));

        var refused = Everything(epoch, 3, [8], segment: 2);
        refused.RemovedSegments.Add(1);
        refused.DroppedKeys.Add(new KeyRef(1, 0));
        Assert.Equal(WriteOutcome.Refused, await journal.Write(refused));

        Assert.Single(journal.ReadFrames(0, 0));
        Assert.Null(journal.ReadKey(0, new KeyRef(3, 0)));
        Assert.Equal([7], journal.ReadKey(0, new KeyRef(1, 0)));
        Assert.Equal([7], journal.ReadCheckpoint(0));
        Assert.Equal([7], journal.ReadSegment(0, 1, 0, 1));
        Assert.Throws<InvalidDataException>(() => journal.ReadSegment(0, 2, 0, 1));
    }

    [Fact]
    public async Task All_that_was_durable_is_there_after_a_restart()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        for (var sequence = 1; sequence <= 20; sequence++)
            Assert.Equal(WriteOutcome.Durable, await journal.Write(Everything(epoch, sequence, [(byte)sequence], segment: sequence)));

        journal = Open();
        Assert.Equal(20, journal.ReadFrames(0, 0).Count());
        Assert.Equal([20], journal.ReadCheckpoint(0));
        for (var sequence = 1; sequence <= 20; sequence++)
        {
            Assert.Equal(new[] { (byte)sequence }, journal.ReadKey(0, new KeyRef(sequence, 0)));
            Assert.Equal([(byte)sequence], journal.ReadSegment(0, sequence, 0, 1));
        }
        var lease = journal.Acquire(0, "b");
        Assert.Equal(20, lease.LastSequence);
        Assert.True(lease.Epoch > epoch);
        Assert.Equal(WriteOutcome.Refused, await journal.Write(TestWrite.OfFrame(0, epoch, 21)));
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, lease.Epoch, 21)));
    }

    [Fact]
    public async Task Dropping_a_key_leaves_the_others()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        var write = TestWrite.OfFrame(0, epoch, 1);
        write.Keys.AddRange([[1, 1], [2], [3, 3, 3]]);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(write));

        var drop = new TestWrite { Partition = 0, Epoch = epoch };
        drop.DroppedKeys.AddRange([new KeyRef(1, 1), new KeyRef(1, 9), new KeyRef(77, 0)]);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(drop));
        var again = TestWrite.OfFrame(0, epoch, 2);
        again.DroppedKeys.Add(new KeyRef(1, 1));
        Assert.Equal(WriteOutcome.Durable, await journal.Write(again));

        AssertDropped(journal);
        AssertDropped(Open());

        static void AssertDropped(IJournal journal)
        {
            Assert.Equal([1, 1], journal.ReadKey(0, new KeyRef(1, 0))!);
            Assert.Null(journal.ReadKey(0, new KeyRef(1, 1)));
            Assert.Equal([3, 3, 3], journal.ReadKey(0, new KeyRef(1, 2))!);
            Assert.Null(journal.ReadKey(0, new KeyRef(1, 3)));
            Assert.Null(journal.ReadKey(0, new KeyRef(1, -1)));
        }
    }

    [Fact]
    public async Task Any_part_of_a_segment_can_be_read()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        var bytes = TestWrite.FrameBytes(0, 1, count: 3 * 32 * 1024 + 17);
        await journal.Write(new TestWrite { Partition = 0, Epoch = epoch, Segment = 5, SegmentBytes = bytes });

        var edges = new[] { 0, 1, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 70_000, 3 * 32 * 1024, bytes.Length - 1, bytes.Length };
        foreach (var from in edges)
            foreach (var to in edges.Where(to => to >= from))
                Assert.Equal(bytes[from..to], journal.ReadSegment(0, 5, from, to - from));

        Assert.Throws<InvalidDataException>(() => journal.ReadSegment(0, 5, bytes.Length, 1));
        Assert.Throws<InvalidDataException>(() => journal.ReadSegment(0, 5, 0, bytes.Length + 1));
        Assert.Throws<InvalidDataException>(() => journal.ReadSegment(0, 6, 0, 1));
        Assert.Throws<InvalidDataException>(() => journal.ReadSegment(1, 5, 0, 1));
    }

    [Fact]
    public async Task A_segment_can_be_replaced_and_removed()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        await journal.Write(new TestWrite { Partition = 0, Epoch = epoch, Segment = 1, SegmentBytes = new byte[100_000] });
        await journal.Write(new TestWrite { Partition = 0, Epoch = epoch, Segment = 1, SegmentBytes = new byte[] { 1, 2, 3 } });
        await journal.Write(new TestWrite { Partition = 0, Epoch = epoch, Segment = 2, SegmentBytes = new byte[] { 4 } });
        Assert.Equal([1, 2, 3], journal.ReadSegment(0, 1, 0, 3));
        Assert.Throws<InvalidDataException>(() => journal.ReadSegment(0, 1, 50_000, 1));

        var remove = new TestWrite { Partition = 0, Epoch = epoch };
        remove.RemovedSegments.AddRange([1, 99]);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(remove));
        Assert.Throws<InvalidDataException>(() => journal.ReadSegment(0, 1, 0, 3));
        Assert.Equal([4], journal.ReadSegment(0, 2, 0, 1));
    }

    [Fact]
    public async Task Buffers_may_be_used_again_after_completion()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        var frame = new byte[] { 1, 1 };
        var segment = new byte[] { 2, 2 };
        await journal.Write(new TestWrite { Partition = 0, Epoch = epoch, Sequence = 1, Frame = frame, Segment = 1, SegmentBytes = segment });
        frame.AsSpan().Fill(9);
        segment.AsSpan().Fill(9);

        Assert.Equal([1, 1], journal.ReadFrames(0, 0).Single().Bytes);
        Assert.Equal([2, 2], journal.ReadSegment(0, 1, 0, 2));
    }

    [Fact]
    public async Task Partitions_write_beside_each_other()
    {
        var journal = Open();
        const int Frames = 100;
        await Task.WhenAll(Enumerable.Range(0, Partitions).Select(partition => Task.Run(async () =>
        {
            var epoch = journal.Acquire(partition, "a").Epoch;
            for (var sequence = 1; sequence <= Frames; sequence++)
                Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(partition, epoch, sequence)));
        })));

        for (var partition = 0; partition < Partitions; partition++)
            Assert.Equal(
                Enumerable.Range(1, Frames).Select(sequence => TestWrite.FrameBytes(partition, sequence)),
                journal.ReadFrames(partition, 0).Select(frame => frame.Bytes));
    }

    [Fact]
    public void A_malformed_write_is_misuse()
    {
        var journal = Open();
        var keysWithoutFrame = new TestWrite { Partition = 0, Epoch = 1 };
        keysWithoutFrame.Keys.Add([1]);
        Assert.Throws<ArgumentException>(() => journal.Submit(keysWithoutFrame));
        Assert.Throws<ArgumentException>(() => journal.Submit(TestWrite.OfFrame(Partitions, 1, 1)));
        Assert.Throws<ArgumentException>(() => journal.Submit(TestWrite.OfFrame(0, 1, 0)));
    }

    [Fact]
    public void Outcomes_are_those_of_a_naive_ledger()
    {
        // Steps are (partition, what): take over, or write with the epoch and the place of the tail off by some.
        Prop.ForAll<(byte Partition, byte What)[]>(steps =>
        {
            using var journal = OpenAnother();
            var epochs = new long[Partitions];
            var tails = new long[Partitions];
            var expected = new List<WriteOutcome>();
            var writes = new List<TestWrite>();
            foreach (var (partitionByte, what) in steps)
            {
                var partition = partitionByte % Partitions;
                if (what % 5 == 0)
                {
                    foreach (var write in writes) write.Done.Wait();
                    var lease = journal.Acquire(partition, "x");
                    if (lease != new Lease(++epochs[partition], tails[partition])) return false;
                    continue;
                }
                var epoch = epochs[partition] - (what % 5 == 1 ? 1 : 0);
                var sequence = tails[partition] + (what % 5 == 2 ? 2 : 1);
                var follows = epochs[partition] > 0 && epoch == epochs[partition] && sequence == tails[partition] + 1;
                if (follows) tails[partition]++;
                expected.Add(follows ? WriteOutcome.Durable : WriteOutcome.Refused);
                writes.Add(TestWrite.OfFrame(partition, epoch == 0 ? -1 : epoch, sequence));
                journal.Submit(writes[^1]);
            }
            return expected.SequenceEqual(writes.Select(write => write.Done.Result))
                && Enumerable.Range(0, Partitions).All(partition => journal.ReadFrames(partition, 0).Count() == tails[partition]);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(50));
    }

    static TestWrite Everything(long epoch, long sequence, byte[] content, long segment)
    {
        var write = TestWrite.OfFrame(0, epoch, sequence, content);
        write.Keys.Add(content);
        write.Segment = segment;
        write.SegmentBytes = content;
        write.Checkpoint = content;
        return write;
    }
}
