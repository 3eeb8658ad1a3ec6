using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Sqlite;
using Engine.Tests.Kernel;
using Xunit;

namespace Engine.Tests.Journals;

/// <summary>A dropped key is gone from every file of the store, not only from the answers.</summary>
public sealed class SqliteErasureTests : IDisposable
{
    const int KeyBytes = 61;

    readonly TempFolder _folder = new();
    readonly ManualTime _time = new();
    readonly Random _random = new(20260101);
    readonly Dictionary<(int Partition, KeyRef Key), byte[]> _keys = [];
    readonly SqliteJournal _journal;
    readonly long[] _epochs;

    public SqliteErasureTests()
    {
        _journal = new SqliteJournal(new SqliteJournalOptions { Directory = _folder.Path, Partitions = 3, TimeProvider = _time });
        _epochs = [.. Enumerable.Range(0, 3).Select(partition => _journal.Acquire(partition, "a").Epoch)];
    }

    public void Dispose()
    {
        _journal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_dropped_key_leaves_no_bytes_in_any_file()
    {
        await WriteKeys();
        var chosen = _keys.Keys.Where(_ => _random.Next(3) == 0).ToList();
        Assert.Equal(chosen.Count, TracesOf(chosen).Count);

        foreach (var some in chosen.Chunk(40)) await Drop(some);
        Tend();

        Assert.Empty(TracesOf(chosen));
        AssertReadable(chosen);
        var kept = _keys.Keys.Except(chosen).ToList();
        Assert.Equal(kept.Count, TracesOf(kept).Count);
    }

    [Fact]
    public async Task A_reader_delays_erasing_and_neither_it_nor_commits_are_disturbed()
    {
        await WriteKeys();
        var chosen = _keys.Keys.Take(3).ToList();
        using (var connection = StoreFile.OpenForReading(_folder.Path))
        using (var slow = new SqliteStatement(connection, Sql.ReadFrames))
        {
            Assert.True(slow.With(0).With(0).Step());
            await Drop(chosen);
            Tend();
            Assert.NotEmpty(TracesOf(chosen));
            Assert.True(_journal.IsWritable);
            Assert.True(slow.Step());
            slow.Reset();
        }
        Tend();
        Assert.Empty(TracesOf(chosen));
    }

    [Fact]
    public async Task Traces_that_a_killed_engine_left_in_its_log_are_erased_at_the_next_start()
    {
        await WriteKeys();
        var chosen = _keys.Keys.Take(3).ToList();
        await Drop(chosen);

        // The files as they are at this moment are those of an engine that was killed.
        using var killed = new TempFolder();
        foreach (var file in Directory.GetFiles(_folder.Path, "journal.db*"))
            File.Copy(file, killed.File(Path.GetFileName(file)));
        Assert.NotEmpty(TracesIn(killed.Path, chosen));

        using var restarted = new SqliteJournal(new SqliteJournalOptions { Directory = killed.Path, TimeProvider = _time });
        _time.Advance(TimeSpan.FromSeconds(1));
        restarted.Acquire(0, "b");
        Assert.Empty(TracesIn(killed.Path, chosen));
    }

    /// <summary>Frames of all partitions in turn, with few keys and with so many that they fill pages of their own.</summary>
    async Task WriteKeys()
    {
        for (var sequence = 1; sequence <= 120; sequence++)
        {
            var writes = new List<TestWrite>();
            for (var partition = 0; partition < 3; partition++)
            {
                var write = TestWrite.OfFrame(partition, _epochs[partition], sequence);
                for (var index = 0; index < (sequence % 40 == 0 ? 300 : _random.Next(4)); index++)
                {
                    var key = new byte[KeyBytes];
                    _random.NextBytes(key);
                    write.Keys.Add(key);
                    _keys.Add((partition, new KeyRef(sequence, index)), key);
                }
                writes.Add(write);
                _journal.Submit(write);
            }
            foreach (var write in writes) Assert.Equal(WriteOutcome.Durable, await write.Done);
        }
    }

    async Task Drop(IEnumerable<(int Partition, KeyRef Key)> keys)
    {
        foreach (var ofPartition in keys.GroupBy(key => key.Partition))
        {
            var write = new TestWrite { Partition = ofPartition.Key, Epoch = _epochs[ofPartition.Key] };
            write.DroppedKeys.AddRange(ofPartition.Select(key => key.Key));
            Assert.Equal(WriteOutcome.Durable, await _journal.Write(write));
        }
    }

    /// <summary>Lets the second pass after which the journal tends to its files, and waits for it.</summary>
    void Tend()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _journal.Acquire(2, "a");
        _epochs[2]++;
    }

    void AssertReadable(List<(int Partition, KeyRef Key)> dropped)
    {
        var gone = dropped.ToHashSet();
        foreach (var (place, key) in _keys)
            Assert.Equal(gone.Contains(place) ? null : key, _journal.ReadKey(place.Partition, place.Key));
    }

    List<(int, KeyRef)> TracesOf(List<(int Partition, KeyRef Key)> keys) => TracesIn(_folder.Path, keys);

    /// <summary>The keys of which a fair part is found anywhere; a key may lie over the edge of a page, so both ends are looked for.</summary>
    List<(int, KeyRef)> TracesIn(string folder, List<(int Partition, KeyRef Key)> keys)
    {
        var files = Directory.GetFiles(folder).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Select(ReadShared).ToList();
        return [.. keys.Where(place => files.Exists(file =>
        {
            var key = _keys[place].AsSpan();
            return file.AsSpan().IndexOf(key[..16]) >= 0 || file.AsSpan().IndexOf(key[^16..]) >= 0;
        }))];
    }

    static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
