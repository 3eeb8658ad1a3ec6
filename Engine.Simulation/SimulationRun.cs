using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Simulation.Clients;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation;

/// <summary>
/// One run of the real kernel and the real deciders, from one seed, on one thread. After every step all that has become durable
/// is read and compared; at the end everything must come to rest, and once more after a restart.
/// </summary>
abstract class SimulationRun
{
    readonly List<IClient> _clients = [];
    readonly StockClient _stockClient;
    readonly OrderLedger _orders = new();
    readonly List<string>? _story;
    string? _stopped;
    int _newOrders;
    ulong _trace = 14695981039346656037;

    /// <summary>Some seeds are lives of one node, the others of a cluster.</summary>
    public static SimulationRun Of(int seed, PlantedFault fault = default, bool tells = false, IReadOnlyList<Actors.Orders.ShopPolicy>? policies = null) =>
        fault.IsOfClusters || (seed % 4 == 0 && !fault.IsOfOneNode) ? new ClusterRun(seed, fault, tells, policies) : new NodeRun(seed, fault, tells, policies);

    protected SimulationRun(int seed, PlantedFault fault, bool tells, IReadOnlyList<Actors.Orders.ShopPolicy>? policies, bool keepsOrder, bool isServer)
    {
        (Fault, _story) = (fault, tells ? [] : null);
        Random = new Random(seed);
        World = new World(Random, policies);
        Disk = new CrashDisk(World.Partitions, Random) { Planted = fault.Store, KeepsOrder = keepsOrder, IsServer = isServer };
        Replica = new Replica(World.Partitions, EngineDomain.Instance) { Before = Before, After = After };
        Courier = new Courier { CheckRead = CheckRead };
        _stockClient = new StockClient(this);
        _clients.AddRange([_stockClient, new CallerClient(this, 1), new CallerClient(this, 2), new CartClient(this, 1), new CartClient(this, 2), new Auditor(this)]);
    }

    protected PlantedFault Fault { get; }
    public Random Random { get; }
    public World World { get; }
    public SimClock Clock { get; } = new();
    public CrashDisk Disk { get; }
    public Replica Replica { get; }
    public StockLedger Stock { get; } = new();
    public CartLedger Carts { get; } = new();
    public Courier Courier { get; }
    public int StepsDone { get; private set; }
    public int Crashes { get; protected set; }
    public IReadOnlyList<string> Story => _story ?? [];

    /// <summary>Follows from every choice of this run and every byte it made durable.</summary>
    public ulong TraceHash => (_trace ^ Replica.Hash) * 1099511628211UL;

    public AskOptions SomeOptions() =>
        new((Lane)Random.Next(2), Random.Next(2) == 0 ? "a" : "b", WithView: Random.Next(2) == 0, Settle: Random.Next(3) == 0 ? TimeSpan.FromSeconds(5) : default);

    public ActorId SomeActor() => Random.Next(3) switch
    {
        0 => ActorId.Sku(World.Sku()),
        1 => ActorId.Warehouse(World.Warehouse()),
        _ => _clients[Random.Next(_clients.Count)] is OrderClient order ? order.Id : ActorId.Directory(Random.Next(World.Partitions)),
    };

    /// <exception cref="BrokenInvariantException" />
    public void Run(int steps)
    {
        Start();
        _stockClient.Open();
        while (StepsDone < steps) Step();
        EndWell();
    }

    protected abstract void Start();

    /// <summary>A node to run on that disk.</summary>
    protected EngineNode NewNode(IJournal journal, TimeProvider clock, IScheduler scheduler, string owner) =>
        new(journal, Fault.Domain == DomainFault.None ? EngineDomain.Instance : new FaultyDomain(Fault.Domain), clock, scheduler, World.Limits, owner, Fault.Kernel)
        {
            PartitionStopped = (partition, why) => _stopped = $"partition {partition} stopped: {why}",
        };

    protected DiskFaults SomeDisk() => Random.Next(3) switch
    {
        0 => new DiskFaults(),
        1 => new DiskFaults(Failed: 10, Unknown: 10, Unreadable: 2),
        _ => new DiskFaults(Failed: Random.Next(60), Unknown: Random.Next(60), Unreadable: Random.Next(20)),
    };

    // ── steps ──

    void Step()
    {
        StepsDone++;
        var pick = Random.Next(1000);
        _trace = (_trace ^ (ulong)pick) * 1099511628211UL;
        Step(pick);
        Observe();
    }

    /// <summary>One of many things happens; <paramref name="pick"/>, below 1000, says which.</summary>
    protected abstract void Step(int pick);

    protected void Act()
    {
        if (Random.Next(12) == 0)
        {
            _clients.Add(new OrderClient(this, new OrderPlan(World, Random, ++_newOrders, Clock.Now)));
            Tell($"order {_newOrders} is planned");
        }
        // The newest orders are the busiest.
        var client = _clients[Random.Next(2) == 0 ? Random.Next(_clients.Count) : Math.Max(0, _clients.Count - 1 - Random.Next(6))];
        client.Act();
    }

    protected TimeSpan SomeTime() => Random.Next(100) switch
    {
        < 60 => TimeSpan.FromMilliseconds(Random.Next(1, 50)),
        < 85 => TimeSpan.FromMilliseconds(Random.Next(50, 3000)),
        < 97 => TimeSpan.FromSeconds(Random.Next(3, 60)),
        _ => TimeSpan.FromMinutes(Random.Next(1, 40)),
    };

    /// <summary>Time passes for everybody.</summary>
    protected abstract void Pass(TimeSpan time);

    /// <summary>Reads what has become durable, then hears what was answered.</summary>
    protected void Observe()
    {
        Require(_stopped is null, "I12", _stopped ?? "");
        Replica.CatchUp(Disk);
        Courier.Collect();
    }

    protected virtual void Before(Actor actor, Event happened, Stamp stamp)
    {
        if (_story is not null) Tell($"frame {stamp.Sequence}: {actor.Id} {happened.GetType().Name} {Words.Of(happened)}");
        switch (actor)
        {
            case Actors.Inventory.SkuActor sku:
                _orders.Write(sku, happened);
                Carts.Write(sku, happened);
                break;
            case Actors.Orders.OrderActor order:
                _orders.Write(order, happened, stamp);
                Carts.Write(order, happened);
                break;
            case Actors.Carts.CartActor cart: Carts.Write(cart, happened, stamp); break;
            default: break;
        }
    }

    void After(Actor actor, Event happened, Stamp stamp)
    {
        if (actor is Actors.Inventory.SkuActor sku) Stock.Write(sku, happened, stamp.At);
    }

    void CheckRead(ActorId id, byte[] shown) =>
        Require(shown.AsSpan().SequenceEqual(Replica.Encode(Replica.Find<Actor>(id))), "I5", $"{id} is not in memory what its frames say");

    // ── the end ──

    /// <summary>Faults stop, everything comes to rest, time passes all locks; then all is checked, and again after a restart.</summary>
    void EndWell()
    {
        Tell("faults stop");
        Heal();
        Settle();
        CartChecks.Check(Replica, late: false);
        Tell("time passes all locks");
        for (var i = 0; i < 12; i++)
        {
            Pass(World.Longest / 12);
            Settle();
        }
        CheckAll();
        Tell("restart");
        Restart();
        Heal();
        Settle();
        CheckAll();
    }

    /// <summary>No fault is made from now on, and none that was made goes on.</summary>
    protected abstract void Heal();

    protected abstract void Restart();

    /// <summary>Somewhere something waits to be done, and one such thing is done.</summary>
    protected abstract bool Work();

    /// <summary>Everybody serves what is theirs.</summary>
    protected abstract void CheckServing();

    void Settle()
    {
        // Long enough for a clock that was set to be believed again, for answers that wait, and for stores that come back.
        for (var round = 0; round < 8; round++)
        {
            Pass(TimeSpan.FromSeconds(round == 0 ? 301 : 1));
            Drain();
        }
        Require(Courier.Waiting == 0, "I9", $"never answered: {string.Join(", ", Courier.Unanswered)}");
        CheckServing();
    }

    void Drain()
    {
        for (var i = 0; Work(); i++)
        {
            Require(i < 100_000, "I9", "it never comes to rest");
            Observe();
        }
    }

    void CheckAll()
    {
        QuietChecks.Check(Replica);
        foreach (var client in _clients) client.Check();
        foreach (var actor in Replica.Actors.ToArray()) Courier.Read(actor.Id, seen => Require(seen is not null, "I9", $"{actor.Id} can't be read"));
        Drain();
        Require(Courier.Waiting == 0, "I9", $"never shown: {string.Join(", ", Courier.Unanswered)}");
    }

    public void Tell(string line)
    {
        _story?.Add($"{StepsDone,6} {Clock.Now % 86_400_000,8} {line}");
    }
}
