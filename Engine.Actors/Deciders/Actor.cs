namespace Engine.Actors.Deciders;

/// <summary>Something asked of an actor. Commands are never changed after they were made.</summary>
public abstract class Command;

/// <summary>A command that one actor sends to another: it is journaled with the sender's events and arrives exactly once, in order.</summary>
public abstract class Message : Command, IEncoded
{
    /// <summary>Its number in frames: never reused, only added to (<see cref="IDomain.NewMessage"/>).</summary>
    public abstract byte Tag { get; }
    public abstract void Layout(Codec codec);
}

/// <summary>Something that has happened to an actor. Events are the only thing that changes state.</summary>
public abstract class Event : IEncoded
{
    /// <summary>Its number in frames: never reused, only added to (<see cref="IDomain.NewEvent"/>).</summary>
    public abstract byte Tag { get; }
    public abstract void Layout(Codec codec);
}

/// <summary>A deadline of the actor has come (<see cref="Actor.Deadline"/>).</summary>
public sealed class DeadlineReached : Command
{
    public static readonly DeadlineReached Instance = new();
}

/// <param name="Sequence">The frame the event is part of.</param>
/// <param name="At">The frame's time, milliseconds since 1970 UTC.</param>
public readonly record struct Stamp(long Sequence, long At);

/// <summary>Where a wrapped key of personal data is kept: the frame it came with and its place there.</summary>
public readonly record struct KeyRef(long Sequence, int Index);

/// <summary>
/// A single-writer actor: its state, how events change it, and how commands are decided on it. Deciding is pure: it reads
/// the state and the turn and speaks only through the turn. Evolving is total: it never refuses and never throws, except
/// for a broken invariant, which stops the partition.
/// </summary>
public abstract class Actor : IEncoded
{
    public const long Never = long.MaxValue;

    protected Actor(ActorId id) => Id = id;

    public ActorId Id { get; }

    public abstract void Decide(Command command, Turn turn);

    public abstract void Evolve(Event happened, in Stamp stamp);

    /// <summary>All that a snapshot must keep.</summary>
    public abstract void Layout(Codec codec);

    /// <summary>Its state as it is now, for another thread to write while it changes, until <see cref="Thaw"/>; null where there is no need to.</summary>
    /// <param name="most">Parts (a SKU's reservations) that are written without holding anybody up.</param>
    public virtual IEncoded? Freeze(int most) => null;

    /// <summary>What was frozen is written.</summary>
    public virtual void Thaw() { }

    /// <summary>When the actor wants to decide <see cref="DeadlineReached"/>; milliseconds since 1970 UTC.</summary>
    public virtual long Deadline => Never;

    /// <summary>Nothing is awaited from other actors: an answer about it would not change by waiting.</summary>
    public virtual bool IsSettled => true;

    /// <summary>Nothing is expected to happen to it any more: it may leave memory once its snapshot is durable.</summary>
    public virtual bool IsPassive => false;

    /// <summary>Between two of its decisions much time passes: once settled it is kept as bytes.</summary>
    public virtual bool Rests => false;

    /// <summary>What it shows, as an object that does not change when the actor does.</summary>
    public virtual object? View(long now) => null;
}

/// <summary>
/// One decision: what it may read, and the only ways in which it can speak. Nothing said here is heard by anyone before the
/// frame it stands in is durable.
/// </summary>
public abstract class Turn
{
    /// <summary>Milliseconds since 1970 UTC; the same for a whole batch and never less than before in this partition.</summary>
    public abstract long Now { get; }

    public abstract ActorId Self { get; }

    /// <summary>Who sent the message that is decided; default for a command from outside.</summary>
    public abstract ActorId Sender { get; }

    /// <summary>Records the event and evolves the state by it at once, so that the rest of the decision sees it.</summary>
    public abstract void Emit(Event happened);

    public abstract void Send(ActorId to, Message message);

    /// <summary>The answer to a command from outside. At most once; ignored for messages.</summary>
    public abstract void Reply(object reply);

    /// <summary>Keeps a wrapped key beside this frame, in its transaction, and tells where.</summary>
    public abstract KeyRef StoreKey(byte[] wrapped);

    /// <summary>Destroys a key in this frame's transaction.</summary>
    public abstract void DropKey(KeyRef key);

    /// <summary>The partition's own copy of the directory.</summary>
    public abstract Actor Directory { get; }

    public abstract int Partitions { get; }
}

/// <summary>What the kernel must know of the actors it runs: how to make them and what travels between them.</summary>
public interface IDomain
{
    Actor NewActor(ActorId id);
    /// <exception cref="InvalidDataException">The tag is not known: the frame is from a newer build.</exception>
    Event NewEvent(byte tag);
    /// <exception cref="InvalidDataException">The tag is not known: the frame is from a newer build.</exception>
    Message NewMessage(byte tag);
}
