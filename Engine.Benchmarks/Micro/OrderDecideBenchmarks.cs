using BenchmarkDotNet.Attributes;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;

namespace Engine.Benchmarks.Micro;

/// <summary>
/// All decisions about an order of two lines until its stock is locked: taken in, two lines asked for and granted, concluded.
/// With all rules and events, without mailboxes, frames and signatures.
/// </summary>
[MemoryDiagnoser]
public class OrderDecideBenchmarks
{
    const int LocksKept = 1000;
    static readonly string[] Skus = ["A", "B"];

    readonly Intake _intake = new()
    {
        Platform = "youzan", Shop = "flagship", PlatformOrderId = "E1", Source = "webhook:youzan", Policy = new ShopPolicy(), KeepEarly = true, WrappedKey = new byte[61],
        Details = new OrderDetails
        {
            PlacedAt = Exchange.Time, Goods = 25_800, Freight = 800, Discount = 200, Total = 26_400, Currency = "CNY", Personal = new byte[180], PersonalHash = 1,
            Place = new Place { Country = "CN", Province = "广东省", City = "深圳市", District = "南山区" },
            Lines = [.. Skus.Select((sku, i) => new OrderedLine { LineId = $"{i + 1}", Code = sku, Quantity = 1, UnitPrice = 12_900, Discount = 100 })],
        },
    };

    readonly Exchange _exchange = new();
    int _orders;

    [GlobalSetup]
    public void Setup() => Begin();

    [Benchmark]
    public MicroState Take_in_an_order_of_two_lines()
    {
        // SKUs that hold ever more would be measured instead.
        if (++_orders % LocksKept == 0) Begin();
        var id = ActorId.Order(string.Concat("youzan:flagship:E", _orders.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var order = new OrderActor(id);
        _exchange.Run(order, _intake);
        return order.State;
    }

    void Begin()
    {
        _exchange.Clear();
        _exchange.Directory.Evolve(new DirectoryChanged { Settings = new WarehouseSettings { Code = "SH1" } }, default);
        foreach (var sku in Skus)
            _exchange.Run(new SkuActor(ActorId.Sku(sku)), new AdjustStock { Reference = "r", LineNumber = 0, Warehouse = "SH1", Delta = 1_000_000, Reason = StockReason.Receiving });
    }

    /// <summary>Brings commands and messages to actors in memory, one after the other, until all is said.</summary>
    sealed class Exchange : Turn
    {
        public const long Time = 1_760_000_000_000;
        readonly Dictionary<ActorId, Actor> _actors = [];
        readonly Queue<(ActorId From, ActorId To, Message Message)> _sent = new();
        DirectoryActor _directory = new(ActorId.Directory(0));
        Actor _self = null!;
        ActorId _sender;
        long _sequence;

        public override long Now => Time;
        public override ActorId Self => _self.Id;
        public override ActorId Sender => _sender;
        public override Actor Directory => _directory;
        public override int Partitions => 1;

        public void Clear()
        {
            _actors.Clear();
            _directory = new DirectoryActor(ActorId.Directory(0));
        }

        public void Run(Actor actor, Command command)
        {
            (_self, _sender) = (actor, default);
            actor.Decide(command, this);
            if (actor is SkuActor) _actors[actor.Id] = actor;
            while (_sent.TryDequeue(out var letter))
            {
                (_self, _sender) = (letter.To == actor.Id ? actor : _actors[letter.To], letter.From);
                _self.Decide(letter.Message, this);
            }
        }

        public override void Emit(Event happened) => _self.Evolve(happened, new Stamp(++_sequence, Now));
        public override void Send(ActorId to, Message message) => _sent.Enqueue((_self.Id, to, message));
        public override void Reply(object reply) { }
        public override KeyRef StoreKey(byte[] wrapped) => default;
        public override void DropKey(KeyRef key) { }
    }
}
