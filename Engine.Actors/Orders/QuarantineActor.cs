using Engine.Actors.Deciders;

namespace Engine.Actors.Orders;

/// <summary>Keeps a well-signed message that could not be understood, whole and encrypted.</summary>
public sealed class Quarantine : Command
{
    public required string Platform { get; init; }
    public required string Shop { get; init; }
    public required string Reason { get; init; }
    /// <summary>Headers and body, sealed.</summary>
    public required byte[] Sealed { get; init; }
    public required byte[] WrappedKey { get; init; }
}

/// <summary>It was tried again.</summary>
public sealed class RecordReplay : Command
{
    public required string By { get; init; }
    public required bool Understood { get; init; }
    public required string Reason { get; init; }
}

/// <summary>True when it was not there before.</summary>
public sealed record QuarantineReply(bool Changed);

public sealed record QuarantineView(
    string Id, string Platform, string Shop, string Reason, long ReceivedAt, bool Replayed, long ReplayedAt, string ReplayedBy, byte[] Sealed, KeyRef Key);

/// <summary>One message in quarantine; its id is the message's own, so that a repeat is kept once.</summary>
public sealed class QuarantineActor : Actor
{
    string _platform = "", _shop = "", _reason = "", _replayedBy = "";
    byte[] _sealed = [];
    long _receivedAt, _replayedAt, _keySequence;
    int _keyIndex;
    bool _known, _replayed;

    public QuarantineActor(ActorId id) : base(id) { }

    public string Reason => _reason;
    public bool IsOpen => _known && !_replayed;

    public override bool IsPassive => _replayed;

    public override bool Rests => true;

    public override object? View(long now) => _known
        ? new QuarantineView(Id.Key, _platform, _shop, _reason, _receivedAt, _replayed, _replayedAt, _replayedBy, _sealed, new KeyRef(_keySequence, _keyIndex))
        : null;

    public override void Decide(Command command, Turn turn)
    {
        switch (command)
        {
            case Quarantine c:
                var isNew = !_known;
                if (isNew)
                {
                    var key = turn.StoreKey(c.WrappedKey);
                    turn.Emit(new MessageQuarantined { Platform = c.Platform, Shop = c.Shop, Reason = c.Reason, Sealed = c.Sealed, KeyIndex = key.Index });
                }
                turn.Reply(new QuarantineReply(isNew));
                break;
            case RecordReplay c:
                if (_known && !_replayed) turn.Emit(new QuarantineReplayed { By = c.By, Understood = c.Understood, Reason = c.Reason });
                turn.Reply(new QuarantineReply(_known));
                break;
            default: throw new InvariantBrokenException($"{Id} does not understand {command.GetType().Name}");
        }
    }

    public override void Evolve(Event happened, in Stamp stamp)
    {
        switch (happened)
        {
            case MessageQuarantined e:
                (_known, _platform, _shop, _reason, _sealed) = (true, e.Platform, e.Shop, e.Reason, e.Sealed);
                (_receivedAt, _keySequence, _keyIndex) = (stamp.At, stamp.Sequence, e.KeyIndex);
                break;
            case QuarantineReplayed e:
                (_replayed, _replayedAt, _replayedBy) = (e.Understood, stamp.At, e.By);
                if (!e.Understood) _reason = e.Reason;
                break;
            default: throw new InvariantBrokenException($"{Id} does not know {happened.GetType().Name}");
        }
    }

    public override void Layout(Codec codec)
    {
        codec.Bool(ref _known);
        codec.Text(ref _platform);
        codec.Text(ref _shop);
        codec.Text(ref _reason);
        codec.Blob(ref _sealed);
        codec.Long(ref _receivedAt);
        codec.Long(ref _keySequence);
        codec.Int(ref _keyIndex);
        codec.Bool(ref _replayed);
        codec.Long(ref _replayedAt);
        codec.Text(ref _replayedBy);
    }
}

public sealed class MessageQuarantined : Event
{
    public string Platform = "";
    public string Shop = "";
    public string Reason = "";
    public byte[] Sealed = [];
    public int KeyIndex;

    public override byte Tag => 70;
    public override void Layout(Codec codec)
    {
        codec.Text(ref Platform);
        codec.Text(ref Shop);
        codec.Text(ref Reason);
        codec.Blob(ref Sealed);
        codec.Int(ref KeyIndex);
    }
}

public sealed class QuarantineReplayed : Event
{
    public string By = "";
    public bool Understood;
    public string Reason = "";

    public override byte Tag => 71;
    public override void Layout(Codec codec)
    {
        codec.Text(ref By);
        codec.Bool(ref Understood);
        codec.Text(ref Reason);
    }
}
