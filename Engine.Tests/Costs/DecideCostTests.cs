using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Costs;

/// <summary>What the decide path of one order line allocates, with all its rules and without kernel and journal, in steady state.</summary>
public sealed class DecideCostTests(ITestOutputHelper output)
{
    const int Times = 1000;
    const double Rounding = 0.5;

    [Fact]
    public void Reserving_and_releasing_a_line_allocates_its_events_and_its_answers_and_nothing_else()
    {
        var turn = new SilentTurn();
        turn.Sku.Decide(new AdjustStock { Reference = "r", LineNumber = 0, Warehouse = "SH1", Delta = 1000, Reason = StockReason.Receiving }, turn);
        var reserve = new ReserveLine { ReservationId = "youzan:flagship:E1~1", Quantity = 1, Warehouses = ["SH1", "GZ1", "BJ1"], ExpiresAt = long.MaxValue - 1, PayingExpiresAt = long.MaxValue - 1 };
        var release = new ChangeLine { ReservationId = "youzan:flagship:E1~1", Change = LineChange.Release };
        object[] said = [new StockReserved(), new LineAnswer(), new ReservationReleased(), new LineAnswer()];
        var each = AllocatedByEach(() =>
        {
            turn.Sku.Decide(reserve, turn);
            turn.Sku.Decide(release, turn);
        });
        var wanted = AllocatedByEach(() => (said[0], said[1], said[2], said[3]) = (new StockReserved(), new LineAnswer(), new ReservationReleased(), new LineAnswer()));
        output.WriteLine($"{each} bytes for a reservation and its release, {wanted} of them what is said");
        Assert.True(each <= wanted + Rounding, $"{each} bytes are allocated for a reservation and its release, and what is said of it takes {wanted}");
    }

    static double AllocatedByEach(Action act)
    {
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Times;

        void Run()
        {
            for (var i = 0; i < Times; i++) act();
        }
    }

    /// <summary>Applies what is said and keeps nothing of it.</summary>
    sealed class SilentTurn : Turn
    {
        readonly DirectoryActor _directory = new(ActorId.Directory(0));
        long _sequence;

        public SkuActor Sku { get; } = new(ActorId.Sku("A"));
        public override long Now => 1_760_000_000_000;
        public override ActorId Self => Sku.Id;
        public override ActorId Sender { get; } = ActorId.Order("youzan:flagship:E1");
        public override Actor Directory => _directory;
        public override int Partitions => 1;
        public override void Emit(Event happened) => Sku.Evolve(happened, new Stamp(++_sequence, Now));
        public override void Send(ActorId to, Message message) { }
        public override void Reply(object reply) { }
        public override KeyRef StoreKey(byte[] wrapped) => default;
        public override void DropKey(KeyRef key) { }
    }
}
