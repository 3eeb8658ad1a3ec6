using Engine.Actors.Compact;
using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

/// <summary>
/// The actors of a partition that are in memory, and which of them have changed since the last checkpoint.
/// <para>
/// What decides all the time (a SKU, the directory) stays an object. What is done for now (an order that waits for its payment)
/// rests as the bytes of its snapshot (<see cref="EntryPages"/>) and becomes an object again when something reaches it: a
/// million open orders are a few thousand arrays to the collector, and their snapshot is a copy.
/// </para>
/// </summary>
sealed class Residents
{
    readonly IDomain _domain;
    readonly Dictionary<ulong, Actor> _awake = [];
    readonly EntryPages _resting = new();
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
        _resting.Put(actor.Id, _codec.Written, place.Checksum, isDirty, place.IsPassive);
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

    /// <summary>A changed actor that takes long to write, as it is now; null for any other.</summary>
    public (Actor Actor, IEncoded State)? Freeze(ulong hash, int most) =>
        _dirty.Contains(hash) && _awake.TryGetValue(hash, out var actor) && actor.Freeze(most) is { } state && _dirty.Remove(hash) ? (actor, state) : null;

    /// <summary>Appends the actor's snapshot to a segment; false where it has not changed, or is not in memory.</summary>
    public bool TryWrite(ulong hash, Codec segment, long segmentId, long tag, out SnapshotPlace place)
    {
        if (!_awake.TryGetValue(hash, out var actor))
        {
            var start = segment.Position + EntryPages.HeaderLength;
            var isCopied = _resting.TryCopy(hash, segment, out var checksum, out var isPassive);
            place = isCopied ? new SnapshotPlace(segmentId, start, segment.Position - start, isPassive, checksum) : default;
            return isCopied;
        }
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
