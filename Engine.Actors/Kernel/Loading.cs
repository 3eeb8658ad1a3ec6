using Engine.Actors.Asking;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;
using Engine.Actors.Trials;

namespace Engine.Actors.Kernel;

public sealed partial class Partition
{
    readonly List<Ask> _ready = [];
    readonly HashSet<ulong> _visiting = [];

    sealed record Loaded(ActorId Id, SnapshotPlace Place, Actor? Actor, Exception? Failure);

    /// <summary>The actor, new if it never was; null when it must be read first.</summary>
    Actor? Find(ActorId id)
    {
        if (_residents.Find(id) is { } actor) return actor;
        if (_loading.ContainsKey(id)) return null;
        if (_index.TryFind(id, out _) && _host.Fault != KernelFault.ForgetClosed) return null;
        return _host.Domain.NewActor(id);
    }

    void Preload(ActorId id)
    {
        if (!_residents.Contains(id) && !_loading.ContainsKey(id) && _index.TryFind(id, out _)) Load(id, null);
    }

    /// <summary>Reads an actor's snapshot aside; what needs it waits in its stash while the partition goes on.</summary>
    void Load(ActorId id, object? waits)
    {
        if (!_loading.TryGetValue(id, out var stash))
        {
            _loading.Add(id, stash = []);
            StartReading(id);
        }
        if (waits is not null) stash.Add(waits);
    }

    void StartReading(ActorId id)
    {
        _index.TryFind(id, out var place);
        var (memory, unwritten) = (Volatile.Read(ref _memory), _checkpoint?.Part(place));
        _host.Scheduler.RunBlocking(() => Read(id, place, memory, unwritten));
    }

    void Read(ActorId id, SnapshotPlace place, int memory, byte[]? unwritten)
    {
        Loaded loaded;
        try
        {
            var (actor, _) = unwritten is null ? ReadSnapshot(id, place) : Snapshots.Read(Codec.Reader(unwritten), id, _host.Domain);
            loaded = new Loaded(id, place, actor, null);
        }
        catch (Exception e)
        {
            loaded = new Loaded(id, place, null, e);
        }
        if (memory == Volatile.Read(ref _memory)) _arrivals.Enqueue(loaded);
        Schedule();
    }

    (Actor Actor, long Tag) ReadSnapshot(ActorId id, SnapshotPlace place)
    {
        var bytes = _host.Journal.ReadSegment(Number, place.Segment, place.Offset, place.Length);
        return Snapshots.Read(Codec.Reader(place.Check(bytes)), id, _host.Domain);
    }

    void Take(Loaded loaded)
    {
        if (!_loading.TryGetValue(loaded.Id, out var stash)) return;
        if (loaded.Actor is null && _index.TryFind(loaded.Id, out var place) && place != loaded.Place)
        {
            // A checkpoint has moved it meanwhile and removed the segment it lay in.
            StartReading(loaded.Id);
            return;
        }
        if (loaded.Actor is null)
        {
            CrashUnreadable($"{loaded.Id} can't be read", loaded.Failure!);
            return;
        }
        _loading.Remove(loaded.Id);
        Counters.Loads++;
        _residents.Add(loaded.Actor);
        // Read for looking or deciding, it leaves memory again with the next checkpoint.
        if (loaded.Actor.IsPassive) _visiting.Add(loaded.Id.Hash);
        foreach (var waits in stash)
        {
            if (waits is Look look) look.At(loaded.Actor, _now);
            else _ready.Add((Ask)waits);
        }
        if (_ready.Count > 0) Schedule();
    }

    /// <summary>A snapshot is damaged, or the store out of reach; or the node was frozen for so long that another owns the partition by now and has cleaned it away.</summary>
    void CrashUnreadable(string what, Exception failure)
    {
        var isOwn = _host.MayAnswer(Number);
        Crash($"partition {Number}: {what}: {failure.Message}", AnswerKind.StoreUnavailable, repair: failure is not InvalidDataException || !isOwn, isFault: failure is not StoreUnavailableException && isOwn);
    }
}
