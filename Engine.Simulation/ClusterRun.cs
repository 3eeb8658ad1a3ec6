using Engine.Actors;
using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Engine.Simulation.Clients;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation;

/// <summary>
/// The life of several nodes on one store, of one server or several. They are killed, stopped and go on without knowing it, join, leave, are started twice
/// under one name, are cut off from the store and from each other; what they tell each other is lost, late and repeated; their
/// clocks and the store's are set. Answers of whichever node are held against what is durable, and nobody is excused for being old.
/// </summary>
sealed class ClusterRun : SimulationRun
{
    static readonly string[] Names = ["n1", "n2", "n3"];
    /// <summary>Two clocks may each be off by less than what is seen as a difference.</summary>
    const long AheadMax = 2100;
    /// <summary>Steps below it happen to no node in particular.</summary>
    const int WithoutMishaps = 966;

    readonly List<SimNode> _nodes = [];
    readonly List<(string To, byte[] Message)> _mail = [];
    readonly HashSet<(string, string)> _cuts = [];
    readonly SimClock _storeClock;
    readonly MemoryCluster _cluster;
    int _lostMail = 30;
    int _started;

    public ClusterRun(int seed, PlantedFault fault = default, bool tells = false, IReadOnlyList<Actors.Orders.ShopPolicy>? policies = null)
        : base(seed, fault, tells, policies, keepsOrder: seed / 4 % 2 == 0, isServer: true)
    {
        _storeClock = new SimClock(Clock);
        _cluster = new MemoryCluster(World.Partitions, p => Disk.Acquire(p, ""), _storeClock);
        Courier.Find = Find;
    }

    SimNode[] Active => [.. _nodes.Where(n => !n.IsPaused)];

    protected override void Start()
    {
        foreach (var name in Names) Join(name);
        for (var i = 0; i < 6; i++) Pass(TimeSpan.FromSeconds(1));
        Disk.Faults = new DiskFaults();
        while (Work()) Observe();
        Disk.Faults = SomeDisk();
        Observe();
    }

    void Join(string name)
    {
        var row = new NodeRow($"{name}#{++_started}", name, name, FrameLayout.Version);
        Tell($"{row.Id} joins");
        var clock = new SimClock(Clock);
        var scheduler = new SimScheduler(Random) { Repeated = 50 };
        var store = new SimStore(Disk, _cluster, Random);
        var engine = NewNode(store, clock, scheduler, row.Id);
        var node = new SimNode
        {
            Row = row, Clock = clock, Scheduler = scheduler, Store = store, Engine = engine, Member = new ClusterMember(row, engine, store, new SimNeighbours(this, row.Id)),
        };
        store.TakenOver = () => PauseAtTakeOver(node);
        _nodes.Add(node);
    }

    // ── what clients and nodes say to each other ──

    /// <summary>A client comes to any node, which brings it to the owner with one hop.</summary>
    Courier.Route Find(ActorId id)
    {
        if (Active is not { Length: > 0 } nodes) return default;
        var entry = nodes[Random.Next(nodes.Length)];
        // Whoever had it may believe so still.
        if (_lostMail > 0 && Random.Next(3) == 0) return new Courier.Route(entry.Engine);
        if (entry.Member.OwnerOf(id.PartitionOf(World.Partitions)) is not { } owner) return default;
        var at = _nodes.Find(n => n.Row.Id == owner.Id);
        if (at is null || (at != entry && IsCut(at.Row.Id, entry.Row.Id))) return default;
        return new Courier.Route(at.Engine, at != entry && Random.Next(1000) < _lostMail);
    }

    bool IsCut(string a, string b) => _cuts.Contains((a, b)) || _cuts.Contains((b, a));

    void Post(string from, string to, NodeMessage message)
    {
        if (IsCut(from, to) || Random.Next(1000) < _lostMail) return;
        // Who owns what stands in the store; that others tell it only makes it known sooner.
        if (message is NodeMessage.Ownership && _lostMail > 0 && Random.Next(3) > 0) return;
        var codec = Codec.Writer();
        message.Write(codec);
        _mail.Add((to, codec.Written.ToArray()));
    }

    bool Deliver()
    {
        if (_mail.Count == 0) return false;
        var at = Random.Next(_mail.Count);
        var (to, bytes) = _mail[at];
        var node = _nodes.Find(n => n.Row.Id == to);
        if (node is { IsPaused: true }) return false;
        if (_lostMail == 0 || Random.Next(20) > 0) _mail.RemoveAt(at);
        if (node is null) return true;
        foreach (var message in NodeMessage.ReadAll(bytes, EngineDomain.Instance)) node.Member.Hear(message);
        return true;
    }

    sealed class SimNeighbours(ClusterRun run, string me) : INeighbours
    {
        public void Send(NodeRow to, NodeMessage message) => run.Post(me, to.Id, message);
    }

    // ── steps ──

    protected override void Step(int pick)
    {
        if (pick < 420) RunOne();
        else if (pick < 590) Disk.Commit();
        else if (pick < 660) Deliver();
        else if (pick < 690) RoundOfOne();
        else if (pick < 740) LookAround();
        else if (pick < 850) Act();
        else if (pick < 960) Pass(SomeTime());
        else if (pick < WithoutMishaps) Disk.SetWritable(Random.Next(3) > 0);
        else if (pick < 969) Disk.Faults = SomeDisk();
        else if (pick < 974) Kill();
        else if (pick < 979) JoinOne();
        else if (pick < 985) PauseOrGoOn();
        else if (pick < 990) CutFromStore();
        else if (pick < 994) CutFromEachOther();
        else if (pick < 996) LeaveOne();
        else SetAClock();
    }

    void RunOne()
    {
        if (Active is { Length: > 0 } nodes) nodes[Random.Next(nodes.Length)].Scheduler.Step();
    }

    /// <summary>Every node is asked at once: nobody may show what has been overtaken.</summary>
    void LookAround()
    {
        var find = Courier.Find;
        foreach (var node in Active)
        {
            Courier.Find = _ => new Courier.Route(node.Engine);
            foreach (var sku in World.Skus) Courier.Read(ActorId.Sku(sku), static _ => { });
        }
        Courier.Find = find;
    }

    void RoundOfOne()
    {
        if (Active is { Length: > 0 } nodes) RoundOf(nodes[Random.Next(nodes.Length)]);
    }

    void RoundOf(SimNode node)
    {
        node.Member.Round();
        node.IsLeaving |= node.Member.MustEnd is not null;
        if (!node.IsLeaving) return;
        node.Member.Leave();
        if (!node.Member.ServesNothing) return;
        Tell($"{node.Row.Id} has left");
        try
        {
            node.Member.SayGoodbye();
        }
        catch (StoreUnavailableException)
        {
            // The others wait for its lease.
        }
        Remove(node);
    }

    protected override void Pass(TimeSpan time)
    {
        // In long spells nobody gets to renew; in short ones mostly everybody.
        Clock.Advance(time);
        foreach (var node in Active)
        {
            node.Engine.Tick();
            if (Random.Next(1000) < time.TotalMilliseconds || Random.Next(6) == 0) RoundOf(node);
        }
    }

    void Kill()
    {
        if (_nodes.Count == 0) return;
        var node = _nodes[Random.Next(_nodes.Count)];
        Tell($"{node.Row.Id} is killed");
        Crashes++;
        Remove(node);
    }

    void Remove(SimNode node)
    {
        _nodes.Remove(node);
        Observe();
        Courier.Disconnect(node.Engine);
    }

    void JoinOne()
    {
        var missing = Names.Except(_nodes.Select(n => n.Row.Name)).ToArray();
        if (missing.Length > 0) Join(missing[Random.Next(missing.Length)]);
        // A cloned configuration: two under one name.
        else if (Random.Next(10) == 0 && _nodes.Count < 4) Join(Names[Random.Next(Names.Length)]);
    }

    void PauseOrGoOn()
    {
        if (_nodes.Count == 0) return;
        var node = _nodes[Random.Next(_nodes.Count)];
        node.IsPaused = !node.IsPaused;
        Tell($"{node.Row.Id} {(node.IsPaused ? "is stopped" : "goes on")}");
        if (node.IsPaused) return;
        // In the middle of what it was doing, before it looks at any clock.
        LookAround();
        for (var i = 0; i < 20 && node.Scheduler.Step(); i++) Observe();
    }

    /// <summary>Stopped for a while before it reads what it has taken over; the others live on.</summary>
    void PauseAtTakeOver(SimNode node)
    {
        if (_lostMail == 0 || Random.Next(50) > 0) return;
        Tell($"{node.Row.Id} is stopped as it takes a partition over");
        node.IsPaused = true;
        for (var i = Random.Next(300); i > 0; i--)
        {
            Step(Random.Next(WithoutMishaps));
            Observe();
        }
        node.IsPaused = false;
    }

    void CutFromStore()
    {
        if (_nodes.Count == 0) return;
        var node = _nodes[Random.Next(_nodes.Count)];
        node.Store.IsCut = !node.Store.IsCut;
        Tell($"{node.Row.Id} and the store are {(node.Store.IsCut ? "cut" : "healed")}");
    }

    void CutFromEachOther()
    {
        if (_nodes.Count < 2) return;
        var (a, b) = (_nodes[0].Row.Id, _nodes[Random.Next(1, _nodes.Count)].Row.Id);
        if (!_cuts.Remove((a, b))) _cuts.Add((a, b));
    }

    void LeaveOne()
    {
        if (_nodes.Count < 2) return;
        var node = _nodes[Random.Next(_nodes.Count)];
        Tell($"{node.Row.Id} leaves");
        node.IsLeaving = true;
    }

    /// <summary>One at a time is wrong: a node's own or the store's.</summary>
    void SetAClock()
    {
        if (_nodes.Count == 0) return;
        foreach (var node in _nodes) node.Clock.SetWall(default);
        _storeClock.SetWall(default);
        var ahead = TimeSpan.FromSeconds(Random.Next(-4000, 4000));
        switch (Random.Next(4))
        {
            case 0: _storeClock.SetWall(ahead); break;
            case 1: _nodes[Random.Next(_nodes.Count)].Clock.SetWall(ahead); break;
            case 2: _nodes[Random.Next(_nodes.Count)].Clock.SetWall(TimeSpan.FromMilliseconds(Random.Next(-900, 900))); break;
            default: break;
        }
    }

    protected override void Before(Actor actor, Event happened, Stamp stamp)
    {
        Require(stamp.At <= Clock.Now + AheadMax, "I7", $"{actor.Id} {happened.GetType().Name} is decided {stamp.At - Clock.Now} ms ahead of its time");
        base.Before(actor, happened, stamp);
    }

    // ── the end ──

    protected override void Heal()
    {
        _cuts.Clear();
        _lostMail = 0;
        _storeClock.SetWall(default);
        Disk.Faults = new DiskFaults();
        Disk.SetWritable(true);
        foreach (var node in _nodes)
        {
            node.IsPaused = false;
            node.Store.IsCut = false;
            node.Clock.SetWall(default);
        }
        // Who has to leave may find out only now.
        for (var i = 0; i < 30; i++) RoundAll();
        for (var i = 0; _nodes.Exists(n => n.IsLeaving); i++)
        {
            Require(i < 60, "I9", "who leaves never gets away");
            RoundAll();
        }
        foreach (var missing in Names.Except(_nodes.Select(n => n.Row.Name)).ToArray()) Join(missing);
        for (var i = 0; i < 10; i++) RoundAll();
    }

    void RoundAll()
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        foreach (var node in Active)
        {
            node.Engine.Tick();
            RoundOf(node);
        }
        for (var i = 0; Work(); i++)
        {
            Require(i < 100_000, "I9", "it never comes to rest");
            Observe();
        }
    }

    /// <summary>All at once, as when the power of the whole site fails.</summary>
    protected override void Restart()
    {
        Observe();
        foreach (var node in _nodes.ToArray())
        {
            Crashes++;
            Remove(node);
        }
        _mail.Clear();
        Disk.Crash();
        Observe();
        Heal();
    }

    protected override bool Work()
    {
        foreach (var node in Active)
            if (node.Scheduler.Step()) return true;
        return Disk.Commit() || Deliver();
    }

    protected override void CheckServing()
    {
        // After a long spell leases have run out and partitions have moved; they come home.
        for (var i = 0; i < 20; i++) RoundAll();
        for (var partition = 0; partition < World.Partitions; partition++)
        {
            var serving = _nodes.Where(n => n.Engine.IsOpen(partition)).Select(n => n.Row.Name).ToArray();
            Require(serving.Length == 1, "I4", $"partition {partition} is served by {(serving.Length == 0 ? "nobody" : string.Join(" and ", serving))}");
            var home = Rendezvous.Owner(partition, Names);
            Require(serving[0] == home, "I9", $"partition {partition} is served by {serving[0]} and belongs to {home}");
        }
    }
}
