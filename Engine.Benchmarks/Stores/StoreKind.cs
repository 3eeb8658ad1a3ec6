namespace Engine.Benchmarks.Stores;

enum StoreKind
{
    /// <summary>What the engine costs without a disk.</summary>
    Memory,
    /// <summary>The embedded store, flushed at every commit.</summary>
    Sqlite,
    /// <summary>A private server, started by the measurement.</summary>
    Postgres,
}
