using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

/// <summary>
/// The actors of a partition that are in memory, and which of them have changed since the last checkpoint.
/// <para>
/// What decides all the time (a SKU, the directory) stays an object. What is done for now (an order that waits for its payment)
/// rests as the bytes of its snapshot (<see cref="RestingPages"/>) and becomes an object again when something reaches it: a
/// million open orders are a few thousand arrays to the collector, and their snapshot is a copy.
/// </para>
/// </summary>
sealed class Residents
{
    readonly IDomain _domain;
    readonly Dictionary<ulong, Actor> _awake = [];
    readonly RestingPages _resting = new();
    readonly Codec _codec = Codec.Writer(4096);
    readonly HashSet<ulong> _dirty = [];

    public Residents(IDomain domain) => _domain = domain;

    public int Count => _awake.Count + _resting.Count;

    public bool Contains(ActorId id) => Contains(id.Hash);

    public bool Contains(ulong hash) => _awake.ContainsKey(hash) || _resting.Contains(hash);

    /// <summary>The actor, woken where it rests; null where it is not in memory.</summary>
    public Actor? Find(ActorId id)
    {
        if (_awake.TryGetValue(id.Hash, out var actor)) return Same(actor, id);
        if (!_resting.TryFind(id.Hash, out var record, out var isDirty)) return null;
        actor = Snapshots.Read(record, id, _domain).Actor;
        _resting.Remove(id.Hash);
        // What it says next may be nothing: it is still to be written.
        if (isDirty) _dirty.Add(id.Hash);
        _awake.Add(id.Hash, actor);
        return actor;
    }

    /// <summary>The actor for a look: where it rests a copy, which nobody keeps.</summary>
    public Actor? Peek(ActorId id) =>
        _awake.TryGetValue(id.Hash, out var actor) ? Same(actor, id)
        : _resting.TryFind(id.Hash, out var record, out _) ? Snapshots.Read(record, id, _domain).Actor
        : null;

    /// <summary>Like <see cref="Peek(ActorId)"/>, while looking over all of a kind.</summary>
    public Actor? Peek(ulong hash) =>
        _awake.TryGetValue(hash, out var actor) ? actor : _resting.TryFind(hash, out var record, out _) ? Snapshots.Read(record, _domain).Actor : null;

    /// <summary>All of a kind, as they are now; <see cref="ActorKind.None"/> for all there are.</summary>
    public Queue<ulong> OfKind(ActorKind kind)
    {
        var found = new Queue<ulong>();
        foreach (var (hash, actor) in _awake)
            if (kind is ActorKind.None || actor.Id.Kind == kind) found.Enqueue(hash);
        foreach (var (hash, resting) in _resting.Kinds)
            if (kind is ActorKind.None || resting == kind) found.Enqueue(hash);
        return found;
    }

    /// <summary>This very object is the actor, not one made in vain.</summary>
    public bool Holds(Actor actor) => _awake.TryGetValue(actor.Id.Hash, out var held) && ReferenceEquals(held, actor);

    public void Add(Actor actor)
    {
        if (!_awake.TryAdd(actor.Id.Hash, actor)) Same(_awake[actor.Id.Hash], actor.Id);
    }

    public void MarkDirty(Actor actor) => _dirty.Add(actor.Id.Hash);

    public bool IsDirty(ulong hash) => _dirty.Contains(hash) || _resting.IsDirty(hash);

    /// <summary>
    /// Lays an actor down whose state is durable up to <paramref name="tag"/>. One that is closed and has a snapshot of just that state
    /// leaves memory.
    /// </summary>
    public void Rest(Actor actor, long tag, bool hasSnapshot)
    {
        var hash = actor.Id.Hash;
        if (!Holds(actor)) return;
        _awake.Remove(hash);
        var isDirty = _dirty.Remove(hash);
        if (actor.IsPassive && hasSnapshot && !isDirty) return;
        _codec.Reset();
        var place = Snapshots.Write(_codec, 0, actor, tag);
        _resting.Put(actor.Id, _codec.Written, place, isDirty);
    }

    /// <summary>Takes it out of memory if it is closed and unchanged since its last snapshot.</summary>
    public bool Passivate(ulong hash)
    {
        if (IsDirty(hash)) return false;
        if (_awake.TryGetValue(hash, out var actor)) return actor.IsPassive && _awake.Remove(hash);
        return _resting.IsPassive(hash) && _resting.Remove(hash);
    }

    /// <summary>What is to be written by the next checkpoint. It counts as changed until it is (<see cref="TryWrite"/>).</summary>
    public Queue<ulong> Dirty()
    {
        var dirty = new Queue<ulong>(_dirty);
        foreach (var hash in _resting.Dirty()) dirty.Enqueue(hash);
        return dirty;
    }

    /// <summary>Appends the actor's snapshot to a segment; false where it has not changed, or is not in memory.</summary>
    public bool TryWrite(ulong hash, Codec segment, long segmentId, long tag, out SnapshotPlace place)
    {
        if (!_awake.TryGetValue(hash, out var actor)) return _resting.TryCopy(hash, segment, segmentId, out place);
        var isDirty = _dirty.Remove(hash);
        place = isDirty ? Snapshots.Write(segment, segmentId, actor, tag) : default;
        return isDirty;
    }

    public void Clear()
    {
        _awake.Clear();
        _resting.Clear();
        _dirty.Clear();
    }

    static Actor Same(Actor actor, ActorId id) =>
        actor.Id == id ? actor : throw new InvalidDataException($"{actor.Id} and {id} have the same hash");
}

/// <summary>
/// Snapshot entries in memory (<see cref="Snapshots"/>), one behind the other in pages. What is taken out leaves a hole; a page
/// that is mostly holes is emptied into the current one.
/// </summary>
sealed class RestingPages
{
    const int PageBytes = 256 << 10;

    readonly Dictionary<ulong, Place> _places = [];
    readonly List<Page> _pages = [];
    readonly Stack<int> _free = [];
    readonly List<ulong> _dirty = [];
    int _current = -1;

    public int Count => _places.Count;

    public bool Contains(ulong hash) => _places.ContainsKey(hash);

    public bool IsDirty(ulong hash) => _places.TryGetValue(hash, out var place) && place.IsDirty;

    public bool IsPassive(ulong hash) => _places.TryGetValue(hash, out var place) && place.IsPassive;

    public IEnumerable<(ulong Hash, ActorKind Kind)> Kinds => _places.Select(p => (p.Key, p.Value.Kind));

    public bool TryFind(ulong hash, out Codec record, out bool isDirty)
    {
        var found = _places.TryGetValue(hash, out var place);
        isDirty = place.IsDirty;
        record = found ? Codec.Reader(_pages[place.Page].Bytes, place.Offset + Snapshots.EntryHeader, place.Length - Snapshots.EntryHeader) : null!;
        return found;
    }

    /// <param name="entry">Header and record.</param>
    public void Put(ActorId id, ReadOnlySpan<byte> entry, in SnapshotPlace snapshot, bool isDirty)
    {
        var at = Append(entry);
        _places.Add(id.Hash, at with { Kind = id.Kind, IsDirty = isDirty, IsPassive = snapshot.IsPassive, Checksum = snapshot.Checksum });
        if (isDirty) _dirty.Add(id.Hash);
    }

    public bool Remove(ulong hash)
    {
        if (!_places.Remove(hash, out var place)) return false;
        var page = _pages[place.Page];
        page.Live -= place.Length;
        if (place.Page == _current) return true;
        if (page.Live == 0) Recycle(place.Page);
        else if (page.Live < page.Used / 4) Empty(place.Page);
        return true;
    }

    /// <summary>Those that were laid down changed since this was last asked; some may have been woken or written meanwhile.</summary>
    public ulong[] Dirty()
    {
        ulong[] dirty = [.. _dirty];
        _dirty.Clear();
        return dirty;
    }

    public bool TryCopy(ulong hash, Codec segment, long segmentId, out SnapshotPlace snapshot)
    {
        ref var place = ref CollectionsMarshal.GetValueRefOrNullRef(_places, hash);
        if (Unsafe.IsNullRef(ref place) || !place.IsDirty)
        {
            snapshot = default;
            return false;
        }
        var start = segment.Position;
        segment.Raw(_pages[place.Page].Bytes.AsSpan(place.Offset, place.Length));
        place = place with { IsDirty = false };
        snapshot = new SnapshotPlace(segmentId, start + Snapshots.EntryHeader, place.Length - Snapshots.EntryHeader, place.IsPassive, place.Checksum);
        return true;
    }

    public void Clear()
    {
        _places.Clear();
        _pages.Clear();
        _free.Clear();
        _dirty.Clear();
        _current = -1;
    }

    Place Append(ReadOnlySpan<byte> entry)
    {
        if (_current < 0 || _pages[_current].Room < entry.Length) _current = NewPage(entry.Length);
        var page = _pages[_current];
        var offset = page.Used;
        entry.CopyTo(page.Bytes.AsSpan(offset));
        page.Used += entry.Length;
        page.Live += entry.Length;
        return new Place(_current, offset, entry.Length, 0, default, false, false);
    }

    int NewPage(int bytesMin)
    {
        if (bytesMin <= PageBytes && _free.TryPop(out var free)) return free;
        _pages.Add(new Page(GC.AllocateUninitializedArray<byte>(Math.Max(PageBytes, bytesMin))));
        return _pages.Count - 1;
    }

    void Recycle(int number)
    {
        var page = _pages[number];
        (page.Used, page.Live) = (0, 0);
        _free.Push(number);
    }

    void Empty(int number)
    {
        var page = _pages[number];
        for (var offset = 0; offset < page.Used;)
        {
            var (hash, length) = Snapshots.EntryAt(page.Bytes, offset);
            ref var place = ref CollectionsMarshal.GetValueRefOrNullRef(_places, hash);
            if (!Unsafe.IsNullRef(ref place) && place.Page == number && place.Offset == offset)
            {
                var moved = Append(page.Bytes.AsSpan(offset, length));
                place = place with { Page = moved.Page, Offset = moved.Offset };
            }
            offset += length;
        }
        Recycle(number);
    }

    sealed class Page(byte[] bytes)
    {
        public byte[] Bytes => bytes;
        public int Used;
        public int Live;
        public int Room => bytes.Length - Used;
    }

    /// <param name="Length">With the entry's header.</param>
    readonly record struct Place(int Page, int Offset, int Length, uint Checksum, ActorKind Kind, bool IsDirty, bool IsPassive);
}
