using BenchmarkDotNet.Attributes;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;

namespace Engine.Benchmarks.Micro;

/// <summary>The decide path of one order line: reserve and release, with all its rules, without signatures and journal.</summary>
[MemoryDiagnoser]
public class DecideBenchmarks
{
    readonly NullTurn _turn = new();
    readonly ReserveLine _reserve = new() { ReservationId = "youzan:flagship:E1~1", Quantity = 1, Warehouses = ["SH1", "GZ1", "BJ1"], ExpiresAt = long.MaxValue - 1, PayingExpiresAt = long.MaxValue - 1 };
    readonly ChangeLine _release = new() { ReservationId = "youzan:flagship:E1~1", Change = LineChange.Release };

    [GlobalSetup]
    public void Setup() => _turn.Sku.Decide(new AdjustStock { Reference = "r", LineNumber = 0, Warehouse = "SH1", Delta = 1000, Reason = StockReason.Receiving }, _turn);

    /// <summary>The events and answers themselves are the only allocation that is meant to be here.</summary>
    [Benchmark]
    public void Reserve_and_release_a_line()
    {
        _turn.Sku.Decide(_reserve, _turn);
        _turn.Sku.Decide(_release, _turn);
    }

    sealed class NullTurn : Turn
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
