using Engine.Actors.Trials;

namespace Engine.Actors.Kernel;

/// <summary>
/// Where the journal keeps the order of all writes (<see cref="IJournal.Streak"/>), messages go on as soon as the frame they stand in
/// is handed over, to partitions of the same node: what follows from them is written behind it, or not at all. Answers still wait until it is
/// durable, and so does what other nodes are sent.
/// </summary>
public sealed partial class Partition
{
    long? _streak;

    long? CurrentStreak => _host.Fault != KernelFault.SendBeforeAppend ? _host.Journal.Streak : null;

    /// <summary>
    /// Of a streak that was broken nobody knows which messages stand in the journal: those that wait are forgotten, and what is durable of
    /// them is brought again. All that was decided is durable here, for no frame is in flight.
    /// </summary>
    void KeepUp()
    {
        if (CurrentStreak is not { } streak || streak == _streak) return;
        _streak = streak;
        if (_host.Fault == KernelFault.OutliveStreak) return;
        _inboxes = Array.ConvertAll(_inboxes, inbox => new Inbox(inbox.Mark));
        InboxCount = 0;
        // How far the links are is looked at only now: see Batch.ReleaseLetters.
        Interlocked.MemoryBarrier();
        for (var from = 0; from < _inboxes.Length; from++)
            if (_host.LastSent(from, Number) > _inboxes[from].Mark.Number) AskAgain(from);
    }

    /// <summary>It was decided in a streak that this partition is in, or is durable.</summary>
    bool IsCurrent(Delivery delivery)
    {
        if (delivery.Streak is not null) KeepUp();
        return delivery.Streak is null || delivery.Streak == _streak;
    }
}
