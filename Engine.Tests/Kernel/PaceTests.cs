using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>FAULTS I8: what waits is bounded by how long it would wait, and one tenant never takes all of it.</summary>
public sealed class PaceTests
{
    static readonly Limits Limits = new() { NormalPerBatch = 50, LaneLength = 4000, WaitMax = 1000 };

    /// <summary>Batches of as many commands every so many milliseconds while more waits.</summary>
    static void Work(Pace pace, int batches, int commands, int millis, bool isMoreWaiting = true)
    {
        for (var i = 1; i <= batches; i++) pace.Took(commands, isMoreWaiting, i * millis);
    }

    [Theory]
    [InlineData(50, 25, 2000)]
    [InlineData(50, 50, 1000)]
    [InlineData(10, 50, 200)]
    // Never less than two batches, never more than the lane.
    [InlineData(1, 50, 100)]
    [InlineData(50, 5, 4000)]
    public void As_much_may_wait_as_is_worked_off_in_the_longest_wait(int commands, int millis, int room)
    {
        var pace = new Pace(Limits);
        Work(pace, 100, commands, millis);
        Assert.Equal(room, pace.Room);
    }

    [Fact]
    public void While_nothing_waits_nothing_is_learned()
    {
        var pace = new Pace(Limits);
        Work(pace, 100, 1, 1000, isMoreWaiting: false);
        Assert.Equal(4000, pace.Room);
    }

    [Fact]
    public void A_pace_that_changes_is_noticed_within_a_second()
    {
        var pace = new Pace(Limits);
        Work(pace, 100, 10, 50);
        for (var at = 5000; at <= 6000; at += 25) pace.Took(50, true, at);
        Assert.Equal(2000, pace.Room);
    }

    [Fact]
    public void One_tenant_takes_half_of_a_lane_at_most_and_the_others_still_get_in()
    {
        var mailbox = new Mailbox(Limits with { LaneLength = 10 });
        Assert.Equal(5, Enumerable.Range(0, 20).Count(_ => mailbox.TryPost(Ask("flood"))));
        Assert.True(mailbox.IsFull(Lane.Normal, "flood"));
        Assert.False(mailbox.IsFull(Lane.Normal, "other"));
        Assert.Equal(5, Enumerable.Range(0, 20).Count(i => mailbox.TryPost(Ask($"other {i}"))));
        Assert.True(mailbox.IsFull(Lane.Normal, "one more"));
        Assert.False(mailbox.IsFull(Lane.Urgent, "flood"));
    }

    static Ask Ask(string tenant) => new(ActorId.Sku("A"), DeadlineReached.Instance, new AskOptions(Tenant: tenant));
}
