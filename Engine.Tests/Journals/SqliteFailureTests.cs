using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Journals;
using Engine.Adapters.Journals.Sqlite;
using Engine.Tests.Kernel;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Engine.Tests.Journals;

/// <summary>
/// What becomes of writes when the store fails. A full disk is a store that may not grow; a read-only one is a connection
/// that may not write; failures of the commit itself are raised at the named step.
/// </summary>
public sealed class SqliteFailureTests : IDisposable
{
    const string Full = "PRAGMA max_page_count=1";
    const string Roomy = "PRAGMA max_page_count=1000000";

    readonly TempFolder _folder = new();
    readonly ManualTime _time = new();
    SqliteJournal? _journal;
    Action<WriteStep>? _atStep;

    SqliteJournal Open(string name = "data")
    {
        _journal?.Dispose();
        return _journal = new SqliteJournal(new SqliteJournalOptions
        {
            Directory = _folder.File(name),
            Partitions = 3,
            TimeProvider = _time,
            AtStep = step => _atStep?.Invoke(step),
        });
    }

    public void Dispose()
    {
        _journal?.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_disk_that_is_full_at_any_append_leaves_nothing_half_written_and_heals_without_a_restart()
    {
        for (var n = 0; n < 30; n++)
        {
            var journal = Open($"full-{n}");
            var epoch = journal.Acquire(0, "a").Epoch;
            var tail = 0L;
            while (tail < n) Assert.Equal(WriteOutcome.Durable, await journal.Write(WithAllParts(epoch, ++tail)));

            journal.Execute(Full);
            WriteOutcome outcome;
            while ((outcome = await journal.Write(WithAllParts(epoch, tail + 1))) == WriteOutcome.Durable) tail++;
            Assert.Equal(WriteOutcome.Failed, outcome);
            Assert.False(journal.IsWritable);
            Assert.NotNull(journal.Trouble);
            AssertHolds(journal, tail);

            _time.Advance(TimeSpan.FromSeconds(1));
            journal.Execute(Full);
            Assert.False(journal.IsWritable);

            journal.Execute(Roomy);
            _time.Advance(TimeSpan.FromSeconds(1));
            journal.Execute(Roomy);
            Assert.True(journal.IsWritable);
            Assert.Equal(WriteOutcome.Durable, await journal.Write(WithAllParts(epoch, ++tail)));
            AssertHolds(journal, tail);

            AssertHolds(Open($"full-{n}"), tail);
            AssertSound($"full-{n}");
        }
    }

    [Fact]
    public async Task Who_waits_for_a_full_disk_to_have_room_can_write_as_soon_as_it_has()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        journal.Execute(Full);
        Assert.Equal(WriteOutcome.Failed, await journal.Write(TestWrite.OfFrame(0, epoch, 1, new byte[100_000])));
        Assert.False(journal.IsWritable);
        journal.Execute(Roomy);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, epoch, 1, new byte[100_000])));
        Assert.True(journal.IsWritable);
    }

    [Fact]
    public async Task A_write_too_large_for_the_store_does_not_fail_the_others_of_its_group()
    {
        var journal = Open();
        var epochs = Enumerable.Range(0, 3).Select(partition => journal.Acquire(partition, "a").Epoch).ToArray();
        journal.Execute("PRAGMA max_page_count=60");
        using var go = new ManualResetEventSlim();
        _atStep = _ => go.Wait();

        var first = TestWrite.OfFrame(0, epochs[0], 1);
        var small = TestWrite.OfFrame(0, epochs[0], 2);
        var large = TestWrite.OfFrame(1, epochs[1], 1);
        large.Segment = 1;
        large.SegmentBytes = new byte[1_000_000];
        var other = TestWrite.OfFrame(2, epochs[2], 1);
        foreach (var write in new[] { first, small, large, other }) journal.Submit(write);
        go.Set();

        Assert.Equal(WriteOutcome.Durable, await first.Done);
        Assert.Equal(WriteOutcome.Durable, await small.Done);
        Assert.Equal(WriteOutcome.Failed, await large.Done);
        Assert.Equal(WriteOutcome.Durable, await other.Done);
        Assert.Empty(journal.ReadFrames(1, 0));
    }

    [Fact]
    public async Task A_read_only_store_fails_writes_answers_reads_and_heals_without_a_restart()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        Assert.Equal(WriteOutcome.Durable, await journal.Write(WithAllParts(epoch, 1)));

        journal.Execute("PRAGMA query_only=ON");
        Assert.Equal(WriteOutcome.Failed, await journal.Write(WithAllParts(epoch, 2)));
        Assert.Throws<StoreUnavailableException>(() => journal.Acquire(0, "a"));
        AssertHolds(journal, 1);
        _time.Advance(TimeSpan.FromSeconds(3));
        journal.Execute("PRAGMA query_only=ON");
        Assert.False(journal.IsWritable);

        journal.Execute("PRAGMA query_only=OFF");
        _time.Advance(TimeSpan.FromSeconds(1));
        journal.Execute("PRAGMA query_only=OFF");
        Assert.True(journal.IsWritable);
        Assert.Null(journal.Trouble);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(WithAllParts(epoch, 2)));
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_found_to_be_durable()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        FailOnce(WriteStep.Committed);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(WithAllParts(epoch, 1)));
        Assert.True(journal.IsWritable);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(WithAllParts(epoch, 2)));
        AssertHolds(Open(), 2);
    }

    [Fact]
    public async Task A_commit_that_fails_and_leaves_nothing_is_found_to_have_failed()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        FailOnce(WriteStep.Committing);
        Assert.Equal(WriteOutcome.Failed, await journal.Write(WithAllParts(epoch, 1)));
        AssertHolds(journal, 0);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(WithAllParts(epoch, 1)));
        AssertHolds(Open(), 1);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task What_was_submitted_behind_a_commit_that_failed_fails_with_it_and_not_behind_one_that_was_made(bool wasCommitted)
    {
        var journal = Open();
        var streak = journal.Streak;
        TestWrite[] writes = [.. Enumerable.Range(0, 3).Select(partition => TestWrite.OfFrame(partition, journal.Acquire(partition, "a").Epoch, 1))];
        foreach (var write in writes) write.Streak = streak;
        using var started = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        _atStep = step =>
        {
            if (step != (wasCommitted ? WriteStep.Committed : WriteStep.Committing)) return;
            _atStep = null;
            started.Set();
            go.Wait();
            throw Broken();
        };
        journal.Submit(writes[0]);
        started.Wait();
        // These are of later transactions, in which nothing is wrong.
        journal.Submit(writes[1]);
        journal.Submit(writes[2]);
        go.Set();

        foreach (var write in writes) Assert.Equal(wasCommitted ? WriteOutcome.Durable : WriteOutcome.Failed, await write.Done);
        Assert.Equal(streak + (wasCommitted ? 0 : 1), journal.Streak);
        Assert.Equal(wasCommitted ? 3 : 0, Enumerable.Range(0, 3).Sum(partition => journal.ReadFrames(partition, 0).Count()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_that_can_not_be_settled_is_unknown_until_the_partition_is_taken_over(bool wasCommitted)
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        _atStep = step =>
        {
            if (step == (wasCommitted ? WriteStep.Committed : WriteStep.Committing) || step == WriteStep.Settling) throw Broken();
        };
        Assert.Equal(WriteOutcome.Unknown, await journal.Write(WithAllParts(epoch, 1)));
        Assert.False(journal.IsWritable);

        _atStep = null;
        var lease = journal.Acquire(0, "a");
        Assert.Equal(wasCommitted ? 1 : 0, lease.LastSequence);
        AssertHolds(journal, lease.LastSequence);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(WithAllParts(lease.Epoch, lease.LastSequence + 1)));
    }

    [Fact]
    public async Task A_commit_for_which_there_is_no_room_has_failed_without_further_proof()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        _atStep = step =>
        {
            if (step != WriteStep.Written) throw new SqliteException("database or disk is full", SQLitePCL.raw.SQLITE_FULL);
        };
        Assert.Equal(WriteOutcome.Failed, await journal.Write(WithAllParts(epoch, 1)));
        _atStep = null;
        AssertHolds(journal, 0);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(WithAllParts(epoch, 1)));
    }

    [Fact]
    public async Task Without_a_frame_to_look_for_a_failed_commit_is_unknown()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        FailOnce(WriteStep.Committed);
        Assert.Equal(WriteOutcome.Unknown, await journal.Write(new TestWrite { Partition = 0, Epoch = epoch, Checkpoint = [1] }));
    }

    [Fact]
    public async Task A_disk_that_is_full_at_any_part_of_a_segment_fails_all_of_it_and_once()
    {
        for (var part = 1; part <= 3; part++)
        {
            var journal = Open($"part-{part}");
            var epoch = journal.Acquire(0, "a").Epoch;
            await journal.Write(WithAllParts(epoch, 1));
            var steps = 0;
            _atStep = step =>
            {
                if (step != WriteStep.Written || ++steps < part) return;
                throw new SqliteException("database or disk is full", SQLitePCL.raw.SQLITE_FULL);
            };
            Assert.Equal(WriteOutcome.Failed, await journal.Write(LargeCheckpoint(epoch)));
            _atStep = null;
            _time.Advance(TimeSpan.FromSeconds(1));
            journal.Execute(Roomy);
            AssertHolds(journal, 1);

            var again = LargeCheckpoint(epoch);
            Assert.Equal(WriteOutcome.Durable, await journal.Write(again));
            Assert.Equal(again.SegmentBytes.ToArray(), journal.ReadSegment(0, 7, 0, again.SegmentBytes.Length));
            AssertSound($"part-{part}");
        }
    }

    static TestWrite LargeCheckpoint(long epoch) => new()
    {
        Partition = 0, Epoch = epoch, Segment = 7, SegmentBytes = TestWrite.FrameBytes(0, 7, (2 * SegmentPart.BytesMax) + 1000), Checkpoint = [1, 2, 3],
    };

    [Fact]
    public async Task A_refusal_stays_one_when_the_commit_of_its_group_fails()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        using var go = new ManualResetEventSlim();
        var commits = 0;
        _atStep = step =>
        {
            go.Wait();
            if (step == WriteStep.Committed && ++commits == 2) throw Broken();
        };
        var first = TestWrite.OfFrame(1, journal.Acquire(1, "a").Epoch, 1);
        var refused = TestWrite.OfFrame(0, epoch, 2);
        var durable = TestWrite.OfFrame(0, epoch, 1);
        foreach (var write in new[] { first, refused, durable }) journal.Submit(write);
        go.Set();
        Assert.Equal(WriteOutcome.Refused, await refused.Done);
        Assert.Equal(WriteOutcome.Durable, await durable.Done);
    }

    void FailOnce(WriteStep at) => _atStep = step =>
    {
        if (step != at) return;
        _atStep = null;
        throw Broken();
    };

    static SqliteException Broken() => new("disk I/O error", SQLitePCL.raw.SQLITE_IOERR);

    /// <summary>A write of some 20 KiB that touches every table.</summary>
    static TestWrite WithAllParts(long epoch, long sequence)
    {
        var write = TestWrite.OfFrame(0, epoch, sequence, TestWrite.FrameBytes(0, sequence, 500 + (int)(sequence * 997 % 12_000)));
        write.Keys.Add(TestWrite.FrameBytes(1, sequence, 61));
        if (sequence > 1) write.DroppedKeys.Add(new KeyRef(sequence - 1, 0));
        write.Segment = sequence;
        write.SegmentBytes = TestWrite.FrameBytes(2, sequence, 9_000);
        write.RemovedSegments.Add(sequence - 1);
        write.Checkpoint = [(byte)sequence];
        return write;
    }

    /// <summary>All parts of the writes up to <paramref name="tail"/> and none behind it.</summary>
    static void AssertHolds(SqliteJournal journal, long tail)
    {
        Assert.Equal(tail, journal.ReadFrames(0, 0).Count());
        Assert.Equal(tail == 0 ? null : [(byte)tail], journal.ReadCheckpoint(0));
        for (var sequence = 1; sequence <= tail + 1; sequence++)
        {
            var key = new KeyRef(sequence, 0);
            if (sequence == tail)
            {
                Assert.Equal(TestWrite.FrameBytes(1, sequence, 61), journal.ReadKey(0, key));
                Assert.Equal(TestWrite.FrameBytes(2, sequence, 9_000), journal.ReadSegment(0, sequence, 0, 9_000));
            }
            else
            {
                Assert.Null(journal.ReadKey(0, key));
                Assert.Throws<InvalidDataException>(() => journal.ReadSegment(0, sequence, 0, 1));
            }
        }
    }

    void AssertSound(string name)
    {
        using var connection = StoreFile.OpenForReading(_folder.File(name));
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        Assert.Equal("ok", command.ExecuteScalar());
    }
}
