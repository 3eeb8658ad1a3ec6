namespace Engine.Benchmarks.Stores;

enum StoreKind
{
    /// <summary>What the engine costs without a disk.</summary>
    Memory,
    /// <summary>The embedded store, flushed at every commit.</summary>
    Sqlite,
}
