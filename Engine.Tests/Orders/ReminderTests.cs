using Engine.Actors.Orders;
using Xunit;

namespace Engine.Tests.Orders;

/// <summary>Who ordered and did not pay is reminded once, two hours after the order (FEATURES B6).</summary>
public sealed class ReminderTests
{
    static readonly ShopPolicy Reminds = new() { ReminderAfter = 2 * 60 * 60_000, Coupon = "COMEBACK" };

    readonly EngineRig _rig = new();

    public ReminderTests() => _rig.Adjust("A", "SH1", 10);

    [Fact]
    public void An_order_that_lapsed_unpaid_is_reminded_of_once_and_on_time()
    {
        Place();
        _rig.Pass(TimeSpan.FromMinutes(119.9));
        Assert.Empty(Reminders());
        _rig.Pass(TimeSpan.FromMinutes(0.2));
        Assert.Equal("COMEBACK", Assert.Single(Reminders()).Reason);
        _rig.Pass(TimeSpan.FromMinutes(10));
        Assert.Single(Reminders());
        Assert.Equal(MicroState.Expired, _rig.View("1").State);
    }

    [Fact]
    public void A_reminder_that_fell_due_while_nothing_ran_goes_out_once_when_it_runs_again()
    {
        Place();
        _rig.Pass(TimeSpan.FromMinutes(16));
        _rig.Time.Advance(TimeSpan.FromHours(5));
        _rig.Restart();
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Single(Reminders());
        _rig.Restart();
        _rig.Pass(TimeSpan.FromMinutes(1));
        Assert.Single(Reminders());
    }

    [Fact]
    public void Paying_after_the_reminder_reserves_again()
    {
        Place();
        _rig.Pass(TimeSpan.FromMinutes(121));
        Assert.Equal(MicroState.Paid, _rig.Pay("1").State);
        Assert.Equal(2, _rig.Stock("A").Committed);
        _rig.Pass(TimeSpan.FromHours(3));
        Assert.Single(Reminders());
    }

    [Fact]
    public void Nobody_is_reminded_of_an_order_that_was_cancelled_or_paid_before()
    {
        Place();
        _rig.Pass(TimeSpan.FromMinutes(20));
        _rig.Cancel("1");
        Place("2");
        _rig.Pass(TimeSpan.FromMinutes(20));
        _rig.Pay("2");
        _rig.Pass(TimeSpan.FromHours(3));
        Assert.Empty(Reminders());
        Assert.Empty(Reminders("2"));
    }

    [Fact]
    public void Nobody_is_reminded_where_the_lock_outlasts_the_reminder_or_none_is_set()
    {
        Place(policy: new ShopPolicy { OrderTier = 3 * 60 * 60_000, PayingTier = 3 * 60 * 60_000, ReminderAfter = Reminds.ReminderAfter });
        Place("2", new ShopPolicy());
        _rig.Pass(TimeSpan.FromHours(4));
        Assert.Equal((MicroState.Expired, MicroState.Expired), (_rig.View("1").State, _rig.View("2").State));
        Assert.Empty(Reminders());
        Assert.Empty(Reminders("2"));
    }

    void Place(string id = "1", ShopPolicy? policy = null) => _rig.Send(id, _rig.Order(("A", 2)), policy: policy ?? Reminds);

    IEnumerable<HistoryItem> Reminders(string id = "1") => _rig.View(id).History.Where(h => h.Event == "buyer_reminded");
}
