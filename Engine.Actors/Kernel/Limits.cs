namespace Engine.Actors.Kernel;

/// <summary>Everything that is bounded, in one place, with the reason. Counts are per partition.</summary>
public sealed record Limits
{
    /// <summary>Commands waiting in one lane, whatever their pace: 60 MB in all lanes of 16 partitions. At most half of them one tenant's, so that others still get in.</summary>
    public int LaneLength { get; init; } = 4096;

    /// <summary>What new work may have to wait for its turn, by the pace of late (milliseconds): beyond that a refusal is kinder than a wait, and platforms give up after some seconds.</summary>
    public long WaitMax { get; init; } = 1000;

    /// <summary>Messages from other actors that wait. They can't be refused, so above this new work is, until they are worked off.</summary>
    public int InboxLength { get; init; } = 200_000;

    /// <summary>Per batch: what pays, releases and expires comes before new work, but takes no more than its part.</summary>
    public int MessagesPerBatch { get; init; } = 1024;
    public int UrgentPerBatch { get; init; } = 512;
    public int NormalPerBatch { get; init; } = 256;

    /// <summary>Actors whose deadline is decided per batch: a storm of expiries is spread over batches.</summary>
    public int DeadlinesPerBatch { get; init; } = 128;

    /// <summary>What falls due takes no more of a frame than this, some 2,000 ends of locks: of 100,000 that end in one moment nobody else waits for more than a few milliseconds.</summary>
    public int DeadlineBytes { get; init; } = 32 << 10;

    /// <summary>Messages about what falls due, of all partitions together, while new work comes: a third of two cores, with what follows from them, so that orders hardly notice a storm.</summary>
    public int QuestionsPerSecond { get; init; } = 40_000;

    /// <summary>Of these one partition's at once: half a millisecond.</summary>
    public int QuestionsAtOnce { get; init; } = 32;

    /// <summary>How late what falls due may become for the sake of new work (milliseconds). Beyond that it goes first: stock that is not freed can't be sold.</summary>
    public long LateMax { get; init; } = 4000;

    /// <summary>New work that came longer ago is not in anybody's way (milliseconds).</summary>
    public long QuietAfter { get; init; } = 100;

    /// <summary>A frame is closed at this size, so that one partition's batch does not hold up the group commit of all.</summary>
    public int FrameBytes { get; init; } = 1 << 20;

    /// <summary>Frames behind the checkpoint, or what the last one took where that is more (it names every actor). Reading that much back takes well under a second at a restart.</summary>
    public long CheckpointBytes { get; init; } = 4 << 20;

    /// <summary>Actors written into a snapshot between two batches: some tenths of a millisecond.</summary>
    public int SnapshotsPerSlice { get; init; } = 128;

    /// <summary>Of one actor's parts (a SKU's reservations): with more it is written beside the turns. Some tenths of a millisecond.</summary>
    public int WrittenInTurn { get; init; } = 1024;

    /// <summary>A segment is closed at this size, so that a checkpoint holds no more than that at a time, of a busy partition's tens of megabytes.</summary>
    public int SegmentBytes { get; init; } = 256 << 10;

    /// <summary>A segment is cleaned when less than this part of it is still current.</summary>
    public double SegmentLive { get; init; } = 0.5;

    /// <summary>Faults of one partition within a minute before it stays down: one bad message must not spin it for ever.</summary>
    public int FaultsPerMinute { get; init; } = 3;

    /// <summary>How far wall and monotonic clock may differ before nothing expires any more (milliseconds).</summary>
    public long ClockDifference { get; init; } = 1000;
}
