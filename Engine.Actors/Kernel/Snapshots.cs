using System.Buffers.Binary;
using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

/// <summary>
/// Snapshots of actors lie many together in segments, each entry readable by itself:
/// <code>
///  8  hash of the actor's id
///  4  length of the rest, little endian
///  …  actor id, tag (the newest frame its state contains), state
/// </code>
/// </summary>
static class Snapshots
{
    public const int EntryHeader = 12;

    /// <summary>Appends an entry and tells where its record lies.</summary>
    public static SnapshotPlace Write(Codec segment, long segmentId, Actor actor, long tag)
    {
        var start = segment.Position;
        segment.Raw(stackalloc byte[EntryHeader]);
        segment.ForgetActors();
        var id = actor.Id;
        segment.Actor(ref id);
        segment.Long(ref tag);
        actor.Layout(segment);
        var length = segment.Position - start - EntryHeader;
        var header = segment.Patch(start, EntryHeader);
        BinaryPrimitives.WriteUInt64LittleEndian(header, id.Hash);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], length);
        return new SnapshotPlace(segmentId, start + EntryHeader, length, actor.IsPassive, FrameLayout.Crc(segment.Written[(start + EntryHeader)..]));
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

    /// <summary>The entries of a whole segment.</summary>
    public static IEnumerable<(ulong Hash, int Offset, int Length)> Entries(byte[] segment)
    {
        for (var position = 0; position + EntryHeader <= segment.Length;)
        {
            var (hash, length) = EntryAt(segment, position);
            yield return (hash, position + EntryHeader, length - EntryHeader);
            position += length;
        }
    }

    /// <summary>The entry that begins there: whose it is, and its length with the header.</summary>
    public static (ulong Hash, int Length) EntryAt(byte[] segment, int position)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(segment.AsSpan(position + 8));
        if (length <= 0) throw new InvalidDataException($"an entry of {length} bytes at {position}");
        return (BinaryPrimitives.ReadUInt64LittleEndian(segment.AsSpan(position)), EntryHeader + length);
    }
}
