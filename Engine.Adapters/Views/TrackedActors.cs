using Engine.Actors.Deciders;

namespace Engine.Adapters.Views;

/// <summary>
/// The actors at hand, in two generations: what was not touched for a whole generation is let go of, and read back when an
/// event of it comes. Nothing is let go of before <see cref="MakeRoom"/>, so what is not written yet stays.
/// </summary>
sealed class TrackedActors(int room)
{
    Dictionary<ActorId, Tracked> _young = [];
    Dictionary<ActorId, Tracked> _old = [];

    public Tracked? Find(ActorId id)
    {
        if (_young.TryGetValue(id, out var tracked)) return tracked;
        if (_old.Remove(id, out tracked)) _young.Add(id, tracked);
        return tracked;
    }

    public void Add(ActorId id, Tracked tracked) => _young.Add(id, tracked);

    public void Remove(ActorId id)
    {
        if (!_young.Remove(id)) _old.Remove(id);
    }

    /// <summary>When everything is written.</summary>
    public void MakeRoom()
    {
        if (_young.Count >= room / 2) (_old, _young) = (_young, []);
    }

    public void Clear()
    {
        _young.Clear();
        _old.Clear();
    }
}
