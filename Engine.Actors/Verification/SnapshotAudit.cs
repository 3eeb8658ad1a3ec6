using Engine.Actors.Compact;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Actors.Verification;

/// <summary>The newest checkpoint of a partition and all snapshots it names: undamaged, and made behind a frame of this journal.</summary>
sealed class SnapshotAudit(int partition, IJournalReader journal, IDomain domain)
{
    const int BytesAtOnce = 1 << 20;

    public long Count { get; private set; }

    /// <summary>An engine that runs beside may replace the checkpoint and remove what it named: then the new one is looked at.</summary>
    /// <exception cref="InvalidDataException">What is damaged or missing.</exception>
    public void Check()
    {
        var checkpoint = journal.ReadCheckpoint(partition);
        while (checkpoint is not null)
        {
            try
            {
                Check(checkpoint);
                return;
            }
            catch (InvalidDataException)
            {
                var newer = journal.ReadCheckpoint(partition);
                if (newer is null || newer.AsSpan().SequenceEqual(checkpoint)) throw;
                checkpoint = newer;
            }
        }
    }

    void Check(byte[] checkpoint)
    {
        var (header, index) = (new CheckpointHeader(), new ActorIndex());
        try
        {
            var codec = CheckpointLayout.Open(checkpoint, out var hasChecksums);
            header.Layout(codec);
            index.Layout(codec, hasChecksums);
            new Deadlines().Layout(codec);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new InvalidDataException($"checkpoint: {e.Message}", e);
        }
        var covered = journal.ReadFrames(partition, Math.Max(0, header.Sequence - 1)).FirstOrDefault();
        if (covered.Sequence != header.Sequence || FrameHash.Of(covered.Bytes) != header.Hash)
            throw new InvalidDataException($"checkpoint: frame {header.Sequence} is not the one it was made behind");
        Count = 0;
        var places = index.InOrder(withPassive: true);
        for (var first = 0; first < places.Count;)
        {
            var behind = first + 1;
            var (start, segment) = (places[first].Place.Offset, places[first].Place.Segment);
            while (behind < places.Count && places[behind].Place.Segment == segment && places[behind].Place.Offset - start < BytesAtOnce) behind++;
            Check(places[first..behind]);
            first = behind;
        }
    }

    void Check(List<(ulong Hash, SnapshotPlace Place)> places)
    {
        var (first, last) = (places[0].Place, places[^1].Place);
        var bytes = journal.ReadSegment(partition, first.Segment, first.Offset, last.Offset + last.Length - first.Offset);
        foreach (var (hash, place) in places)
        {
            var start = place.Offset - first.Offset;
            var (actor, _) = Snapshots.Read(Codec.Reader(place.Check(bytes[start..(start + place.Length)])), domain);
            if (actor.Id.Hash != hash) throw new InvalidDataException($"segment {place.Segment} at {place.Offset}: a snapshot of {actor.Id} lies there");
            Count++;
        }
    }
}
