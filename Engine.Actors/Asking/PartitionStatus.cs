namespace Engine.Actors.Asking;

/// <param name="State"><c>open</c>, <c>opening</c>, <c>stopped</c>, <c>closed</c>, or <c>elsewhere</c> where another node owns it.</param>
/// <param name="Fault">Why it stopped, with the entry.</param>
public sealed record PartitionStatus(
    int Partition, string State, long Epoch, long Sequence, int Queued, int ActorsLoaded, int ActorsStored, int OpenDeadlines, string? Fault);

/// <summary>Counts of one partition since it was made; only what is durable is counted. Read from any thread.</summary>
public sealed class PartitionCounters
{
    internal readonly long[] EventsByTag = new long[256];

    public long Frames { get; internal set; }
    public long FrameBytes { get; internal set; }
    public long Commands { get; internal set; }
    public long MessagesSent { get; internal set; }
    public long MessagesReceived { get; internal set; }
    public long MessagesDropped { get; internal set; }
    public long Overloaded { get; internal set; }
    public long Checkpoints { get; internal set; }
    public long Loads { get; internal set; }
    public long Faults { get; internal set; }
    /// <summary>The longest a deadline has been decided behind its time, milliseconds.</summary>
    public long DeadlineLatenessMax { get; internal set; }
    /// <summary>Deadlines that were decided more than <see cref="Late"/> milliseconds behind their time.</summary>
    public long DeadlinesLate { get; internal set; }

    public const long Late = 5_000;

    public long Events(byte tag) => Volatile.Read(ref EventsByTag[tag]);
}
