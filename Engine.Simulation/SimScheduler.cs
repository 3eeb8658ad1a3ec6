using Engine.Actors.Kernel;

namespace Engine.Simulation;

/// <summary>
/// Everything a node would do on its threads, kept in lists: one thing at a time is done, and the seed says which. Messages
/// may arrive late, twice and in any order; one that is lost is found by the receiver when it hears of a later one or opens anew.
/// </summary>
public sealed class SimScheduler : IScheduler
{
    readonly Random _random;
    readonly List<Partition> _turns = [];
    readonly List<Action> _blocking = [];
    readonly List<(Partition To, Delivery Delivery)> _deliveries = [];

    public SimScheduler(Random random) => _random = random;

    /// <summary>Of a thousand deliveries so many arrive twice.</summary>
    public int Repeated { get; set; }

    /// <summary>Of a thousand deliveries so many are lost; a partition must open anew before all can be expected to be well.</summary>
    public int Lost { get; set; }

    /// <summary>A delivery was lost since this was last set to false.</summary>
    public bool HasLost { get; set; }

    public int Count => _turns.Count + _blocking.Count + _deliveries.Count;

    public void Run(Partition partition) => _turns.Add(partition);

    public void RunBlocking(Action work) => _blocking.Add(work);

    public void Deliver(Partition to, Delivery delivery)
    {
        if (_random.Next(1000) < Lost) HasLost = true;
        else _deliveries.Add((to, delivery));
    }

    /// <summary>Does one of the things that wait. False when there are none.</summary>
    public bool Step()
    {
        if (Count == 0) return false;
        var pick = _random.Next(Count);
        if (pick < _turns.Count) Take(_turns, pick).Execute();
        else if ((pick -= _turns.Count) < _blocking.Count) Take(_blocking, pick)();
        else Arrive(pick - _blocking.Count);
        return true;
    }

    void Arrive(int pick)
    {
        var (to, delivery) = _deliveries[pick];
        if (_random.Next(1000) >= Repeated) Take(_deliveries, pick);
        to.Receive(delivery);
    }

    static T Take<T>(List<T> list, int at)
    {
        var taken = list[at];
        list[at] = list[^1];
        list.RemoveAt(list.Count - 1);
        return taken;
    }
}
