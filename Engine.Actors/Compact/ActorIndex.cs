using Engine.Actors.Deciders;

namespace Engine.Actors.Compact;

/// <summary>Where an actor's snapshot lies.</summary>
/// <param name="IsPassive">It has left memory for good reasons (a closed order); others are read again after a restart.</param>
/// <param name="Checksum">CRC-32C of its bytes; 0 for one of the first release, which had none.</param>
readonly record struct SnapshotPlace(long Segment, int Offset, int Length, bool IsPassive, uint Checksum)
{
    /// <exception cref="InvalidDataException">They are not the bytes that were written.</exception>
    public byte[] Check(byte[] bytes) => Checksum == 0 || Crc32C.Of(bytes) == Checksum
        ? bytes
        : throw new InvalidDataException($"segment {Segment} at {Offset}: the checksum does not match");
}

/// <summary>
/// Which actors of a partition have a snapshot, and where. It is complete: an id that is neither here nor in memory has never
/// been, so a new order costs no read. Some 30 bytes an actor.
/// </summary>
/// <remarks>
/// Ids are kept as their 64-bit hash; a snapshot carries its id, and one of another actor stops the partition (among
/// ten million actors two share a hash about once in a hundred thousand merchants).
/// </remarks>
sealed class ActorIndex
{
    readonly Dictionary<ulong, SnapshotPlace> _places = [];
    readonly Dictionary<long, Segment> _segments = [];

    public int Count => _places.Count;
    public long NewestSegment { get; private set; }

    public bool TryFind(ActorId id, out SnapshotPlace place) => _places.TryGetValue(id.Hash, out place);

    /// <summary>Bytes of the whole segment.</summary>
    public int Length(long segment) => (int)_segments[segment].Total;

    /// <summary>The place, if that is where the actor's newest snapshot lies.</summary>
    public SnapshotPlace? Current(ulong hash, long segment, int offset) =>
        _places.TryGetValue(hash, out var current) && current.Segment == segment && current.Offset == offset ? current : null;

    /// <summary>Snapshots of actors that belong into memory, in the order they lie in.</summary>
    public List<(ulong Hash, SnapshotPlace Place)> Active() => InOrder(withPassive: false);

    public List<(ulong Hash, SnapshotPlace Place)> InOrder(bool withPassive)
    {
        var active = _places.Where(p => withPassive || !p.Value.IsPassive).Select(p => (p.Key, p.Value)).ToList();
        active.Sort(static (a, b) => a.Value.Segment != b.Value.Segment ? a.Value.Segment.CompareTo(b.Value.Segment) : a.Value.Offset.CompareTo(b.Value.Offset));
        return active;
    }

    public void Put(ulong hash, SnapshotPlace place)
    {
        if (_places.TryGetValue(hash, out var old) && _segments.TryGetValue(old.Segment, out var segment)) segment.Live -= old.Length + EntryPages.HeaderLength;
        _places[hash] = place;
        if (!_segments.TryGetValue(place.Segment, out var into)) _segments.Add(place.Segment, into = new Segment());
        into.Live += place.Length + EntryPages.HeaderLength;
        into.Total += place.Length + EntryPages.HeaderLength;
        NewestSegment = Math.Max(NewestSegment, place.Segment);
    }

    /// <summary>Segments that nothing refers to any more, taken out.</summary>
    public List<long> TakeEmpty()
    {
        var empty = _segments.Where(s => s.Value.Live == 0).Select(s => s.Key).ToList();
        empty.ForEach(id => _segments.Remove(id));
        return empty;
    }

    /// <summary>Segments of which less than a share is current, the one with the most garbage first.</summary>
    public Queue<long> WorthCleaning(double liveShare) => new(_segments.Where(s => s.Value.Live > 0 && s.Value.Live < s.Value.Total * liveShare)
        .OrderByDescending(s => s.Value.Total - s.Value.Live).Select(s => s.Key));

    public void Layout(Codec codec, bool hasChecksums)
    {
        var count = codec.Count(_segments.Count);
        if (codec.IsWriting)
        {
            foreach (var (id, segment) in _segments) LayoutSegment(codec, id, segment.Total);
        }
        else
        {
            for (var i = 0; i < count; i++) LayoutSegment(codec, 0, 0);
        }
        count = codec.Count(_places.Count);
        if (codec.IsWriting)
        {
            foreach (var (hash, place) in _places) LayoutPlace(codec, hash, place, hasChecksums);
        }
        else
        {
            _places.EnsureCapacity(count);
            for (var i = 0; i < count; i++) LayoutPlace(codec, 0, default, hasChecksums);
        }
    }

    void LayoutSegment(Codec codec, long id, long total)
    {
        codec.Long(ref id);
        codec.Long(ref total);
        if (codec.IsWriting) return;
        _segments.Add(id, new Segment { Total = total });
        NewestSegment = Math.Max(NewestSegment, id);
    }

    void LayoutPlace(Codec codec, ulong hash, SnapshotPlace place, bool hasChecksum)
    {
        var (segment, offset, length, passive, checksum) = (place.Segment, place.Offset, place.Length, place.IsPassive, (long)place.Checksum);
        codec.Fixed64(ref hash);
        codec.Long(ref segment);
        codec.Int(ref offset);
        codec.Int(ref length);
        codec.Bool(ref passive);
        if (hasChecksum) codec.Long(ref checksum);
        if (codec.IsWriting) return;
        _places[hash] = new SnapshotPlace(segment, offset, length, passive, (uint)checksum);
        _segments[segment].Live += length + EntryPages.HeaderLength;
    }

    sealed class Segment
    {
        public long Total;
        public long Live;
    }
}
