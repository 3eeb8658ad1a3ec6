using Engine.Actors.Deciders;

namespace Engine.Actors.Compact;

/// <summary>
/// Snapshots of actors lie many together in segments, each an entry (<see cref="EntryPages"/>) that is readable by itself: actor
/// id, tag (the newest frame its state contains), state.
/// </summary>
static class Snapshots
{
    /// <summary>Appends an entry and tells where its record lies.</summary>
    /// <param name="frozen">Its state where it may have changed since (<see cref="Actor.Freeze"/>).</param>
    public static SnapshotPlace Write(Codec segment, long segmentId, Actor actor, long tag, IEncoded? frozen = null)
    {
        var start = segment.Position;
        segment.Raw(stackalloc byte[EntryPages.HeaderLength]);
        segment.ForgetActors();
        var id = actor.Id;
        segment.Actor(ref id);
        segment.Long(ref tag);
        (frozen ?? actor).Layout(segment);
        EntryPages.WriteHeader(segment, start, id.Hash);
        return new SnapshotPlace(segmentId, start + EntryPages.HeaderLength, segment.Position - start - EntryPages.HeaderLength, actor.IsPassive, Crc32C.Of(segment.Written[(start + EntryPages.HeaderLength)..]));
    }

    public static (Actor Actor, long Tag) Read(Codec record, ActorId expected, IDomain domain)
    {
        var read = Read(record, domain);
        return read.Actor.Id == expected ? read : throw new InvalidDataException($"a snapshot of {read.Actor.Id} lies where {expected} was looked for");
    }

    public static (Actor Actor, long Tag) Read(Codec record, IDomain domain)
    {
        ActorId id = default;
        long tag = 0;
        record.Actor(ref id);
        record.Long(ref tag);
        var actor = domain.NewActor(id);
        actor.Layout(record);
        return (actor, tag);
    }
}
