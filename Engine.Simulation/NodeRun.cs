using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation;

/// <summary>
/// The life of one node on one disk, with crashes between any two steps; sometimes it is replaced and does not know it. The disk is a file,
/// one server or several.
/// </summary>
sealed class NodeRun : SimulationRun
{
    SimScheduler _scheduler;
    SimScheduler? _replaced;
    int _nodes;

    public NodeRun(int seed, PlantedFault fault = default, bool tells = false, IReadOnlyList<Actors.Orders.ShopPolicy>? policies = null) : base(seed, fault, tells, policies, keepsOrder: seed % 2 == 1, isServer: seed % 4 != 1) =>
        _scheduler = new SimScheduler(Random);

    protected override void Start()
    {
        _scheduler = new SimScheduler(Random) { Repeated = 50, Lost = 5 };
        Disk.Owner = $"node-{++_nodes}";
        Courier.Node = NewNode(Disk, Clock, _scheduler, Disk.Owner);
        Disk.Faults = new DiskFaults();
        Courier.Node.Open();
        Disk.Faults = SomeDisk();
        Observe();
    }

    protected override void Step(int pick)
    {
        if (pick < 480) _scheduler.Step();
        else if (pick < 680) Disk.Commit();
        else if (pick < 860) Act();
        else if (pick < 980) Pass(SomeTime());
        else if (pick < 988) Disk.SetWritable(Random.Next(3) > 0);
        else if (pick < 991) Disk.Faults = SomeDisk();
        else if (pick < 995) Restart();
        else if (pick < 997) Replace();
        else Clock.SetWall(TimeSpan.FromSeconds(Random.Next(3) == 0 ? Random.Next(-4000, 4000) : 0));
        Observe();
        if (_replaced is not null) GoOnUnaware();
    }

    protected override void Pass(TimeSpan time)
    {
        Clock.Advance(time);
        Courier.Node!.Tick();
    }

    /// <summary>Power fails, and the node starts again on what the disk has kept.</summary>
    protected override void Restart()
    {
        Tell("crash");
        Crashes++;
        _replaced = null;
        Disk.Crash();
        Observe();
        Courier.Disconnect();
        Start();
    }

    /// <summary>A node that hung is replaced by another on the same store, and wakes up later without knowing it.</summary>
    void Replace()
    {
        if (_replaced is not null) return;
        Tell("replaced");
        Disk.SetWritable(true);
        Courier.Node!.PartitionStopped = null;
        _replaced = _scheduler;
        Start();
    }

    void GoOnUnaware()
    {
        if (Random.Next(8) == 0) _replaced!.Step();
        if (Random.Next(200) > 0) return;
        Tell("the replaced node ends");
        _replaced = null;
        Courier.ForgetStale();
    }

    protected override void Heal()
    {
        _replaced = null;
        Courier.ForgetStale();
        Disk.Faults = new DiskFaults();
        Disk.SetWritable(true);
        Clock.SetWall(default);
        if (!_scheduler.HasLost)
        {
            _scheduler.Lost = 0;
            return;
        }
        Restart();
        Heal();
    }

    protected override bool Work() => _scheduler.Step() || Disk.Commit();

    protected override void CheckServing()
    {
        foreach (var partition in Courier.Node!.Status) Require(partition.State == "open", "I9", $"partition {partition.Partition} is {partition.State}");
    }
}
