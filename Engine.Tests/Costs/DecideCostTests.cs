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

    [Fact]
    public void Reserving_and_releasing_a_line_allocates_no_more_than_its_events_and_what_is_known_of_it()
    {
        var turn = new SilentTurn();
        turn.Sku.Decide(new AdjustStock { Reference = "r", LineNumber = 0, Warehouse = "SH1", Delta = 1000, Reason = StockReason.Receiving }, turn);
        var reserve = new ReserveLine { ReservationId = "youzan:flagship:E1~1", Quantity = 1, Warehouses = ["SH1", "GZ1", "BJ1"], ExpiresAt = long.MaxValue - 1, PayingExpiresAt = long.MaxValue - 1 };
        var release = new ChangeLine { ReservationId = "youzan:flagship:E1~1", Change = LineChange.Release };
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Times;
        output.WriteLine($"{each} bytes for a reservation and its release");
        Assert.True(each <= Bound, $"{each} bytes are allocated for a reservation and its release; {Bound} were enough before");

        void Run()
        {
            for (var i = 0; i < Times; i++)
            {
                turn.Sku.Decide(reserve, turn);
                turn.Sku.Decide(release, turn);
            }
        }
    }

    // The two events, the two answers to the order, and the array of warehouses that were asked: the reservation's row is one that was free.
    const double Bound = 640;

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
