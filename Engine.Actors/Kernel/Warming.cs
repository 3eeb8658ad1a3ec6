using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

public sealed partial class Partition
{
    /// <summary>Snapshots read at a time while warming up.</summary>
    const int WarmedAtATime = 256;

    readonly List<Look> _looksAtAll = [];
    Queue<(ulong Hash, SnapshotPlace Place)> _cold = new();

    /// <summary>
    /// A partition serves as soon as it is open; what belongs into memory (all but closed orders) is read in the background
    /// from then on. Only a look over all actors waits for it, since it would miss some.
    /// </summary>
    void WarmUp()
    {
        if (_cold.Count == 0)
        {
            foreach (var look in _looksAtAll) look.At(null, _actors.Values, _now);
            _looksAtAll.Clear();
            return;
        }
        var places = new List<(ulong Hash, SnapshotPlace Place)>(WarmedAtATime);
        while (places.Count < WarmedAtATime && _cold.TryDequeue(out var next)) places.Add(next);
        var epoch = _epoch;
        _warming = true;
        _host.Scheduler.RunBlocking(() => ReadCold(places, epoch));
    }

    bool _warming;
    int _coldFailures;

    void ReadCold(List<(ulong Hash, SnapshotPlace Place)> places, long epoch)
    {
        var warmed = new Warmed([], null);
        try
        {
            foreach (var (hash, place) in places)
            {
                var bytes = _host.Journal.ReadSegment(Number, place.Segment, place.Offset, place.Length);
                warmed.Actors.Add((hash, place, Snapshots.Read(Codec.Reader(bytes), _host.Domain).Actor));
            }
        }
        catch (Exception e)
        {
            warmed = warmed with { Failure = e };
        }
        if (epoch == _epoch) _arrivals.Enqueue(warmed);
        Schedule();
    }

    sealed record Warmed(List<(ulong Hash, SnapshotPlace Place, Actor Actor)> Actors, Exception? Failure);

    void Take(Warmed warmed)
    {
        _warming = false;
        // A segment may be cleaned away under a slow reader; what it held is read from its new place.
        foreach (var (hash, place, actor) in warmed.Actors)
            if (!_actors.ContainsKey(actor.Id) && !_loading.ContainsKey(actor.Id) && _index.Current(hash, place.Segment, place.Offset) is not null) _actors.Add(actor.Id, actor);
        if (warmed.Failure is null) _coldFailures = 0;
        else if (++_coldFailures > 3)
        {
            Crash($"snapshots can't be read: {warmed.Failure.Message}", AnswerKind.StoreUnavailable, repair: true);
            return;
        }
        else _cold = Cold();
        WarmUp();
    }

    Queue<(ulong Hash, SnapshotPlace Place)> Cold()
    {
        var inMemory = _actors.Keys.Select(id => id.Hash).ToHashSet();
        return new(_index.Active().Where(a => !inMemory.Contains(a.Hash)));
    }
}
