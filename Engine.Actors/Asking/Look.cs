using Engine.Actors.Deciders;

namespace Engine.Actors.Asking;

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
