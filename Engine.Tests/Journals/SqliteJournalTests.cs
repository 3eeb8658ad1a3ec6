using System.Globalization;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters;
using Engine.Adapters.Journals;
using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Sqlite;
using Engine.Tests.Kernel;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Engine.Tests.Journals;

public sealed class SqliteJournalTests : OrderedJournalContract
{
    readonly TempFolder _folder = new();
    SqliteJournal? _journal;

    SqliteJournalOptions Options => new() { Directory = _folder.File("data"), Partitions = Partitions };

    protected override IJournal Open() => OpenWith(Options);

    protected override IJournal OpenAnother()
    {
        _journal?.Dispose();
        if (Directory.Exists(Options.Directory)) Directory.Delete(Options.Directory, recursive: true);
        return OpenWith(Options);
    }

    SqliteJournal OpenWith(SqliteJournalOptions options)
    {
        _journal?.Dispose();
        return _journal = new SqliteJournal(options);
    }

    public override void Dispose()
    {
        _journal?.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_gathers_during_a_commit_shares_the_next_one()
    {
        using var started = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var journal = OpenWith(Options with
        {
            AtStep = step =>
            {
                if (step != WriteStep.Committing) return;
                started.Set();
                go.Wait();
            },
        });
        var epochs = Enumerable.Range(0, Partitions).Select(partition => journal.Acquire(partition, "a").Epoch).ToArray();

        var first = TestWrite.OfFrame(0, epochs[0], 1);
        journal.Submit(first);
        started.Wait();
        var others = Enumerable.Range(1, 200).Select(i => TestWrite.OfFrame(i % Partitions, epochs[i % Partitions], i / Partitions + 1)).ToList();
        foreach (var write in others) journal.Submit(write);
        Assert.Equal(0, journal.Transactions);
        go.Set();

        Assert.Equal(WriteOutcome.Durable, await first.Done);
        foreach (var write in others) Assert.Equal(WriteOutcome.Durable, await write.Done);
        Assert.Equal(2, journal.Transactions);
        Assert.Equal(201, journal.DurableWrites);
    }

    [Fact]
    public async Task A_large_segment_is_written_in_parts_between_which_others_become_durable()
    {
        using var go = new ManualResetEventSlim();
        var journal = OpenWith(Options with { AtStep = step => go.Wait() });
        var epoch = journal.Acquire(0, "a").Epoch;
        var isFirst = false;
        var whole = LargeCheckpoint(epoch);
        var frame = TestWrite.OfFrame(0, epoch, 1, TestWrite.FrameBytes(0, 1), completing: () => isFirst = !whole.Done.IsCompleted);
        journal.Submit(whole);
        journal.Submit(frame);
        go.Set();
        Assert.Equal(WriteOutcome.Durable, await whole.Done);
        Assert.Equal(WriteOutcome.Durable, await frame.Done);
        Assert.True(isFirst);
        Assert.Equal(whole.SegmentBytes.ToArray(), journal.ReadSegment(0, 7, 0, whole.SegmentBytes.Length));
        Assert.Equal(whole.Checkpoint, journal.ReadCheckpoint(0));
    }

    [Fact]
    public async Task A_kill_between_the_parts_of_a_segment_leaves_nothing_that_anybody_refers_to_and_its_number_to_be_used_again()
    {
        var parts = 0;
        using var killed = new TempFolder();
        var journal = OpenWith(Options with
        {
            // Between the second part's commit and the third: what a kill would leave there.
            AtStep = step =>
            {
                if (step != WriteStep.Committed || ++parts != 3) return;
                Directory.CreateDirectory(killed.File("data"));
                foreach (var file in Directory.GetFiles(Options.Directory, "*.db*")) File.Copy(file, Path.Combine(killed.File("data"), Path.GetFileName(file)));
            },
        });
        var epoch = journal.Acquire(0, "a").Epoch;
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, epoch, 1)));
        Assert.Equal(WriteOutcome.Durable, await journal.Write(LargeCheckpoint(epoch)));

        var reopened = OpenWith(Options with { Directory = killed.File("data") });
        Assert.Null(reopened.ReadCheckpoint(0));
        var lease = reopened.Acquire(0, "a");
        Assert.Equal(1, lease.LastSequence);
        var whole = LargeCheckpoint(lease.Epoch);
        Assert.Equal(WriteOutcome.Durable, await reopened.Write(whole));
        Assert.Equal(whole.SegmentBytes.ToArray(), reopened.ReadSegment(0, 7, 0, whole.SegmentBytes.Length));
        Assert.Throws<InvalidDataException>(() => reopened.ReadSegment(0, 7, 0, whole.SegmentBytes.Length + 1));
        Assert.Equal(whole.Checkpoint, reopened.ReadCheckpoint(0));
    }

    [Fact]
    public async Task Of_a_segment_in_parts_nothing_counts_for_an_owner_that_is_none_any_more()
    {
        var journal = OpenWith(Options);
        var late = LargeCheckpoint(journal.Acquire(0, "a").Epoch);
        var epoch = journal.Acquire(0, "b").Epoch;
        Assert.Equal(WriteOutcome.Refused, await journal.Write(late));
        Assert.Null(journal.ReadCheckpoint(0));
        Assert.Equal(WriteOutcome.Durable, await journal.Write(LargeCheckpoint(epoch)));
    }

    static TestWrite LargeCheckpoint(long epoch) => new()
    {
        Partition = 0, Epoch = epoch, Segment = 7, SegmentBytes = TestWrite.FrameBytes(0, 7, (3 * SegmentPart.BytesMax) + 1000), Checkpoint = [1, 2, 3],
    };

    [Fact]
    public async Task A_group_is_bounded_in_bytes()
    {
        using var go = new ManualResetEventSlim();
        var journal = OpenWith(Options with { GroupBytesMax = 1000, AtStep = step => go.Wait() });
        var epoch = journal.Acquire(0, "a").Epoch;
        var writes = Enumerable.Range(1, 21).Select(i => TestWrite.OfFrame(0, epoch, i, new byte[400])).ToList();
        foreach (var write in writes) journal.Submit(write);
        go.Set();
        foreach (var write in writes) Assert.Equal(WriteOutcome.Durable, await write.Done);
        Assert.InRange(journal.Transactions, 7, 8);
    }

    [Fact]
    public void A_second_engine_on_the_same_folder_is_refused_and_told_who_has_it()
    {
        Open();
        var refused = Assert.Throws<StartupException>(() => new SqliteJournal(Options));
        Assert.Contains(Options.Directory, refused.Message);
        Assert.Contains($"pid {Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}", refused.Message);

        _journal!.Dispose();
        Open().Acquire(0, "a");
    }

    [Fact]
    public void A_store_of_a_newer_format_is_refused()
    {
        Open();
        _journal!.Dispose();
        using (var connection = new SqliteConnection($"Data Source={StoreFile.PathIn(Options.Directory)};Pooling=False"))
        {
            connection.Open();
            SqliteFile.Execute(connection, $"UPDATE meta SET format={Sql.Format + 1}");
        }

        Assert.Contains($"format {Sql.Format + 1}", Assert.Throws<StartupException>(() => new SqliteJournal(Options)).Message);
        Assert.Contains($"format {Sql.Format + 1}", Assert.Throws<StartupException>(() => new SqliteReader(Options.Directory)).Message);
        // The refusal has let go of the folder.
        StoreLock.Take(Options.Directory, TimeProvider.System).Dispose();
    }

    [Fact]
    public void A_file_that_is_no_store_is_refused()
    {
        Directory.CreateDirectory(Options.Directory);
        File.WriteAllText(StoreFile.PathIn(Options.Directory), new string('x', 10_000));
        Assert.Throws<StartupException>(() => new SqliteJournal(Options));
        Assert.ThrowsAny<Exception>(() => new SqliteReader(Options.Directory));
        Assert.Throws<StoreUnavailableException>(() => new SqliteReader(_folder.File("nowhere")));
    }

    [Fact]
    public void A_store_keeps_the_partitions_it_was_made_with()
    {
        Open();
        Assert.Equal(Partitions, OpenWith(Options with { Partitions = 32 }).Partitions);
    }

    [Fact]
    public async Task A_store_can_be_read_beside_a_running_engine_and_without_one()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        var write = TestWrite.OfFrame(0, epoch, 1);
        write.Keys.Add([5]);
        await journal.Write(write);

        using (var beside = new SqliteReader(Options.Directory))
        {
            Assert.Single(beside.ReadFrames(0, 0));
            await journal.Write(TestWrite.OfFrame(0, epoch, 2));
            Assert.Equal(2, beside.ReadFrames(0, 0).Count());
        }
        journal.Dispose();
        using var alone = new SqliteReader(Options.Directory);
        Assert.Equal(Partitions, alone.Partitions);
        Assert.Equal(2, alone.ReadFrames(0, 0).Count());
        Assert.Equal([5], alone.ReadKey(0, new KeyRef(1, 0)));
    }

    [Fact]
    public async Task The_store_of_a_killed_engine_can_be_read_and_goes_on()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        for (var sequence = 1; sequence <= 20; sequence++) await journal.Write(TestWrite.OfFrame(0, epoch, sequence));

        // The files as they are at this moment are those of an engine that was killed.
        using var killed = new TempFolder();
        foreach (var file in Directory.GetFiles(Options.Directory, "journal.db*"))
            File.Copy(file, killed.File(Path.GetFileName(file)));

        using (var reader = new SqliteReader(killed.Path))
            Assert.Equal(20, reader.ReadFrames(0, 0).Count());
        using var restarted = new SqliteJournal(Options with { Directory = killed.Path });
        Assert.Equal(new Lease(epoch + 1, 20), restarted.Acquire(0, "b"));
    }

    [Fact]
    public async Task The_journals_thread_can_not_wait_for_itself()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        var caught = new TaskCompletionSource<Exception>();
        journal.Submit(new CallbackWrite(() =>
        {
            try
            {
                journal.Acquire(0, "a");
            }
            catch (InvalidOperationException e)
            {
                caught.SetResult(e);
            }
        })
        { Partition = 0, Epoch = epoch, Sequence = 1 });
        Assert.Contains("wait for itself", (await caught.Task).Message);
    }

    [Fact]
    public async Task What_was_submitted_is_carried_out_before_the_journal_ends()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        var writes = Enumerable.Range(1, 50).Select(i => TestWrite.OfFrame(0, epoch, i)).ToList();
        foreach (var write in writes) journal.Submit(write);
        journal.Dispose();
        foreach (var write in writes) Assert.Equal(WriteOutcome.Durable, await write.Done);
        Assert.Throws<ObjectDisposedException>(() => journal.Submit(TestWrite.OfFrame(0, epoch, 51)));
        Assert.Throws<ObjectDisposedException>(() => journal.ReadCheckpoint(0));
    }

    sealed class CallbackWrite(Action completed) : JournalWrite
    {
        public override void Complete(WriteOutcome outcome) => completed();
    }
}
