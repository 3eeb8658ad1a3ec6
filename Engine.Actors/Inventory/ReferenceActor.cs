using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>
/// A call says which reference it comes under, before it does anything. A call whose parts go to several actors (a stock
/// adjustment of many SKUs) has no other place that knows all of its body.
/// </summary>
public sealed class ClaimReference : Command
{
    /// <summary>A hash of the whole body.</summary>
    public required ulong Body { get; init; }
}

/// <summary>Nothing came of the call: its reference is free again (a refusal is not remembered).</summary>
public sealed class FreeReference : Command;

public enum ReferenceClaim
{
    New,
    /// <summary>The same call was made before.</summary>
    Repeated,
    /// <summary>Another call was made under it.</summary>
    Conflict,
}

public sealed record ReferenceReply(ReferenceClaim Claim);

/// <summary>One reference, remembered for seven days (API.md, Idempotency).</summary>
public sealed class ReferenceActor : Actor
{
    ulong _body;
    long _claimedAt;

    public ReferenceActor(ActorId id) : base(id) { }

    public override bool IsPassive => true;

    public override bool Rests => true;

    public override void Decide(Command command, Turn turn)
    {
        var live = _claimedAt > 0 && turn.Now - _claimedAt < SkuActor.Remembered;
        switch (command)
        {
            case ClaimReference c:
                if (!live) turn.Emit(new ReferenceClaimed { Body = c.Body });
                turn.Reply(new ReferenceReply(!live ? ReferenceClaim.New : c.Body == _body ? ReferenceClaim.Repeated : ReferenceClaim.Conflict));
                break;
            case FreeReference:
                if (live) turn.Emit(new ReferenceFreed());
                turn.Reply(new ReferenceReply(ReferenceClaim.New));
                break;
            default: throw new InvariantBrokenException($"{Id} does not understand {command.GetType().Name}");
        }
    }

    public override void Evolve(Event happened, in Stamp stamp)
    {
        switch (happened)
        {
            case ReferenceClaimed e: (_body, _claimedAt) = (e.Body, stamp.At); break;
            case ReferenceFreed: (_body, _claimedAt) = (0, 0); break;
            default: throw new InvariantBrokenException($"{Id} does not know {happened.GetType().Name}");
        }
    }

    public override void Layout(Codec codec)
    {
        codec.Fixed64(ref _body);
        codec.Long(ref _claimedAt);
    }
}

public sealed class ReferenceClaimed : Event
{
    public ulong Body;

    public override byte Tag => 75;
    public override void Layout(Codec codec) => codec.Fixed64(ref Body);
}

public sealed class ReferenceFreed : Event
{
    public override byte Tag => 76;
    public override void Layout(Codec codec) { }
}
