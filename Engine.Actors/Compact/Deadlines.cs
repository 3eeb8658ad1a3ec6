using System.Runtime.InteropServices;
using System.Text;
using Engine.Actors.Deciders;

namespace Engine.Actors.Compact;

/// <summary>When each actor wants to be woken, whether it is in memory or not. Without references, as nearly every open order has one.</summary>
sealed class Deadlines
{
    readonly Dictionary<ulong, Deadline> _current = [];
    readonly PriorityQueue<ulong, long> _heap = new();
    TextPages _keys = new();

    public int Count => _current.Count;

    public long Next
    {
        get
        {
            DropStale();
            return _heap.TryPeek(out _, out var at) ? at : Actor.Never;
        }
    }

    public void Set(ActorId id, long at)
    {
        if (at == Actor.Never)
        {
            Remove(id.Hash);
            return;
        }
        ref var deadline = ref CollectionsMarshal.GetValueRefOrAddDefault(_current, id.Hash, out var isKnown);
        if (isKnown && deadline.At == at) return;
        deadline = isKnown ? deadline with { At = at } : Keep(id, at);
        _heap.Enqueue(id.Hash, at);
    }

    /// <summary>The next actor that is due; it stays due until its deadline is set anew.</summary>
    public bool TryTake(long now, out ActorId id)
    {
        DropStale();
        id = default;
        if (!_heap.TryPeek(out var hash, out var at) || at > now) return false;
        id = IdOf(_current[hash]);
        _heap.Dequeue();
        Remove(hash);
        return true;
    }

    public void Layout(Codec codec)
    {
        var count = codec.Count(_current.Count);
        if (codec.IsWriting)
        {
            foreach (var deadline in _current.Values)
            {
                var at = deadline.At;
                codec.ActorOnce(deadline.Kind, _keys[deadline.Key, deadline.Length]);
                codec.Long(ref at);
            }
            return;
        }
        for (var i = 0; i < count; i++)
        {
            var (id, at) = (default(ActorId), 0L);
            codec.Actor(ref id);
            codec.Long(ref at);
            Set(id, at);
        }
    }

    Deadline Keep(ActorId id, long at)
    {
        var length = Encoding.UTF8.GetByteCount(id.Key);
        var key = _keys.Add(length);
        Encoding.UTF8.GetBytes(id.Key, _keys[key, length]);
        return new Deadline(at, key, length, id.Kind);
    }

    ActorId IdOf(Deadline deadline) => new(deadline.Kind, Encoding.UTF8.GetString(_keys[deadline.Key, deadline.Length]));

    void Remove(ulong hash)
    {
        if (!_current.Remove(hash, out var removed)) return;
        _keys.Drop(removed.Length);
        if (!_keys.IsMostlyDropped) return;
        var old = _keys;
        _keys = new TextPages();
        foreach (var left in _current.Keys)
        {
            ref var deadline = ref CollectionsMarshal.GetValueRefOrNullRef(_current, left);
            deadline = deadline with { Key = _keys.Add(old[deadline.Key, deadline.Length]) };
        }
    }

    void DropStale()
    {
        while (_heap.TryPeek(out var hash, out var at) && !(_current.TryGetValue(hash, out var known) && known.At == at)) _heap.Dequeue();
    }

    readonly record struct Deadline(long At, int Key, int Length, ActorKind Kind);
}
