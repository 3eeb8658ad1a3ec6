using System.Globalization;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Actors.Trials;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 26: everything that was said is said again minutes to weeks later, when orders are closed and have left memory, with
/// and without a restart between. What has an identity of its own never has a second effect, however late.
/// </summary>
public sealed class LateTests(ITestOutputHelper output)
{
    static readonly TimeSpan Remembered = TimeSpan.FromMilliseconds(SkuActor.Remembered);

    public static TheoryData<string, bool> Delays
    {
        get
        {
            var delays = new TheoryData<string, bool>();
            foreach (var delay in new[] { "00:05:00", "04:00:00", "1.00:00:00", "3.00:00:00", "30.00:00:00" })
            {
                delays.Add(delay, false);
                delays.Add(delay, true);
            }
            return delays;
        }
    }

    [Theory]
    [MemberData(nameof(Delays))]
    public void Said_again_late_it_has_no_second_effect(string delay, bool restarts) => Assert.True(Repeat(Delay(delay), restarts, KernelFault.None) is [], string.Join("\n", Repeat(Delay(delay), restarts, KernelFault.None)));

    /// <summary>The mutant: closed orders are forgotten when they have left memory.</summary>
    [Fact]
    public void Closed_orders_that_are_forgotten_are_seen()
    {
        var effects = Repeat(TimeSpan.FromDays(3), restarts: true, KernelFault.ForgetClosed);
        output.WriteLine(string.Join('\n', effects));
        Assert.NotEmpty(effects);
    }

    [Fact]
    public void A_stock_reference_is_remembered_for_seven_days_and_may_be_used_again_after_them()
    {
        var rig = new EngineRig();
        rig.Adjust("A", "SH1", 10, reference: "delivery-1");
        Wait(rig, Remembered - TimeSpan.FromSeconds(1));
        Assert.Equal(StockOutcome.Repeated, rig.Adjust("A", "SH1", 10, reference: "delivery-1").Outcome);
        Wait(rig, TimeSpan.FromSeconds(2));
        // Until another adjustment makes room, the SKU remembers even longer.
        rig.Adjust("A", "SH1", 1, reference: "delivery-2");
        Assert.Equal(StockOutcome.Done, rig.Adjust("A", "SH1", 10, reference: "delivery-1").Outcome);
        Assert.Equal(21, rig.Stock("A").OnHand);
    }

    static TimeSpan Delay(string text) => TimeSpan.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>What has changed by all of it being said once more after <paramref name="delay"/>.</summary>
    static List<string> Repeat(TimeSpan delay, bool restarts, KernelFault fault)
    {
        var rig = new EngineRig(2, new Limits { CheckpointBytes = 2000 }, fault: fault);
        rig.Warehouse("SH1");
        var day = new Day(rig);
        day.Say();
        // Time for what is under way, and for a checkpoint that lets closed orders go.
        rig.Pass(TimeSpan.FromSeconds(5));
        for (var i = 0; i < 40; i++) rig.Adjust("Z", "SH1", 1);
        var before = day.Facts();
        Wait(rig, delay);
        if (restarts) rig.Restart();
        day.Say();
        rig.Pass(TimeSpan.FromSeconds(5));
        var after = day.Facts();
        return [.. before.Zip(after).Where(f => f.First != f.Second).Select(f => $"{f.First} became {f.Second}")];
    }

    static void Wait(EngineRig rig, TimeSpan time)
    {
        rig.Time.Advance(time);
        rig.Node.Tick();
        rig.Settle();
    }

    /// <summary>A day's worth of everything that can be said twice, each with the identity it has outside.</summary>
    sealed class Day(EngineRig rig)
    {
        static readonly string[] Orders = ["done", "refunded", "cancelled", "partly", "expired", "early"];

        readonly long _began = rig.Now;

        public void Say()
        {
            rig.Adjust("A", "SH1", 100, reference: "delivery-A");
            rig.Adjust("B", "SH1", 100, reference: "delivery-B");
            rig.Adjust("A", "SH1", -3, StockReason.Damage, "broken");

            Place("done", ("A", 2), ("B", 1));
            Pay("done");
            foreach (var step in new[] { MicroState.Picking, MicroState.Packed, MicroState.Shipped, MicroState.Delivered, MicroState.Completed }) Step("done", step);

            Place("refunded", ("A", 3));
            Pay("refunded");
            Refund("refunded", RefundProgress.Requested);
            Refund("refunded", RefundProgress.Succeeded);

            Place("cancelled", ("B", 4));
            Cancel("cancelled", 1);

            Place("partly", ("A", 5), ("B", 5));
            Pay("partly");
            Cancel("partly", 2, ("1", 2));
            Cancel("partly", 3, ("1", 2));

            Place("expired", ("A", 1));
            rig.Send("expired", payment: new PaymentFact { Reference = "p", Status = PayStatus.Failed, Amount = PaymentFact.Whole, At = _began, ArrivedAt = _began });

            Cancel("early", 4, ("1", 1));
            Place("early", ("B", 3));
            Pay("early");

            Reserve("r-shipped", "t-1", ReservationChange.Commit, ReservationChange.Ship);
            Reserve("r-released", "t-2", ReservationChange.Release);
            Reserve("r-committed", "t-3", ReservationChange.Paying, ReservationChange.Commit);
        }

        /// <summary>What there is in the end, in words: stock, and of each order its state, money and lines.</summary>
        public List<string> Facts()
        {
            List<string> facts = [];
            foreach (var sku in new[] { "A", "B" })
            {
                var stock = rig.Stock(sku);
                facts.Add($"{sku}: on hand {stock.OnHand}, reserved {stock.Reserved}, committed {stock.Committed}, short {stock.Shortage}, {stock.Backorders} waiting");
            }
            foreach (var id in Orders)
            {
                var order = rig.View(id);
                var lines = string.Join(", ", order.Lines.Select(l => $"{l.Quantity} {l.Stock}"));
                facts.Add($"{id}: {order.State}, {order.Payments.Count} payments, {order.Refunds.Count} refunds, due {order.RefundDue}, lines {lines}, flags {string.Join(' ', order.Flags)}, {order.History.Count} entries");
            }
            return facts;
        }

        void Place(string id, params (string Sku, int Quantity)[] lines) => rig.Send(id, EngineRig.Order(_began, 100, lines));

        void Pay(string id) => rig.Send(id, payment: new PaymentFact { Reference = $"pay-{id}", Status = PayStatus.Succeeded, Amount = PaymentFact.Whole, At = _began, ArrivedAt = _began });

        void Step(string id, MicroState step) => rig.Send(id, step: new StepFact { Step = step, Role = step < MicroState.Shipped ? StepRole.Warehouse : StepRole.Platform, Operator = "li", Carrier = "sf", TrackingNumber = "SF1", At = _began + (int)step });

        void Refund(string id, RefundProgress status) => rig.Send(id, refund: new RefundFact { Reference = $"refund-{id}", Status = status, Full = true, Amount = PaymentFact.Whole, At = _began });

        void Cancel(string id, ulong message, params (string Line, int Quantity)[] lines) =>
            rig.Send(id, cancellation: new Cancellation("changed mind", "buyer", [.. lines.Select(l => new CancelledQuantity { LineId = l.Line, Quantity = l.Quantity })], message));

        void Reserve(string id, string token, params ReservationChange[] changes)
        {
            rig.Ask(ActorId.Sku("A"), new Reserve
            {
                ReservationId = id, OrderId = "o", Quantity = 2, Token = new SnapshotClaims(token, 1, 1, null, _began, _began + 60_000), OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k1",
            });
            foreach (var change in changes) rig.Ask(ActorId.Sku("A"), new ChangeReservation { ReservationId = id, Change = change });
        }
    }
}
