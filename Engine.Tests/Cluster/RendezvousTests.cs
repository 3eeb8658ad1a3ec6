using Engine.Actors.Cluster;
using Xunit;

namespace Engine.Tests.Cluster;

public sealed class RendezvousTests
{
    const int Partitions = 256;

    static string[] Owners(params string[] nodes) => [.. Enumerable.Range(0, Partitions).Select(p => Rendezvous.Owner(p, nodes)!)];

    [Fact]
    public void Every_node_comes_to_the_same_assignment() => Assert.Equal(Owners("a", "b", "c"), Owners("c", "a", "b"));

    [Fact]
    public void Who_joins_takes_its_own_and_nothing_else_moves()
    {
        var (before, after) = (Owners("a", "b"), Owners("a", "b", "c"));
        Assert.All(Enumerable.Range(0, Partitions), p => Assert.True(after[p] == before[p] || after[p] == "c"));
        Assert.InRange(after.Count(o => o == "c"), Partitions / 5, Partitions / 2);
    }

    [Fact]
    public void Of_who_leaves_only_its_own_move()
    {
        var (before, after) = (Owners("a", "b", "c"), Owners("a", "c"));
        Assert.All(Enumerable.Range(0, Partitions), p => Assert.True(after[p] == before[p] || before[p] == "b"));
    }

    [Fact]
    public void Without_nodes_nobody_owns_anything() => Assert.Null(Rendezvous.Owner(0, []));
}
