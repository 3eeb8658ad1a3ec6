using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Simulation.Clients;

/// <summary>Takes what clients ask to the node and brings back what it says; of a node that died it brings back that nothing is known.</summary>
sealed class Courier
{
    readonly List<Pending> _pending = [];

    public EngineNode? Node { get; set; }

    /// <summary>Compares what a read showed with what is durable.</summary>
    public required Action<ActorId, byte[]> CheckRead { get; init; }

    public int Waiting => _pending.Count;
    public long Answers { get; private set; }

    public void Ask(ActorId to, Command command, AskOptions options, Action<Answer> heard) =>
        _pending.Add(new Pending(Node!, to, Node!.Ask(to, command, options).Answer, heard));

    /// <summary>Reads an actor: its whole state is compared with what is durable at that moment.</summary>
    public void Read(ActorId id, Action<Actor?> seen)
    {
        var shown = Node!.ReadAsync<Actor>(id, static (actor, _) => Replica.Encode(actor)).AsTask();
        _pending.Add(new Pending(Node!, id, shown, answer =>
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
        }));
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
            IsStale = pending.Node != Node;
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
    public void Disconnect()
    {
        var lost = _pending.ToArray();
        _pending.Clear();
        Node = null;
        foreach (var pending in lost) pending.Heard(new Answer(AnswerKind.OutcomeUnknown));
    }

    public IEnumerable<ActorId> Unanswered => _pending.Select(p => p.To);

    sealed record Pending(EngineNode Node, ActorId To, Task<Answer> Answer, Action<Answer> Heard);
}

/// <summary>Whoever uses the engine: does one thing when it is its turn.</summary>
interface IClient
{
    void Act();

    /// <summary>At the end: what was acknowledged is there, and what was refused has not happened.</summary>
    void Check();
}
