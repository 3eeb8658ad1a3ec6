using Engine.Actors.Asking;

namespace Engine.Actors.Kernel;

/// <summary>
/// What waits to be decided: one bounded queue per lane and tenant. Tenants of a lane take turns and none takes more than half
/// of it, so one that floods waits behind itself only.
/// </summary>
sealed class Mailbox
{
    readonly Lock _gate = new();
    readonly LaneQueue[] _lanes = [new(), new()];
    readonly Limits _limits;
    readonly Pace _pace;

    public Mailbox(Limits limits) => (_limits, _pace) = (limits, new Pace(limits));

    public int Count
    {
        get
        {
            lock (_gate) return _lanes[0].Count + _lanes[1].Count;
        }
    }

    /// <summary>False when the lane, or the tenant's part of it, is full.</summary>
    public bool TryPost(Ask ask)
    {
        lock (_gate) return _lanes[(int)ask.Options.Lane].TryAdd(ask, RoomOf(ask.Options.Lane));
    }

    /// <summary>What would be posted now had no place.</summary>
    public bool IsFull(Lane lane, string tenant)
    {
        lock (_gate) return !_lanes[(int)lane].HasRoom(tenant, RoomOf(lane));
    }

    public void Drain(Lane lane, int count, List<Ask> into)
    {
        lock (_gate) _lanes[(int)lane].Drain(count, into);
    }

    /// <summary>New work was taken from its lane; what the rest has to wait decides how much may wait.</summary>
    /// <param name="uptime">Milliseconds.</param>
    public void Took(int count, long uptime)
    {
        lock (_gate) _pace.Took(count, _lanes[(int)Lane.Normal].Count > 0, uptime);
    }

    int RoomOf(Lane lane) => lane == Lane.Normal ? _pace.Room : _limits.LaneLength;

    sealed class LaneQueue
    {
        readonly Dictionary<string, Queue<Ask>> _tenants = [];
        readonly Queue<string> _turns = new();

        public int Count { get; private set; }

        public bool HasRoom(string tenant, int room) => Count < room && !(_tenants.TryGetValue(tenant, out var queue) && queue.Count >= (room + 1) / 2);

        public bool TryAdd(Ask ask, int room)
        {
            var tenant = ask.Options.Tenant ?? "";
            if (!HasRoom(tenant, room)) return false;
            if (!_tenants.TryGetValue(tenant, out var queue)) _tenants.Add(tenant, queue = new Queue<Ask>());
            if (queue.Count == 0) _turns.Enqueue(tenant);
            queue.Enqueue(ask);
            Count++;
            return true;
        }

        public void Drain(int count, List<Ask> into)
        {
            for (; count > 0 && _turns.TryDequeue(out var tenant); count--)
            {
                var queue = _tenants[tenant];
                into.Add(queue.Dequeue());
                Count--;
                if (queue.Count > 0) _turns.Enqueue(tenant);
                else _tenants.Remove(tenant);
            }
        }
    }
}
