using Engine.Actors.Deciders;
using Engine.Actors.Inventory;

namespace Engine.Actors.Verification;

/// <summary>
/// The actors of one partition during a replay. Orders and carts are many: those not touched for a while are put aside as bytes, so
/// that a journal of any length is read in bounded memory.
/// </summary>
sealed class ActorShelf : IDisposable
{
    readonly IDomain _domain;
    readonly Func<Stream> _scratch;
    readonly int _room;
    readonly Dictionary<ActorId, Actor> _kept = [];
    readonly Dictionary<ulong, Place> _aside = [];
    readonly Codec _writer = Codec.Writer(4096);
    Dictionary<ActorId, Actor> _young = [];
    Dictionary<ActorId, Actor> _old = [];
    Stream? _stream;
    long _end;

    /// <param name="room">Orders and carts kept at hand, about.</param>
    public ActorShelf(IDomain domain, Func<Stream> scratch, int room) => (_domain, _scratch, _room) = (domain, scratch, room);

    /// <param name="HasStock">Some line of it holds stock, so that the end of the replay asks for it.</param>
    readonly record struct Place(long Offset, int Length, bool HasStock);

    public Actor Get(ActorId id)
    {
        if (id.Kind is not (ActorKind.Order or ActorKind.Cart)) return GetKept(id);
        if (_young.TryGetValue(id, out var actor)) return actor;
        if (!_old.Remove(id, out actor)) actor = TakeBack(id) ?? _domain.NewActor(id);
        if (_young.Count >= _room / 2) PutOldAside();
        _young.Add(id, actor);
        return actor;
    }

    Actor GetKept(ActorId id)
    {
        if (!_kept.TryGetValue(id, out var actor)) _kept.Add(id, actor = _domain.NewActor(id));
        return actor;
    }

    public IEnumerable<Actor> Kept => _kept.Values;

    /// <summary>All orders and carts, or only those of which a line holds stock or waits for an answer.</summary>
    public IEnumerable<Actor> Leaders(bool onlyWithStock)
    {
        foreach (var actor in _young.Values.Concat(_old.Values)) yield return actor;
        foreach (var place in _aside.Values)
            if (!onlyWithStock || place.HasStock) yield return Read(place);
    }

    void PutOldAside()
    {
        foreach (var actor in _old.Values)
        {
            _stream ??= _scratch();
            _writer.Reset();
            var id = actor.Id;
            _writer.Actor(ref id);
            actor.Layout(_writer);
            _stream.Position = _end;
            _stream.Write(_writer.Written);
            _aside[id.Hash] = new Place(_end, _writer.Position, actor is not ILeader leader || leader.Led.Any(l => l.Stock != LedStock.None));
            _end += _writer.Position;
        }
        (_old, _young) = (_young, []);
    }

    Actor? TakeBack(ActorId id)
    {
        if (!_aside.Remove(id.Hash, out var place)) return null;
        var actor = Read(place);
        return actor.Id == id ? actor : throw new BreachException($"{id} and {actor.Id} have the same hash");
    }

    Actor Read(Place place)
    {
        var bytes = new byte[place.Length];
        _stream!.Position = place.Offset;
        _stream.ReadExactly(bytes);
        var codec = Codec.Reader(bytes);
        ActorId id = default;
        codec.Actor(ref id);
        var actor = _domain.NewActor(id);
        actor.Layout(codec);
        return actor;
    }

    public void Dispose() => _stream?.Dispose();
}
