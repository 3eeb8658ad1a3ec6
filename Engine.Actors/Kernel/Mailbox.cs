using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

/// <summary>A command from outside and whoever waits for its answer.</summary>
public sealed class Ask
{
    readonly TaskCompletionSource<Answer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Ask(ActorId to, Command command, AskOptions options)
    {
        (To, Command, Options) = (to, command, options);
    }

    public ActorId To { get; }
    public Command Command { get; }
    public AskOptions Options { get; }
    public Task<Answer> Answer => _answer.Task;

    internal object? Reply { get; set; }
    /// <summary>When an answer that waits for the actor to settle goes out all the same, by the node's uptime.</summary>
    internal long GiveUpAt { get; set; }

    internal void Complete(Answer answer) => _answer.TrySetResult(answer);
}

/// <summary>A look at one actor, or at all of a kind, in moments when everything in memory is durable.</summary>
abstract class Look
{
    /// <summary>Default for all of <see cref="Kind"/>.</summary>
    public ActorId Id { get; init; }
    public ActorKind Kind { get; init; }
    public abstract void At(Actor actor, long now);
    /// <summary>All have been looked at.</summary>
    public virtual void End() { }
    public abstract void Fail(AnswerKind kind);
}

/// <summary>
/// What waits to be decided: one bounded queue per lane and tenant. Tenants of a lane take turns, so one that floods waits
/// behind itself only.
/// </summary>
sealed class Mailbox
{
    readonly Lock _gate = new();
    readonly LaneQueue[] _lanes = [new(), new()];
    readonly Limits _limits;

    public Mailbox(Limits limits) => _limits = limits;

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
        lock (_gate)
        {
            var lane = _lanes[(int)ask.Options.Lane];
            return lane.Count < _limits.LaneLength && lane.TryAdd(ask, _limits.TenantLength);
        }
    }

    public void Drain(Lane lane, int count, List<Ask> into)
    {
        lock (_gate) _lanes[(int)lane].Drain(count, into);
    }

    sealed class LaneQueue
    {
        readonly Dictionary<string, Queue<Ask>> _tenants = [];
        readonly Queue<string> _turns = new();

        public int Count { get; private set; }

        public bool TryAdd(Ask ask, int tenantLength)
        {
            var tenant = ask.Options.Tenant ?? "";
            if (!_tenants.TryGetValue(tenant, out var queue)) _tenants.Add(tenant, queue = new Queue<Ask>());
            if (queue.Count >= tenantLength) return false;
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
