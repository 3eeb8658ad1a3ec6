using Engine.Actors.Kernel;
using Engine.Adapters.Journals;
using Engine.Adapters.Journals.Postgres;
using Engine.Adapters.Journals.Sqlite;
using Engine.Load.Torture;

namespace Engine.Benchmarks.Stores;

/// <summary>A journal in a folder of its own, which goes when the measurement is over.</summary>
sealed class BenchStore : IDisposable
{
    readonly PostgresServer? _server;

    BenchStore(string folder, IJournal journal, PostgresServer? server = null) => (Folder, Journal, _server) = (folder, journal, server);

    public string Folder { get; }
    public IJournal Journal { get; }

    /// <summary>Commits so far; 0 where the store does not count them.</summary>
    public long Transactions => Journal is IStore store ? store.Transactions : 0;

    public static BenchStore Open(StoreKind kind, int partitions)
    {
        if (kind == StoreKind.Postgres) return OpenPostgres(partitions);
        var folder = NewFolder("engine");
        return new BenchStore(folder, kind switch
        {
            StoreKind.Memory => new MemoryJournal(partitions),
            _ => new SqliteJournal(new SqliteJournalOptions { Directory = folder, Partitions = partitions }),
        });
    }

    static BenchStore OpenPostgres(int partitions)
    {
        var server = PostgresServer.StartNewAsync(new Dictionary<string, string> { ["shared_buffers"] = "512MB", ["max_wal_size"] = "4GB" }).GetAwaiter().GetResult();
        return new BenchStore(NewFolder("engine"), new PostgresJournal(new PostgresJournalOptions { ConnectionString = server.ConnectionString(), Partitions = partitions }), server);
    }

    public static string NewFolder(string of) => Directory.CreateTempSubdirectory($"bench-{of}-").FullName;

    public void Dispose()
    {
        Journal.Dispose();
        Directory.Delete(Folder, recursive: true);
        _server?.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
