using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Sqlite;
using Engine.Tests.Kernel;
using Xunit;

namespace Engine.Tests.Journals;

/// <summary>Where frames and keys lie is written behind, for many at once: nobody who reads may see a difference.</summary>
public sealed class SqlitePlacesTests : IDisposable
{
    const int Partitions = 16;
    // Some times as many as are placed at once.
    const int Frames = 1500;
    const int HeaderOfLogPage = 24;
    const int PageBytes = 8192;

    readonly TempFolder _folder = new();
    readonly List<byte[]>[] _frames = [.. Enumerable.Range(0, Partitions).Select(_ => new List<byte[]>())];
    long[] _epochs = [];

    SqliteJournalOptions Options => new() { Directory = _folder.File("data"), Partitions = Partitions };

    public void Dispose() => _folder.Dispose();

    SqliteJournal Open()
    {
        var journal = new SqliteJournal(Options);
        _epochs = [.. Enumerable.Range(0, Partitions).Select(partition => journal.Acquire(partition, "a").Epoch)];
        return journal;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Frames_and_keys_are_found_wherever_they_lie(int seed)
    {
        var random = new Random(seed);
        var journal = Open();
        using var beside = new SqliteReader(Options.Directory);
        for (var i = 0; i < Frames; i++)
        {
            await WriteAsync(journal, random.Next(Partitions), random);
            if (random.Next(40) == 0) AssertFound(random, journal, beside);
            if (random.Next(400) != 0) continue;
            journal.Dispose();
            using (var alone = new SqliteReader(Options.Directory)) AssertFound(random, alone);
            journal = Open();
        }
        for (var partition = 0; partition < Partitions; partition++) AssertFrames(journal, partition, 0);
        journal.Dispose();
    }

    [Fact]
    public async Task A_store_of_the_format_before_is_read_as_it_is_and_goes_on()
    {
        var random = new Random(3);
        using (var journal = Open())
            for (var i = 0; i < 400; i++) await WriteAsync(journal, random.Next(Partitions), random);
        OldFormats.MakeSecond(Options.Directory);
        using var beside = new SqliteReader(Options.Directory);
        AssertFound(random, beside);
        using (var journal = Open())
        {
            for (var i = 0; i < 400; i++) await WriteAsync(journal, random.Next(Partitions), random);
            AssertFound(random, journal, beside);
        }
        using var alone = new SqliteReader(Options.Directory);
        AssertFound(random, alone);
    }

    [Fact]
    public async Task A_key_is_dropped_before_and_after_it_is_placed()
    {
        var random = new Random(4);
        using var journal = Open();
        await WriteAsync(journal, 0, random);
        await DropAsync(journal, 0, 1);
        for (var i = 0; i < 400; i++) await WriteAsync(journal, 0, random);
        await DropAsync(journal, 0, 2);
        await DropAsync(journal, 0, 401);
        Assert.Equal([null, null, null], [journal.ReadKey(0, new KeyRef(1, 0)), journal.ReadKey(0, new KeyRef(2, 0)), journal.ReadKey(0, new KeyRef(401, 0))]);
        Assert.NotNull(journal.ReadKey(0, new KeyRef(3, 0)));
        Assert.Equal(401, journal.ReadKeys(0, 0).Count);
    }

    [Theory]
    [InlineData(Sql.ReadTail)]
    [InlineData(Sql.ReadFrame)]
    [InlineData(Sql.ReadFrames)]
    [InlineData(Sql.ReadKeys)]
    [InlineData(Sql.ReadKeysBehind)]
    public void Nothing_looks_through_more_than_what_is_not_placed(string sql)
    {
        Open().Dispose();
        AssertSearches(sql);
        OldFormats.MakeSecond(Options.Directory);
        AssertSearches(sql);

        void AssertSearches(string sql)
        {
            using var connection = StoreFile.OpenForReading(Options.Directory);
            using var command = connection.CreateCommand();
            command.CommandText = $"EXPLAIN QUERY PLAN {sql}";
            foreach (var parameter in new[] { "?1", "?2" }.Where(sql.Contains)) command.Parameters.AddWithValue(parameter, 1);
            using var plan = command.ExecuteReader();
            List<string> steps = [];
            while (plan.Read()) steps.Add(plan.GetString(3));
            Assert.Contains(steps, step => step.StartsWith("SEARCH", StringComparison.Ordinal));
            Assert.DoesNotContain(steps, step => step.StartsWith("SCAN", StringComparison.Ordinal) && step is not "SCAN placed" and not "SCAN CONSTANT ROW");
        }
    }

    [Fact]
    public async Task A_small_commit_touches_few_pages_however_many_partitions_share_it()
    {
        const int commits = 200;
        var random = new Random(5);
        using var journal = Open();
        await WriteAllAsync(journal, random);
        using var holding = StoreFile.OpenForReading(Options.Directory);
        // While somebody reads the log only grows.
        SqliteFile.Execute(holding, "BEGIN; SELECT count(*) FROM meta");
        var (before, transactions) = (LogBytes(), journal.Transactions);
        for (var i = 0; i < commits; i++) await WriteAllAsync(journal, random);
        var pages = (LogBytes() - before) / (double)(PageBytes + HeaderOfLogPage) / (journal.Transactions - transactions);
        Assert.InRange(pages, 3, 9);
    }

    long LogBytes() => new FileInfo(StoreFile.PathIn(Options.Directory) + "-wal").Length;

    /// <summary>A frame of each partition, in one transaction or two.</summary>
    async Task WriteAllAsync(SqliteJournal journal, Random random)
    {
        var writes = Enumerable.Range(0, Partitions).Select(partition => Next(partition, random)).ToList();
        foreach (var write in writes) journal.Submit(write);
        foreach (var write in writes) Assert.Equal(WriteOutcome.Durable, await write.Done);
    }

    async Task WriteAsync(SqliteJournal journal, int partition, Random random) => Assert.Equal(WriteOutcome.Durable, await journal.Write(Next(partition, random)));

    TestWrite Next(int partition, Random random)
    {
        var write = TestWrite.OfFrame(partition, _epochs[partition], _frames[partition].Count + 1, TestWrite.FrameBytes(partition, _frames[partition].Count + 1, random.Next(100, 1500)));
        write.Keys.Add(Key(partition, write.Sequence));
        _frames[partition].Add(write.Frame.ToArray());
        return write;
    }

    static byte[] Key(int partition, long sequence) => [.. BitConverter.GetBytes(sequence), (byte)partition];

    async Task DropAsync(SqliteJournal journal, int partition, long sequence)
    {
        var write = Next(partition, new Random(6));
        write.Keys.Clear();
        write.DroppedKeys.Add(new KeyRef(sequence, 0));
        Assert.Equal(WriteOutcome.Durable, await journal.Write(write));
    }

    void AssertFound(Random random, params IJournalReader[] readers)
    {
        foreach (var reader in readers)
        {
            var partition = random.Next(Partitions);
            AssertFrames(reader, partition, random.Next(_frames[partition].Count + 1));
            var sequence = random.Next(1, _frames[partition].Count + 2);
            Assert.Equal(sequence > _frames[partition].Count ? null : Key(partition, sequence), reader.ReadKey(partition, new KeyRef(sequence, 0)));
        }
    }

    void AssertFrames(IJournalReader reader, int partition, int after) =>
        Assert.Equal(_frames[partition].Skip(after).Select((f, i) => (after + i + 1L, Convert.ToBase64String(f))), reader.ReadFrames(partition, after).Select(f => (f.Sequence, Convert.ToBase64String(f.Bytes))));
}
