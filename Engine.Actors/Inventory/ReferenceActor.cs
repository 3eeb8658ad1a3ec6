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

/// <summary>What the call was answered. The first answer stays, and a reference that is free keeps none.</summary>
public sealed class KeepAnswer : Command
{
    public required byte[] Answer { get; init; }
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

/// <param name="Answer">Of a call that was made before, where it was kept.</param>
public sealed record ReferenceReply(ReferenceClaim Claim, byte[]? Answer = null);

/// <summary>One reference, remembered for seven days (API.md, Idempotency).</summary>
public sealed class ReferenceActor : Actor
{
    ulong _body;
    long _claimedAt;
    byte[] _answer = [];

    public ReferenceActor(ActorId id) : base(id) { }

    public override bool IsPassive => true;

    public override bool Rests => true;

    public override void Decide(Command command, Turn turn)
    {
        var live = _claimedAt > 0 && turn.Now - _claimedAt < SkuActor.Remembered;
        switch (command)
        {
            case ClaimReference c:
                var claim = !live ? ReferenceClaim.New : c.Body == _body ? ReferenceClaim.Repeated : ReferenceClaim.Conflict;
                if (!live) turn.Emit(new ReferenceClaimed { Body = c.Body });
                turn.Reply(new ReferenceReply(claim, claim == ReferenceClaim.Repeated && _answer.Length > 0 ? _answer : null));
                break;
            case KeepAnswer k:
                if (live && _answer.Length == 0) turn.Emit(new ReferenceAnswered { Answer = k.Answer });
                turn.Reply(new ReferenceReply(ReferenceClaim.Repeated));
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
            case ReferenceClaimed e: (_body, _claimedAt, _answer) = (e.Body, stamp.At, []); break;
            case ReferenceAnswered e: _answer = e.Answer; break;
            case ReferenceFreed: (_body, _claimedAt, _answer) = (0, 0, []); break;
            default: throw new InvariantBrokenException($"{Id} does not know {happened.GetType().Name}");
        }
    }

    public override void Layout(Codec codec)
    {
        codec.Fixed64(ref _body);
        codec.Long(ref _claimedAt);
        if (codec.More(_answer.Length > 0)) codec.Blob(ref _answer);
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

public sealed class ReferenceAnswered : Event
{
    public byte[] Answer = [];

    public override byte Tag => 77;
    public override void Layout(Codec codec) => codec.Blob(ref Answer);
}
