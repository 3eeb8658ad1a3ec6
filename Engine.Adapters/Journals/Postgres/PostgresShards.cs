using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Archives;
using Engine.Adapters.Keys;

namespace Engine.Adapters.Journals.Postgres;

/// <summary>Partitions by range over several databases: which one has which is fixed when the store is made.</summary>
static class ShardRange
{
    public static int Of(int partition, int partitions, int shards) =>
        (uint)partition < (uint)partitions ? (int)((long)partition * shards / partitions) : throw new ArgumentOutOfRangeException(nameof(partition), $"partition {partition} of {partitions}");
}

/// <summary>
/// A store over several databases, for when one server does not take all writes. Each has the journal, snapshots, keys and
/// owners of its range of partitions; what there is once (keys that sign) is in the first. One that is down takes its own
/// partitions out of service and no others.
/// </summary>
public sealed class PostgresShards : IStore
{
    readonly PostgresJournal[] _shards;

    /// <param name="options">Of the first.</param>
    /// <param name="others">Connection strings of the others, in the order of their ranges.</param>
    /// <exception cref="StartupException">One can't be used, or is not the one that stood at its place when the store was made.</exception>
    public PostgresShards(PostgresJournalOptions options, IReadOnlyList<string> others)
    {
        List<PostgresJournal> opened = [];
        try
        {
            var first = new PostgresJournal(options with { Shards = others.Count + 1 });
            opened.Add(first);
            foreach (var other in others)
                opened.Add(new PostgresJournal(options with { ConnectionString = other, Shard = opened.Count, Shards = others.Count + 1, Partitions = first.Partitions, Store = first.Store }));
        }
        catch
        {
            foreach (var shard in opened) shard.Dispose();
            throw;
        }
        _shards = [.. opened];
    }

    public string Name => string.Join(", ", _shards.Select(shard => shard.Name));
    public int Partitions => _shards[0].Partitions;
    // One that can't write refuses for itself.
    public bool IsWritable => Array.Exists(_shards, shard => shard.IsWritable);
    public string? Trouble => Array.Find(_shards, shard => shard.Trouble is not null)?.Trouble;
    public long Transactions => _shards.Sum(shard => shard.Transactions);
    public long DurableWrites => _shards.Sum(shard => shard.DurableWrites);
    public long FramesArchived => _shards.Sum(shard => shard.FramesArchived);

    public Lease Acquire(int partition, string owner) => Of(partition).Acquire(partition, owner);

    public void Submit(JournalWrite write)
    {
        write.Validate(Partitions);
        Of(write.Partition).Submit(write);
    }

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after) => Of(partition).ReadFrames(partition, after);
    public byte[]? ReadCheckpoint(int partition) => Of(partition).ReadCheckpoint(partition);
    public byte[] ReadSegment(int partition, long segment, int offset, int count) => Of(partition).ReadSegment(partition, segment, offset, count);
    public byte[]? ReadKey(int partition, KeyRef key) => Of(partition).ReadKey(partition, key);

    public IReadOnlyList<StoredSigningKey> ReadSigningKeys() => _shards[0].ReadSigningKeys();
    public void AddSigningKey(StoredSigningKey key) => _shards[0].AddSigningKey(key);
    public bool RemoveSigningKey(string id) => _shards[0].RemoveSigningKey(id);

    public IReadOnlyList<FrameKeys> ReadKeys(int partition, long after) => Of(partition).ReadKeys(partition, after);
    public void ReplaceKeys(int partition, IReadOnlyList<FrameKeys> keys) => Of(partition).ReplaceKeys(partition, keys);
    public void ReplaceSigningKeys(IReadOnlyList<StoredSigningKey> keys) => _shards[0].ReplaceSigningKeys(keys);

    public void EraseReplacedKeys()
    {
        foreach (var shard in _shards) shard.EraseReplacedKeys();
    }

    public ArchiveReport Archive(long before, Action<long>? progress = null, CancellationToken stop = default)
    {
        var sum = new ArchiveReport(0, 0, 0, 0);
        foreach (var shard in _shards)
        {
            var moved = sum.Frames;
            var report = shard.Archive(before, frames => progress?.Invoke(moved + frames), stop);
            sum = new ArchiveReport(sum.Files + report.Files, sum.Frames + report.Frames, sum.Bytes + report.Bytes, sum.PackedBytes + report.PackedBytes);
        }
        return sum;
    }

    PostgresJournal Of(int partition) => _shards[ShardRange.Of(partition, Partitions, _shards.Length)];

    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
    }
}

/// <summary>Reads a store over several databases.</summary>
public sealed class PostgresShardsReader : IJournalReader
{
    readonly List<PostgresReader> _shards = [];

    /// <exception cref="StartupException" />
    /// <exception cref="StoreUnavailableException" />
    public PostgresShardsReader(IReadOnlyList<string> connectionStrings, string? archiveDirectory)
    {
        try
        {
            foreach (var connection in connectionStrings)
            {
                var shard = new PostgresReader(connection, archiveDirectory);
                _shards.Add(shard);
                shard.Meta.Require(_shards.Count - 1, connectionStrings.Count, _shards[0].Meta.Store, shard.Name);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Partitions => _shards[0].Partitions;

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after) => Of(partition).ReadFrames(partition, after);
    public byte[]? ReadCheckpoint(int partition) => Of(partition).ReadCheckpoint(partition);
    public byte[] ReadSegment(int partition, long segment, int offset, int count) => Of(partition).ReadSegment(partition, segment, offset, count);
    public byte[]? ReadKey(int partition, KeyRef key) => Of(partition).ReadKey(partition, key);

    PostgresReader Of(int partition) => _shards[ShardRange.Of(partition, Partitions, _shards.Count)];

    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
    }
}
