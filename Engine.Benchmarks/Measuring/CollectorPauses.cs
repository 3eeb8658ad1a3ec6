using System.Diagnostics.Tracing;

namespace Engine.Benchmarks.Measuring;

/// <summary>Every stop that the collector makes of this process, by the runtime's own events: counters tell only sums.</summary>
sealed class CollectorPauses : EventListener
{
    const string Runtime = "Microsoft-Windows-DotNETRuntime";
    const EventKeywords Collections = (EventKeywords)1;
    const int SuspendBegins = 9;
    const int RestartEnded = 3;

    long _suspendedAt;
    long _longest;

    /// <summary>Since it was made or last begun anew.</summary>
    public TimeSpan Longest => TimeSpan.FromTicks(Interlocked.Read(ref _longest));

    public void Begin() => Interlocked.Exchange(ref _longest, 0);

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Runtime) EnableEvents(eventSource, EventLevel.Informational, Collections);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventId == SuspendBegins) _suspendedAt = eventData.TimeStamp.Ticks;
        else if (eventData.EventId == RestartEnded && _suspendedAt > 0)
        {
            Interlocked.Exchange(ref _longest, Math.Max(_longest, eventData.TimeStamp.Ticks - _suspendedAt));
            _suspendedAt = 0;
        }
    }
}
