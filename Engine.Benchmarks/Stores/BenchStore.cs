using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Engine.Adapters.Journals;
using Engine.Adapters.Journals.Postgres;
using Engine.Adapters.Journals.Sqlite;
using Engine.Benchmarks.Peers;
using Engine.Load.Torture;

namespace Engine.Benchmarks.Stores;

/// <summary>A journal in a place of its own, which goes when the measurement is over.</summary>
sealed class BenchStore : IAsyncDisposable
{
    readonly PostgresServer? _server;

    BenchStore(string folder, IJournal journal, PostgresServer? server) => (Folder, Journal, _server) = (folder, journal, server);

    public string Folder { get; }
    public IJournal Journal { get; private set; }

    /// <summary>Commits so far; 0 where the store does not count them.</summary>
    public long Transactions => (Journal as IStore)?.Transactions ?? 0;

    public static async Task<BenchStore> OpenAsync(StoreKind kind, int partitions)
    {
        var folder = NewFolder("engine");
        switch (kind)
        {
            case StoreKind.Memory: return new BenchStore(folder, new MemoryJournal(partitions), null);
            case StoreKind.Sqlite: return new BenchStore(folder, Embedded(folder, partitions), null);
            default:
                DebianPackages.NeedPostgres();
                var server = await PostgresServer.StartNewAsync(Tuned);
                return new BenchStore(folder, new PostgresJournal(new PostgresJournalOptions { ConnectionString = server.ConnectionString(), Partitions = partitions }), server);
        }
    }

    static SqliteJournal Embedded(string folder, int partitions) => new(new SqliteJournalOptions { Directory = folder, Partitions = partitions });

    /// <summary>Opens an embedded store again, as after a restart.</summary>
    public void Reopen()
    {
        var partitions = Journal.Partitions;
        Journal.Dispose();
        Journal = Embedded(Folder, partitions);
    }

    /// <summary>As somebody would run a server that has the machine's memory to use; it flushes as it does by default.</summary>
    public static readonly IReadOnlyDictionary<string, string> Tuned = new Dictionary<string, string>
    {
        ["shared_buffers"] = "1GB", ["max_wal_size"] = "8GB", ["max_connections"] = "120", ["checkpoint_timeout"] = "30min",
    };

    public static string NewFolder(string of) => Directory.CreateTempSubdirectory($"bench-{of}-").FullName;

    public async ValueTask DisposeAsync()
    {
        Journal.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
