using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Engine.Actors.Orders;
using Engine.Actors.WhatIf;
using Engine.Tests.Kernel;
using Engine.Tests.Verifying;
using Xunit;

namespace Engine.Tests.WhatIf;

/// <summary>A journal decided again: by the same build to the byte, by another with exactly what it would do otherwise.</summary>
public sealed class ReplayTests
{
    static ReplayReport Replay(IJournalReader journal, IDomain? domain = null) => new Replay(journal, domain ?? EngineDomain.Instance, () => new MemoryStream()).Run();

    static void AssertSame(ReplayReport report) =>
        Assert.True(report.Differing == 0 && report.Following == 0, string.Join('\n', report.Differences.Take(5).Select(d => $"{d.Actor} on {d.Cause}\n was {string.Join("; ", d.Was)}\n would {string.Join("; ", d.Would)}")));

    [Fact]
    public async Task A_build_that_changes_nothing_decides_a_busy_shop_the_same()
    {
        var store = new MemoryStore(4);
        using var journal = new MemoryJournal(store, MemoryCompletion.Inline);
        await SmallShop.Run(journal, 400);
        var report = Replay(journal);
        AssertSame(report);
        Assert.Equal(journal.ReadFrames(0, 0).Count() + journal.ReadFrames(1, 0).Count() + journal.ReadFrames(2, 0).Count() + journal.ReadFrames(3, 0).Count(), report.Frames);
        Assert.True(report.Facts[nameof(Intake)] > 700, $"{report.Facts[nameof(Intake)]}");
        Assert.Equal(0, report.TakenAsRecorded);
    }

    [Fact]
    public void Every_kind_of_fact_is_told_from_what_it_led_to()
    {
        var rig = GoldenJournalTests.Play();
        AssertSame(Replay(rig.Journal));
    }

    /// <summary>Frames of the first release did not say what made an actor decide: their events are taken, and what came since is decided.</summary>
    [Fact]
    public void A_journal_that_began_with_an_older_build_is_decided_again_from_where_it_tells_how()
    {
        var golden = GoldenJournalTests.Read("release-1.json");
        var store = GoldenJournalTests.Store(golden);
        var rig = new EngineRig(golden.Partitions, store: store);
        rig.Time.Advance(DateTimeOffset.FromUnixTimeMilliseconds(FrameHeader.Read(golden.Frames[0][^1]).At) - rig.Time.GetUtcNow() + TimeSpan.FromMinutes(1));
        rig.Place("new", ("A", 1));
        rig.Pay("new");
        var report = Replay(rig.Journal);
        AssertSame(report);
        Assert.Equal(2, report.Facts[nameof(Intake)]);
        Assert.True(report.TakenAsRecorded > 50, $"{report.TakenAsRecorded}");
    }

    [Fact]
    public void Stories_with_crashes_and_restarts_are_decided_the_same()
    {
        for (var seed = 0; seed < 40; seed++) PlayAndReplay(new Random(seed));
    }

    static void PlayAndReplay(Random random)
    {
        var rig = new EngineRig(3, new Limits { CheckpointBytes = 2000 });
        rig.Warehouse("SH1", 31.2, 121.5);
        rig.Warehouse("GZ1", 23.1, 113.3);
        for (var i = 0; i < 300; i++)
        {
            var (id, sku) = ($"{random.Next(40)}", $"{(char)('A' + random.Next(4))}");
            switch (random.Next(14))
            {
                case 0: rig.Adjust(sku, random.Next(2) == 0 ? "SH1" : "GZ1", random.Next(-4, 12), (StockReason)random.Next(7)); break;
                case 1: rig.Pass(TimeSpan.FromMinutes(random.Next(1, 30))); break;
                case 2: rig.Restart(); break;
                case 3: rig.Cancel(id); break;
                case 4: rig.Send(id, cancellation: new Cancellation("some", "buyer", [new CancelledQuantity { LineId = "1", Quantity = 1 }]), keepEarly: random.Next(2) == 0); break;
                case 5: rig.Send(id, step: new StepFact { Step = (MicroState)random.Next((int)MicroState.Paid, (int)MicroState.Refunded + 1), Role = (StepRole)(1 << random.Next(5)), Carrier = "sf", Operator = "li" }); break;
                case 6: rig.Send(id, refund: new RefundFact { Reference = "r", Status = (RefundProgress)random.Next(3), Amount = PaymentFact.Whole, Full = true }); break;
                case 7: rig.Pay(id, random.Next(3) == 0 ? 40 : PaymentFact.Whole, (PayStatus)random.Next(4), $"p{random.Next(3)}"); break;
                case 8: rig.Ask(ActorId.Sku(sku), new ConfigureSku { SafetyStock = random.Next(3), Strict = random.Next(2) == 0 }); break;
                case 9: Reserve(rig, random, sku); break;
                case 10: rig.Ask(ActorId.Sku(sku), new ChangeReservation { ReservationId = $"r{random.Next(20)}", Change = (ReservationChange)random.Next(4) }); break;
                case 11: rig.Ask(EngineRig.OrderId(id), new UnholdOrder { By = "cs", Reason = "looked at" }); break;
                default: rig.Send(id, rig.Order((sku, random.Next(1, 4)), ($"{(char)('A' + random.Next(5))}", random.Next(1, 4))), policy: new ShopPolicy { RejectOnShortage = random.Next(3) == 0, ReminderAfter = 7_200_000 }); break;
            }
        }
        AssertSame(Replay(rig.Journal));
    }

    static void Reserve(EngineRig rig, Random random, string sku)
    {
        var stock = rig.Stock(sku);
        rig.Ask(ActorId.Sku(sku), new Reserve
        {
            ReservationId = $"r{random.Next(20)}", OrderId = "o", Quantity = random.Next(1, 4), Warehouse = random.Next(2) == 0 ? null : "SH1",
            Token = new SnapshotClaims($"t{random.Next(40)}", stock.Version, stock.Available, null, rig.Now, rig.Now + 60_000), OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k1",
        });
    }

    /// <summary>The other build keeps a unit more in reserve: it refuses what was granted, and all that follows is told apart from that.</summary>
    [Fact]
    public void What_another_build_would_decide_is_told_with_what_was_and_what_would_be()
    {
        var rig = new EngineRig(2);
        rig.Adjust("A", "SH1", 4);
        rig.Place("1", ("A", 2));
        rig.Place("2", ("A", 2));
        rig.Pay("2");
        var report = Replay(rig.Journal, new Cautious());
        var first = report.Differences[0];
        Assert.Equal((ActorId.Sku("A"), "ReserveLine", false), (first.Actor, first.Cause, first.Follows));
        Assert.Contains(first.Was, said => said.StartsWith("StockReserved(ReservationId test:shop:2~", StringComparison.Ordinal));
        Assert.Contains(first.Would, said => said.Contains("Kind Refused", StringComparison.Ordinal));
        Assert.Equal(1, report.Differing);
        Assert.True(report.Following > 2, $"{report.Following}");
        Assert.Contains(report.Differences, d => d.Follows && d.Actor == EngineRig.OrderId("2") && d.Would.Any(w => w.StartsWith("OrderBackordered", StringComparison.Ordinal)));
    }

    [Fact]
    public void Each_difference_that_stands_for_itself_is_counted()
    {
        var rig = new EngineRig(2);
        foreach (var sku in new[] { "A", "B", "C" })
        {
            rig.Adjust(sku, "SH1", 2);
            rig.Place(sku, (sku, 2));
        }
        Assert.Equal(3, Replay(rig.Journal, new Cautious()).Differing);
    }

    sealed class Cautious : IDomain
    {
        public Actor NewActor(ActorId id) => id.Kind == ActorKind.Sku ? new CautiousSku(EngineDomain.Instance.NewActor(id)) : EngineDomain.Instance.NewActor(id);
        public Event NewEvent(byte tag) => EngineDomain.Instance.NewEvent(tag);
        public Message NewMessage(byte tag) => EngineDomain.Instance.NewMessage(tag);
    }

    sealed class CautiousSku(Actor inner) : Actor(inner.Id)
    {
        public override long Deadline => inner.Deadline;
        public override void Evolve(Event happened, in Stamp stamp) => inner.Evolve(happened, stamp);
        public override void Layout(Codec codec) => inner.Layout(codec);
        public override object? View(long now) => inner.View(now);

        public override void Decide(Command command, Turn turn)
        {
            if (command is ReserveLine wish && ((SkuActor)inner).Available == wish.Quantity)
                turn.Send(turn.Sender, new LineAnswer { ReservationId = wish.ReservationId, Kind = LineAnswerKind.Refused, Quantity = wish.Quantity });
            else inner.Decide(command, turn);
        }
    }
}
