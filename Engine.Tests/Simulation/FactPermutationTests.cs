using Engine.Simulation.Stories;
using Xunit;

namespace Engine.Tests.Simulation;

public sealed class FactPermutationTests
{
    public static TheoryData<string> Stories => [.. FactStories.All.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Stories))]
    public void The_order_of_arrival_does_not_matter(string name)
    {
        var story = FactStories.All.Single(s => s.Name == name);
        var result = FactPermutations.Run(story);
        Assert.True(result.Failure is null, result.Failure);
        Assert.Equal(Enumerable.Range(1, story.Facts.Count).Aggregate((a, b) => a * b), result.Permutations);
        Assert.Equal(story.Parked is null ? 1 : 2, result.Ends.Count);
    }
}
