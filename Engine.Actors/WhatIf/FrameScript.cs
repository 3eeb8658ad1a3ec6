using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Actors.WhatIf;

/// <summary>One thing an actor decided, as a frame tells it.</summary>
/// <param name="Cause">Null in frames of layout 1, which did not say.</param>
sealed record Decision(Cause? Cause)
{
    /// <summary>Who decided; none where nothing was said.</summary>
    public ActorId Actor { get; set; }
    public List<Event> Events { get; } = [];
    public List<(ActorId To, Message Message)> Messages { get; } = [];
    public bool IsSilent => Events.Count == 0 && Messages.Count == 0;
}

/// <summary>A frame as the sequence of decisions that made it.</summary>
sealed class FrameScript : IFrameVisitor
{
    readonly List<Decision> _decisions = [];

    FrameScript(FrameHeader header) => Header = header;

    public FrameHeader Header { get; }
    public IReadOnlyList<Decision> Decisions => _decisions;
    /// <summary>By sending partition: the frame and number of the last message that was taken in.</summary>
    public List<(int Sender, Mark Mark)> Marks { get; } = [];

    /// <exception cref="InvalidDataException" />
    public static FrameScript Read(in StoredFrame frame, IDomain domain)
    {
        var script = new FrameScript(FrameHeader.Read(frame.Bytes));
        FrameHeader.Visit(frame.Bytes, domain, script);
        return script;
    }

    void IFrameVisitor.OnDecision(Cause cause, ActorId sender) => _decisions.Add(new Decision(cause));

    void IFrameVisitor.OnEvent(ActorId actor, Event happened) => Of(actor).Events.Add(happened);

    void IFrameVisitor.OnMessage(ActorId from, ActorId to, int partition, long number, Message message) => Of(from).Messages.Add((to, message));

    void IFrameVisitor.OnMark(int sender, long sequence, long number) => Marks.Add((sender, new Mark(sequence, number)));

    Decision Of(ActorId actor)
    {
        // Without entries that say where a decision begins, what one actor said in a row counts as one.
        if (_decisions.Count == 0 || (_decisions[^1].Cause is null && _decisions[^1].Actor != actor)) _decisions.Add(new Decision((Cause?)null));
        var decision = _decisions[^1];
        decision.Actor = actor;
        return decision;
    }
}
