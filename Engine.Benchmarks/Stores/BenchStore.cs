using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Sqlite;

namespace Engine.Benchmarks.Stores;

/// <summary>A journal in a folder of its own, which goes when the measurement is over.</summary>
sealed class BenchStore : IDisposable
{
    BenchStore(string folder, IJournal journal) => (Folder, Journal) = (folder, journal);

    public string Folder { get; }
    public IJournal Journal { get; }

    /// <summary>Commits so far; 0 where the store does not count them.</summary>
    public long Transactions => Journal is SqliteJournal sqlite ? sqlite.Transactions : 0;

    public static BenchStore Open(StoreKind kind, int partitions)
    {
        var folder = NewFolder("engine");
        return new BenchStore(folder, kind switch
        {
            StoreKind.Memory => new MemoryJournal(partitions),
            _ => new SqliteJournal(new SqliteJournalOptions { Directory = folder, Partitions = partitions }),
        });
    }

    public static string NewFolder(string of) => Directory.CreateTempSubdirectory($"bench-{of}-").FullName;

    public void Dispose()
    {
        Journal.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
