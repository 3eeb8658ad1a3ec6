using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Engine.Actors.Orders;
using Engine.Actors.Trials;
using Xunit;

namespace Engine.Tests;

/// <summary>
/// The real kernel and deciders on a memory store, everything on the calling thread: each command is followed until nothing
/// moves any more, and time passes only when a test says so.
/// </summary>
public sealed class EngineRig : IScheduler
{
    readonly Queue<Action> _work = new();
    readonly Queue<Action> _blocking = new();
    readonly MemoryStore _store;
    readonly IDomain _domain;
    readonly KernelFault _fault;
    readonly Func<IJournal, IJournal> _around;

    /// <param name="around">Puts another journal around the one in memory.</param>
    public EngineRig(
        int partitions = 3, Limits? limits = null, MemoryStore? store = null, IDomain? domain = null, KernelFault fault = KernelFault.None, Func<IJournal, IJournal>? around = null)
    {
        (_domain, _fault, _around) = (domain ?? EngineDomain.Instance, fault, around ?? (journal => journal));
        _store = store ?? new MemoryStore(partitions);
        Limits = limits ?? new Limits();
        Node = Restart();
    }

    public ManualTime Time { get; } = new();
    public Limits Limits { get; }
    public EngineNode Node { get; private set; }
    /// <summary>What blocks ends when nothing else moves; else it takes no longer than a turn.</summary>
    public bool BlocksLong { get; set; }
    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    void IScheduler.Run(Partition partition) => _work.Enqueue(partition.Execute);
    void IScheduler.RunBlocking(Action work) => (BlocksLong ? _blocking : _work).Enqueue(work);
    void IScheduler.Deliver(Partition to, Delivery delivery) => to.Receive(delivery);

    /// <summary>Forgets all memory and opens the store again, as after a crash.</summary>
    public EngineNode Restart()
    {
        _work.Clear();
        _blocking.Clear();
        Node = new EngineNode(_around(new MemoryJournal(_store, MemoryCompletion.Inline)), _domain, Time, this, Limits, fault: _fault);
        Node.Open();
        Settle();
        return Node;
    }

    public IJournal Journal => new MemoryJournal(_store, MemoryCompletion.Inline);

    public void Settle()
    {
        for (var i = 0; Step(); i++)
            if (i > 200_000) throw new InvalidOperationException("it never comes to rest");
    }

    /// <summary>One turn of one partition, or one piece of work beside it; false where nothing moves.</summary>
    public bool Step()
    {
        var moves = _work.TryDequeue(out var work) || _blocking.TryDequeue(out work);
        work?.Invoke();
        return moves;
    }

    /// <summary>Lets time pass in steps of a second, with everything that falls due in it.</summary>
    public void Pass(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            Time.Advance(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
            Node.Tick();
            Settle();
        }
    }

    public Answer Ask(ActorId to, Command command, bool settle = true)
    {
        var ask = Node.Ask(to, command, new AskOptions(WithView: true, Settle: settle ? TimeSpan.FromSeconds(5) : TimeSpan.Zero));
        Settle();
        for (var i = 0; i < 10 && !ask.Answer.IsCompleted; i++) Pass(TimeSpan.FromSeconds(1));
        Assert.True(ask.Answer.IsCompleted, $"{command.GetType().Name} to {to} is never answered");
        return ask.Answer.Result;
    }

    public Task<Answer> Begin(ActorId to, Command command)
    {
        return Node.Ask(to, command, new AskOptions(WithView: true)).Answer;
    }

    public T Read<T>(ActorId id) where T : class
    {
        var answer = Node.ReadAsync<Actor>(id, static (actor, now) => actor.View(now)).AsTask();
        Settle();
        return Assert.IsType<T>(answer.Result.View ?? answer.Result.Reply, exactMatch: false);
    }

    // ── the words of the tests ──

    public void Warehouse(string code, double? lat = null, double? lon = null, WarehouseState state = WarehouseState.Open) =>
        Ask(ActorId.Warehouse(code), new ConfigureWarehouse
        {
            Settings = new WarehouseSettings
            {
                Code = code, Name = code, State = state, HasLocation = lat is not null, Latitude = (long)((lat ?? 0) * 1e7), Longitude = (long)((lon ?? 0) * 1e7),
            },
        });

    int _references;

    public StockReply Adjust(string sku, string warehouse, int delta, StockReason reason = StockReason.Receiving, string? reference = null, string by = "") =>
        (StockReply)Ask(ActorId.Sku(sku), new AdjustStock
        {
            Reference = reference ?? $"ref-{_references++}", LineNumber = 0, Warehouse = warehouse, Delta = delta, Reason = reason, By = by,
        }).Reply!;

    public StockView Stock(string sku) => Read<StockView>(ActorId.Sku(sku));

    public static ShopPolicy Backorders => new();
    public static ShopPolicy Rejects => new() { RejectOnShortage = true };

    public static OrderDetails Order(long placedAt, long total, params (string Sku, int Quantity)[] lines) => new()
    {
        PlacedAt = placedAt,
        Total = total,
        Currency = "CNY",
        Lines = [.. lines.Select((l, i) => new OrderedLine { LineId = $"{i + 1}", Code = l.Sku, Quantity = l.Quantity, UnitPrice = total })],
    };

    public OrderDetails Order(params (string Sku, int Quantity)[] lines) => Order(Now, 100, lines);

    public Answer Send(string id, OrderDetails? details = null, PaymentFact? payment = null, Cancellation? cancellation = null, RefundFact? refund = null, StepFact? step = null,
        ShopPolicy? policy = null, bool keepEarly = true, bool settle = true) =>
        Ask(OrderId(id), Wish(id, details, payment, cancellation, refund, step, policy, keepEarly), settle);

    public Intake Wish(string id, OrderDetails? details = null, PaymentFact? payment = null, Cancellation? cancellation = null, RefundFact? refund = null, StepFact? step = null,
        ShopPolicy? policy = null, bool keepEarly = true) => new()
    {
        Platform = "test", Shop = "shop", PlatformOrderId = id, Source = "test", Policy = policy ?? Backorders,
        Details = details, Payment = payment, Cancellation = cancellation, Refund = refund, Step = step, KeepEarly = keepEarly,
    };

    public static ActorId OrderId(string id) => ActorId.Order($"test:shop:{id}");

    public OrderView Place(string id, params (string Sku, int Quantity)[] lines) => (OrderView)Send(id, Order(lines)).View!;

    public OrderView Pay(string id, long amount = PaymentFact.Whole, PayStatus status = PayStatus.Succeeded, string reference = "p1") =>
        (OrderView)Send(id, payment: new PaymentFact { Reference = reference, Status = status, Amount = amount, At = Now, ArrivedAt = Now }).View!;

    public OrderView Cancel(string id, params (string Line, int Quantity)[] lines) =>
        (OrderView)Send(id, cancellation: new Cancellation("changed mind", "buyer", [.. lines.Select(l => new CancelledQuantity { LineId = l.Line, Quantity = l.Quantity })])).View!;

    public OrderView View(string id) => Read<OrderView>(OrderId(id));
}
