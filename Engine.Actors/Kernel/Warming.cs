using Engine.Actors.Asking;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

public sealed partial class Partition
{
    /// <summary>Snapshots read at a time while warming up.</summary>
    const int WarmedAtATime = 256;

    /// <summary>Actors that a look at all sees between two batches: a tenth of a millisecond or two.</summary>
    const int LookedAtPerSlice = 128;

    readonly Queue<Scan> _looksAtAll = [];
    Queue<(ulong Hash, SnapshotPlace Place)> _cold = new();

    /// <summary>
    /// A partition serves as soon as it is open; what belongs into memory (all but closed orders) is read in the background
    /// from then on. Only a look over all actors waits for it, since it would miss some.
    /// </summary>
    void WarmUp()
    {
        if (NextWarming() is { } work) _host.Scheduler.RunBlocking(work);
    }

    /// <summary>The reading of some more; null when all is warm.</summary>
    Action? NextWarming()
    {
        if (_cold.Count == 0) return null;
        var places = new List<Cold>(WarmedAtATime);
        while (places.Count < WarmedAtATime && _cold.TryDequeue(out var next)) places.Add(new Cold(next.Hash, next.Place, _checkpoint?.Part(next.Place)));
        var memory = Volatile.Read(ref _memory);
        _warming = true;
        return () => ReadCold(places, memory);
    }

    bool _warming;

    void ReadCold(List<Cold> places, int memory)
    {
        var warmed = new Warmed(places, [], null);
        try
        {
            foreach (var (_, place, unwritten) in places)
            {
                var bytes = unwritten ?? place.Check(_host.Journal.ReadSegment(Number, place.Segment, place.Offset, place.Length));
                warmed.Actors.Add(Snapshots.Read(Codec.Reader(bytes), _host.Domain).Actor);
            }
        }
        catch (Exception e)
        {
            warmed = warmed with { Failure = e };
        }
        if (memory == Volatile.Read(ref _memory)) _arrivals.Enqueue(warmed);
        Schedule();
    }

    /// <param name="Unwritten">Its bytes, where they are in a checkpoint that is still on its way.</param>
    sealed record Cold(ulong Hash, SnapshotPlace Place, byte[]? Unwritten);

    sealed record Warmed(List<Cold> Places, List<Actor> Actors, Exception? Failure);

    void Take(Warmed warmed)
    {
        _warming = false;
        for (var i = 0; i < warmed.Actors.Count; i++)
        {
            var actor = warmed.Actors[i];
            if (_residents.Contains(actor.Id) || _loading.ContainsKey(actor.Id) || !IsWhereItWas(warmed.Places[i])) continue;
            _residents.Add(actor);
            LayDown(actor);
        }
        if (warmed.Failure is not null)
        {
            // A segment may be cleaned away under a slow reader; what it held is read from its new place.
            if (warmed.Failure is StoreUnavailableException || warmed.Places.TrueForAll(IsWhereItWas))
            {
                CrashUnreadable("snapshots can't be read", warmed.Failure);
                return;
            }
            _cold = AllCold();
        }
        WarmUp();
    }

    bool IsWhereItWas(Cold cold) => _index.Current(cold.Hash, cold.Place.Segment, cold.Place.Offset) is not null;

    Queue<(ulong Hash, SnapshotPlace Place)> AllCold() => new(_index.Active().Where(a => !_residents.Contains(a.Hash)));

    /// <summary>One look at all of a kind, some at a time, so that nobody's batch waits for it.</summary>
    void LookAtSome()
    {
        if (_warming || _cold.Count > 0 || !_looksAtAll.TryPeek(out var scan)) return;
        scan.ToDo ??= _residents.OfKind(scan.Look.Kind);
        for (var i = 0; i < LookedAtPerSlice && scan.ToDo.TryDequeue(out var hash); i++)
            if (_residents.Peek(hash) is { } actor) scan.Look.At(actor, _now);
        if (scan.ToDo.Count == 0) _looksAtAll.Dequeue().Look.End();
        if (_looksAtAll.Count > 0) Schedule();
    }

    sealed class Scan(Look look)
    {
        public Look Look => look;
        public Queue<ulong>? ToDo { get; set; }
    }
}
