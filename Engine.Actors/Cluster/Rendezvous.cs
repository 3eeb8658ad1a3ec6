namespace Engine.Actors.Cluster;

/// <summary>
/// Which node a partition belongs to: the one with the highest hash of both names. Who joins takes over what is now its own and
/// nothing else moves; of who leaves only its own partitions move.
/// </summary>
public static class Rendezvous
{
    /// <returns>Null where there is no node.</returns>
    public static string? Owner(int partition, IEnumerable<string> nodes) =>
        nodes.Order(StringComparer.Ordinal).MaxBy(node => Weight(partition, node));

    static ulong Weight(int partition, string node)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in node) hash = (hash ^ c) * 1099511628211UL;
        hash ^= (ulong)partition * 0x9e3779b97f4a7c15UL;
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return hash ^ (hash >> 33);
    }
}
