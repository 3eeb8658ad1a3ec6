using Engine.Actors;
using Engine.Actors.Kernel;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Archives;
using Engine.Adapters.Journals.Sqlite;
using Engine.Tests.Verifying;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Engine.Tests.Journals;

/// <summary>Frames that were moved to archives are read like those that were not, whatever interrupts the moving.</summary>
public sealed class ArchiveTests : IDisposable
{
    const int Partitions = 2;
    const long Everything = long.MaxValue;

    readonly TempFolder _folder = new();

    string Data => _folder.File("data");

    SqliteJournal Open() => new(new SqliteJournalOptions { Directory = Data, Partitions = Partitions });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Archived_frames_are_read_back_from_every_place_and_the_journal_verifies()
    {
        using var journal = Open();
        await SmallShop.Run(journal, 300);
        var before = All(journal);
        var report = journal.Archive(Everything);
        Assert.True(report.Frames > 20 && report.Files == Partitions, $"{report}");
        Assert.True(report.PackedBytes < report.Bytes / 2, $"{report}");
        Assert.Equal(before.Sum(p => p.Count) - report.Frames, Rows("SELECT count(*) FROM journal"));
        for (var partition = 0; partition < Partitions; partition++)
            for (var after = 0; after <= before[partition].Count; after += 7) AssertSame(before[partition].Skip(after), journal.ReadFrames(partition, after));
        Assert.Equal(0, journal.Archive(Everything).Frames);
        AssertVerifies();
    }

    [Fact]
    public async Task The_engine_goes_on_where_frames_were_archived_and_archives_again()
    {
        for (var round = 0; round < 3; round++)
        {
            using var journal = Open();
            await SmallShop.Run(journal, 60 + round);
            Assert.True(journal.Archive(Everything).Frames > 0);
        }
        Assert.True(Rows("SELECT count(*) FROM archives") >= 2 * Partitions);
        AssertVerifies();
    }

    [Fact]
    public async Task What_no_checkpoint_covers_or_is_not_old_enough_stays()
    {
        using var journal = Open();
        await SmallShop.Run(journal, 100);
        var frames = All(journal);
        var times = frames.Select(p => p.ConvertAll(f => FrameHeader.Read(f.Bytes).At)).ToArray();
        var middle = times[0][times[0].Count / 2];
        journal.Archive(middle);
        for (var partition = 0; partition < Partitions; partition++)
        {
            var archived = ((IArchivable)journal).ArchivedThrough(partition);
            Assert.Equal(times[partition].TakeWhile(at => at < middle).Count(), archived);
            Assert.True(archived < Checkpoint.SequenceOf(journal.ReadCheckpoint(partition)!));
        }
    }

    [Fact]
    public async Task Frames_are_moved_while_the_engine_writes_and_is_read()
    {
        using var journal = Open();
        await SmallShop.Run(journal, 100);
        using var stop = new CancellationTokenSource();
        var archiving = Task.Run(() =>
        {
            var rounds = 0;
            for (; !stop.IsCancellationRequested; rounds++) journal.Archive(Everything);
            return rounds;
        });
        var reading = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
                for (var partition = 0; partition < Partitions; partition++) AssertGapless(journal.ReadFrames(partition, 0));
        });
        await SmallShop.Run(journal, 400);
        await stop.CancelAsync();
        Assert.True(await archiving > 0);
        await reading;
        AssertVerifies();
    }

    /// <summary>The end may come at any step: a file without an entry in the books, an entry whose frames are still in the journal.</summary>
    [Fact]
    public async Task Whatever_step_is_the_last_every_frame_stays_and_the_next_run_goes_on()
    {
        using var journal = Open();
        await SmallShop.Run(journal, 200);
        var before = All(journal);
        for (var step = 1; step < 12; step++)
        {
            using (var folder = new ArchiveFolder(Data)) Assert.Throws<EndedException>(() => new Archiver(new EndingStore(journal, step), folder).Run(Everything));
            for (var partition = 0; partition < Partitions; partition++) AssertSame(before[partition], journal.ReadFrames(partition, 0));
        }
        journal.Archive(Everything);
        for (var partition = 0; partition < Partitions; partition++) AssertSame(before[partition], journal.ReadFrames(partition, 0));
        AssertVerifies();
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_in_an_archive_is_found_and_the_file_is_named()
    {
        using (var journal = Open())
        {
            await SmallShop.Run(journal, 20);
            journal.Archive(Everything);
        }
        var path = Assert.Single(Directory.GetFiles(Path.Combine(Data, "archive"), "partition-000-*"));
        var whole = await File.ReadAllBytesAsync(path);
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= (byte)(1 << (at % 8));
            await File.WriteAllBytesAsync(path, damaged);
            var found = Assert.Throws<InvalidDataException>(() => Read(path));
            Assert.Contains(Path.GetFileName(path), found.Message, StringComparison.Ordinal);
        }
        // The proof goes on with the other partitions, and names this one.
        whole[20] ^= 1;
        await File.WriteAllBytesAsync(path, whole);
        using (var reader = new SqliteReader(Data))
        {
            var breach = new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run().First!;
            Assert.Equal(0, breach.Partition);
            Assert.Contains(Path.GetFileName(path), breach.What, StringComparison.Ordinal);
        }
        foreach (var length in new[] { 0, 7, whole.Length / 2, whole.Length - 1 })
        {
            await File.WriteAllBytesAsync(path, whole[..length]);
            using var reader = new SqliteReader(Data);
            Assert.Throws<InvalidDataException>(() => reader.ReadFrames(0, 0).Count());
        }
        File.Delete(path);
        using (var reader = new SqliteReader(Data)) Assert.Throws<StoreUnavailableException>(() => reader.ReadFrames(0, 0).Count());

        static int Read(string path)
        {
            using var file = new ArchiveFile(path, 0);
            return file.ReadFrames(0).Count();
        }
    }

    [Fact]
    public async Task A_store_of_the_format_before_archives_is_read_as_it_is_and_grows_when_it_is_opened()
    {
        using (var journal = Open()) await SmallShop.Run(journal, 50);
        OldFormats.MakeSecond(Data);
        Rows("DROP TABLE archives; UPDATE meta SET format=1; SELECT 1");
        AssertVerifies();
        Assert.Equal(1, Rows("SELECT format FROM meta"));
        using (var journal = Open()) Assert.True(journal.Archive(Everything).Frames > 0);
        Assert.Equal(Sql.Format, Rows("SELECT format FROM meta"));
        AssertVerifies();
    }

    static List<StoredFrame>[] All(IJournalReader journal) => [.. Enumerable.Range(0, Partitions).Select(p => journal.ReadFrames(p, 0).ToList())];

    static void AssertSame(IEnumerable<StoredFrame> expected, IEnumerable<StoredFrame> found) =>
        Assert.Equal(expected.Select(f => (f.Sequence, Convert.ToBase64String(f.Bytes))), found.Select(f => (f.Sequence, Convert.ToBase64String(f.Bytes))));

    static void AssertGapless(IEnumerable<StoredFrame> frames)
    {
        var expected = 0L;
        foreach (var frame in frames) Assert.Equal(++expected, frame.Sequence);
    }

    void AssertVerifies()
    {
        using var reader = new SqliteReader(Data);
        var report = new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run();
        Assert.Null(report.First);
        Assert.True(report.Orders > 0);
    }

    long Rows(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Data, "journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    sealed class EndedException : Exception;

    /// <summary>A store whose process ends at the n-th thing that is asked of it: before it is done.</summary>
    sealed class EndingStore(IArchivable store, int steps) : IArchivable
    {
        int _left = steps;

        T Step<T>(Func<T> work) => --_left > 0 ? work() : throw new EndedException();

        public int Partitions => store.Partitions;
        public long ArchivedThrough(int partition) => Step(() => store.ArchivedThrough(partition));
        public byte[]? ReadCheckpoint(int partition) => Step(() => store.ReadCheckpoint(partition));
        public IEnumerable<StoredFrame> ReadFrames(int partition, long after) => store.ReadFrames(partition, after).TakeWhile(f => f.Sequence < after + 10);
        public bool RemoveArchived(int partition) => Step(() => store.RemoveArchived(partition));
        public void Register(ArchiveEntry entry) => Step(() =>
        {
            store.Register(entry);
            return true;
        });
    }
}
