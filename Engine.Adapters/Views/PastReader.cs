using Engine.Actors.Deciders;
using Engine.Adapters.Tables;

namespace Engine.Adapters.Views;

/// <summary>A point in an actor's life: an instant, or the number of one of its changes (a SKU's version, a place in an order's history).</summary>
public readonly record struct PastPoint(long At, long Sequence)
{
    public static readonly PastPoint Newest = new(long.MaxValue, long.MaxValue);

    public static PastPoint Instant(long at) => new(at, long.MaxValue);
    public static PastPoint Change(long sequence) => new(long.MaxValue, sequence);
}

/// <summary>
/// Brings an actor to any point of its life from its own events, which the projector keeps apart from everybody else's: the
/// nearest state before the point, and what happened to it from there on.
/// </summary>
sealed class PastReader(ViewConnection connection, IDomain domain) : IDisposable
{
    readonly Statement _newestState = connection.Prepare(ViewSql.ReadNewestState);
    readonly Statement _stateByTime = connection.Prepare(ViewSql.ReadStateByTime);
    readonly Statement _stateBySequence = connection.Prepare(ViewSql.ReadStateBySequence);
    readonly Statement _events = connection.Prepare(ViewSql.ReadEvents);
    byte[] _buffer = new byte[4096];

    /// <param name="IsReached">Nothing that happened later can matter any more.</param>
    public readonly record struct Past(Actor Actor, bool IsReached, long BytesBehindState, long StateBytes);

    /// <exception cref="DamagedRowException" />
    public Past Load(ActorId id, long number, PastPoint point)
    {
        var actor = domain.NewActor(id);
        try
        {
            var (frame, stateBytes) = ReadState(actor, number, point);
            var (reached, bytes) = ReadEvents(actor, number, frame, point);
            return new Past(actor, reached, bytes, stateBytes);
        }
        catch (Exception e) when (e is InvalidDataException or InvariantBrokenException or ArgumentException)
        {
            throw new DamagedRowException($"the past of {id} can't be read: {e.Message}", e);
        }
    }

    (long Frame, long Bytes) ReadState(Actor actor, long number, PastPoint point)
    {
        var state = point.Sequence < long.MaxValue ? _stateBySequence.With(number).With(point.Sequence)
            : point.At < long.MaxValue ? _stateByTime.With(number).With(point.At)
            : _newestState.With(number);
        try
        {
            if (!state.Step()) return (0, 0);
            state.RequireWhole(ViewSql.PastColumnCount, "states");
            var bytes = state.Blob(4);
            actor.Layout(Reader(bytes));
            return (state.Long(1), bytes.Length);
        }
        finally
        {
            state.Reset();
        }
    }

    (bool Reached, long Bytes) ReadEvents(Actor actor, long number, long frame, PastPoint point)
    {
        long bytes = 0;
        try
        {
            _events.With(number).With(frame);
            while (_events.Step())
            {
                _events.RequireWhole(ViewSql.PastColumnCount, "events");
                var at = _events.Long(2);
                if (at > point.At) return (true, bytes);
                var happened = _events.Blob(4);
                bytes += happened.Length;
                if (Apply(actor, happened, new Stamp(_events.Long(1), at), point.Sequence)) return (true, bytes);
            }
            return (false, bytes);
        }
        finally
        {
            _events.Reset();
        }
    }

    /// <summary>True once the actor has come to that change.</summary>
    bool Apply(Actor actor, ReadOnlySpan<byte> events, Stamp stamp, long sequence)
    {
        var codec = Reader(events);
        while (!codec.AtEnd)
        {
            byte tag = 0;
            codec.Byte(ref tag);
            var happened = domain.NewEvent(tag);
            codec.Record(happened);
            actor.Evolve(happened, stamp);
            if (Tracked.SequenceOf(actor) >= sequence) return true;
        }
        return false;
    }

    /// <summary>Through one buffer: states of a busy SKU are megabytes, and fresh arrays of that size are dear to collect.</summary>
    Codec Reader(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length < bytes.Length) _buffer = new byte[Math.Max(bytes.Length, _buffer.Length * 2)];
        bytes.CopyTo(_buffer);
        return Codec.Reader(_buffer, 0, bytes.Length);
    }

    public void Dispose()
    {
        _newestState.Dispose();
        _stateByTime.Dispose();
        _stateBySequence.Dispose();
        _events.Dispose();
    }
}
