using Engine.Actors.Kernel;

namespace Engine.Adapters.Journals.Sqlite;

/// <summary>
/// A segment, or a part of one that a single busy actor makes large: one goes in each transaction, with whatever else waits, so that no commit
/// takes as long as all of them. Nothing refers to the parts before the checkpoint that names their segment; a number that was left half
/// written is written anew.
/// </summary>
sealed class SegmentPart : JournalWrite
{
    /// <summary>Half a megabyte: a few milliseconds. Most segments are smaller (Limits.SegmentBytes).</summary>
    public const int BytesMax = 16 * SegmentChunks.Bytes;

    readonly Progress _progress;

    SegmentPart(JournalWrite whole, Progress progress, int begin)
    {
        _progress = progress;
        FirstChunk = begin / SegmentChunks.Bytes;
        IsLast = begin + BytesMax >= whole.SegmentBytes.Length;
        (Partition, Epoch, Segment) = (whole.Partition, whole.Epoch, whole.Segment);
        SegmentBytes = whole.SegmentBytes[begin..Math.Min(begin + BytesMax, whole.SegmentBytes.Length)];
        if (!IsLast) return;
        DroppedKeys.AddRange(whole.DroppedKeys);
        RemovedSegments.AddRange(whole.RemovedSegments);
        Checkpoint = whole.Checkpoint;
    }

    /// <summary>Where its chunks are counted from.</summary>
    public int FirstChunk { get; }

    bool IsLast { get; }

    /// <summary>The write was given up with an earlier part.</summary>
    public bool IsInVain => _progress.HasFailed;

    public static bool IsOf(JournalWrite write) => write.Sequence == 0 && write.Segment != 0;

    public static IEnumerable<SegmentPart> Of(JournalWrite whole)
    {
        var progress = new Progress(whole);
        for (var begin = 0; begin < whole.SegmentBytes.Length; begin += BytesMax) yield return new SegmentPart(whole, progress, begin);
    }

    public override void Complete(WriteOutcome outcome)
    {
        if (outcome == WriteOutcome.Durable && !IsLast) return;
        _progress.HasFailed = outcome != WriteOutcome.Durable;
        _progress.Whole.Complete(outcome);
    }

    sealed class Progress(JournalWrite whole)
    {
        public JournalWrite Whole => whole;
        public bool HasFailed { get; set; }
    }
}
