using Engine.Actors.Orders;
using Xunit;

namespace Engine.Tests.Orders;

public sealed class ServiceClockTests
{
    const long Minute = 60_000;
    const long Since = 1_000_000_000;

    [Theory]
    [InlineData(60, false)]
    [InlineData(60.001, true)]
    public void Awaiting_loading_turns_overdue_after_an_hour(double minutes, bool overdue) =>
        Assert.Equal(overdue, new ServiceClock().IsOverdue(MicroState.AwaitingLoading, Since, 0, Since + (long)(minutes * Minute)));

    [Fact]
    public void The_platforms_ship_by_time_counts_where_it_is_earlier_and_until_the_goods_have_left()
    {
        var clock = new ServiceClock();
        Assert.Equal(Since + 10, clock.DueAt(MicroState.Paid, Since, Since + 10));
        Assert.Equal(Since + 30 * Minute, clock.DueAt(MicroState.Paid, Since, Since + 31 * Minute));
        Assert.Equal(Since + 10, clock.DueAt(MicroState.Held, Since, Since + 10));
        Assert.Equal(Since + 24 * 60 * Minute, clock.DueAt(MicroState.Shipped, Since, Since + 10));
        Assert.Null(clock.DueAt(MicroState.Completed, Since, Since + 10));
    }

    [Fact]
    public void A_limit_that_is_set_takes_the_place_of_the_default_and_nothing_means_none()
    {
        var clock = new ServiceClock([new(MicroState.Held, Minute), new(MicroState.Paid, 0)], stalledAfter: 2 * Minute);
        Assert.Equal(Since + Minute, clock.DueAt(MicroState.Held, Since, 0));
        Assert.Null(clock.DueAt(MicroState.Paid, Since, 0));
        Assert.False(clock.IsStalled(MicroState.Paid, Since, Since + 2 * Minute));
        Assert.True(clock.IsStalled(MicroState.Paid, Since, Since + 2 * Minute + 1));
        Assert.False(clock.IsStalled(MicroState.Expired, Since, Since + 200 * Minute));
    }

    [Fact]
    public void Every_state_that_leads_on_by_somebodys_work_has_a_limit() =>
        Assert.Empty(Transitions.All.Select(t => t.From).Distinct().Except(new ServiceClock().Limits.Keys).Except([MicroState.Delivered, MicroState.Completed]));
}
