using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Simulation.Clients;

/// <summary>Takes what clients ask to the node and brings back what it says; of a node that died it brings back that nothing is known.</summary>
sealed class Courier
{
    readonly List<Pending> _pending = [];

    public EngineNode? Node { get; set; }

    /// <summary>Where there are several nodes: which one a call for an actor gets to, and what becomes of it on its way. Null for <see cref="Node"/>.</summary>
    public Func<ActorId, Route>? Find { get; set; }

    /// <param name="Node">Null where it gets nowhere.</param>
    /// <param name="IsAnswerLost">The call arrives, its answer does not.</param>
    public readonly record struct Route(EngineNode? Node, bool IsAnswerLost = false);

    public bool IsConnected => Node is not null || Find is not null;

    /// <summary>Compares what a read showed with what is durable.</summary>
    public required Action<ActorId, byte[]> CheckRead { get; init; }

    public int Waiting => _pending.Count;
    public long Answers { get; private set; }

    public void Ask(ActorId to, Command command, AskOptions options, Action<Answer> heard) =>
        Send(to, node => node.Ask(to, command, options).Answer, heard);

    void Send(ActorId to, Func<EngineNode, Task<Answer>> call, Action<Answer> heard)
    {
        var route = Find?.Invoke(to) ?? new Route(Node);
        var answer = route.Node is null ? Task.FromResult(new Answer(AnswerKind.StoreUnavailable)) : call(route.Node);
        if (route.IsAnswerLost) answer = Task.FromResult(new Answer(AnswerKind.OutcomeUnknown));
        _pending.Add(new Pending(route.Node, to, answer, heard));
    }

    /// <summary>Reads an actor: its whole state is compared with what is durable at that moment.</summary>
    public void Read(ActorId id, Action<Actor?> seen)
    {
        Send(id, node => node.ReadAsync<Actor>(id, static (actor, _) => Replica.Encode(actor)).AsTask(), answer =>
        {
            if (answer.Reply is not byte[] bytes)
            {
                seen(null);
                return;
            }
            if (!IsStale) CheckRead(id, bytes);
            var actor = EngineDomain.Instance.NewActor(id);
            actor.Layout(Codec.Reader(bytes));
            seen(actor);
        });
    }

    /// <summary>Hands over the answers that have come.</summary>
    public void Collect()
    {
        for (var i = 0; i < _pending.Count; i++)
        {
            var pending = _pending[i];
            if (!pending.Answer.IsCompleted) continue;
            _pending.RemoveAt(i--);
            Answers++;
            IsStale = Find is null && pending.Node != Node;
            pending.Heard(pending.Answer.Result);
            IsStale = false;
        }
    }

    /// <summary>The answer that is being handed over comes from a node that has been replaced and may not know it.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Nothing more is expected from nodes that have been replaced.</summary>
    public void ForgetStale()
    {
        var lost = _pending.FindAll(p => p.Node != Node);
        _pending.RemoveAll(lost.Contains);
        foreach (var pending in lost) pending.Heard(new Answer(AnswerKind.OutcomeUnknown));
    }

    /// <summary>The node is gone, and with it every connection.</summary>
    public void Disconnect(EngineNode? from = null)
    {
        var lost = _pending.FindAll(p => from is null || p.Node == from);
        _pending.RemoveAll(lost.Contains);
        Node = null;
        foreach (var pending in lost) pending.Heard(new Answer(AnswerKind.OutcomeUnknown));
    }

    public IEnumerable<ActorId> Unanswered => _pending.Select(p => p.To);

    sealed record Pending(EngineNode? Node, ActorId To, Task<Answer> Answer, Action<Answer> Heard);
}

/// <summary>Whoever uses the engine: does one thing when it is its turn.</summary>
interface IClient
{
    void Act();

    /// <summary>At the end: what was acknowledged is there, and what was refused has not happened.</summary>
    void Check();
}
