using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Load.Auditing;

namespace Engine.Benchmarks.Scale;

/// <summary>
/// How late locks ended, read from the journal: what each said when it would end, against the time of the frame in which it did.
/// Of the frames behind where it was begun.
/// </summary>
sealed class LatenessAudit(EngineNode node) : IFrameVisitor
{
    readonly long[] _after = [.. node.Status.Select(p => p.Sequence)];
    readonly Dictionary<string, long> _ends = [];
    long _at;

    public LatencyHistogram Lateness { get; } = new();
    /// <summary>Locks that were made and have not ended.</summary>
    public int Open => _ends.Count;

    public bool WantsMessages => false;

    public void Read()
    {
        for (var partition = 0; partition < _after.Length; partition++)
        {
            foreach (var frame in node.Journal.ReadFrames(partition, _after[partition]))
            {
                _at = FrameHeader.Read(frame.Bytes).At;
                FrameHeader.Visit(frame.Bytes, EngineDomain.Instance, this);
                _after[partition] = frame.Sequence;
            }
        }
    }

    public void OnEvent(ActorId actor, Event happened)
    {
        if (happened is StockReserved made) _ends[$"{actor.Key} {made.ReservationId}"] = made.ExpiresAt;
        else if (happened is ReservationReleased { End: ReservationState.Expired } ended && _ends.Remove($"{actor.Key} {ended.ReservationId}", out var wanted))
            Lateness.Record(TimeSpan.FromMilliseconds(Math.Max(0, _at - wanted)));
    }

    public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message) { }

    public void OnMark(int sender, long sequence, long number) { }
}
