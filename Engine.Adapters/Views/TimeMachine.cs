using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Adapters.Views;

/// <summary>
/// Any SKU or order as of any instant or change (docs/time-machine.md): from its own states and events in the read models, and
/// what lies behind their checkpoint straight from the journal, so that an answer is exact however far behind they are.
/// </summary>
public sealed class TimeMachine(ReadModels models)
{
    /// <summary>Frames that may have to be read from the journal: a second or so. Beyond that, whoever asks is told to come again.</summary>
    const long FramesBehindMax = 20_000;

    /// <summary>The actor as it was; in its initial state where it had not begun. It is the caller's own.</summary>
    /// <exception cref="StoreUnavailableException">The read models are being made anew, or are too far behind.</exception>
    public Actor At(ActorId id, PastPoint point)
    {
        if (point.Sequence <= 0) return models.Domain.NewActor(id);
        var partition = id.PartitionOf(models.Partitions);
        var (actor, isReached, progress) = models.Read(reader =>
        {
            var past = reader.NumberOf(id) is { } number ? reader.Past.Load(id, number, point) : new PastReader.Past(models.Domain.NewActor(id), IsReached: false, 0, 0);
            return (past.Actor, past.IsReached, reader.Progress(models.Partitions)[partition]);
        });
        // Time never decreases within a partition: behind a checkpoint that is later than the instant there is nothing of it.
        if (!isReached && progress.At <= point.At) ReadOn(actor, partition, progress, point);
        return actor;
    }

    void ReadOn(Actor actor, int partition, FrameProgress progress, PastPoint point)
    {
        var behind = models.Status.Partitions[partition].Journal - progress.Sequence;
        if (behind > FramesBehindMax) throw new StoreUnavailableException($"the read models are {behind} frames behind");
        var replay = new Replay(actor, point);
        try
        {
            foreach (var stored in models.Journal.ReadFrames(partition, progress.Sequence))
            {
                if (!replay.Begin(FrameHeader.Read(stored.Bytes))) return;
                FrameHeader.Visit(stored.Bytes, models.Domain, replay);
            }
        }
        catch (Exception e) when (e is InvalidDataException or InvariantBrokenException)
        {
            throw new StoreUnavailableException($"partition {partition} can't be read behind frame {progress.Sequence}: {e.Message}", e);
        }
    }

    sealed class Replay(Actor actor, PastPoint point) : IFrameVisitor
    {
        FrameHeader _header;
        bool _isReached;

        /// <summary>False where the frame lies behind the point.</summary>
        public bool Begin(FrameHeader header)
        {
            _header = header;
            return !_isReached && header.At <= point.At;
        }

        public void OnEvent(ActorId id, Event happened)
        {
            if (_isReached || id != actor.Id) return;
            actor.Evolve(happened, new Stamp(_header.Sequence, _header.At));
            _isReached = Tracked.SequenceOf(actor) >= point.Sequence;
        }


        public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message) { }

        public void OnMark(int sender, long sequence, long number) { }
    }
}
