using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

/// <summary>When each actor wants to be woken, whether it is in memory or not.</summary>
sealed class Deadlines
{
    readonly Dictionary<ActorId, long> _current = [];
    readonly PriorityQueue<ActorId, long> _heap = new();

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
            _current.Remove(id);
            return;
        }
        if (_current.TryGetValue(id, out var known) && known == at) return;
        _current[id] = at;
        _heap.Enqueue(id, at);
    }

    /// <summary>The next actor that is due; it stays due until its deadline is set anew.</summary>
    public bool TryTake(long now, out ActorId id)
    {
        DropStale();
        if (_heap.TryPeek(out id, out var at) && at <= now)
        {
            _heap.Dequeue();
            _current.Remove(id);
            return true;
        }
        return false;
    }

    public void Layout(Codec codec)
    {
        var count = codec.Count(_current.Count);
        if (codec.IsWriting)
        {
            foreach (var (id, at) in _current) LayoutOne(codec, id, at);
        }
        else
        {
            for (var i = 0; i < count; i++) LayoutOne(codec, default, 0);
        }
    }

    void LayoutOne(Codec codec, ActorId id, long at)
    {
        codec.Actor(ref id);
        codec.Long(ref at);
        if (!codec.IsWriting) Set(id, at);
    }

    void DropStale()
    {
        while (_heap.TryPeek(out var id, out var at) && !(_current.TryGetValue(id, out var known) && known == at)) _heap.Dequeue();
    }
}
