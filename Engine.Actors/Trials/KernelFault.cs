namespace Engine.Actors.Trials;

/// <summary>
/// Deliberate faults of the kernel, each breaking one rule, to show that the simulation sees it (Engine.Simulation). Off
/// unless a simulation sets one.
/// </summary>
public enum KernelFault : byte
{
    None = 0,
    /// <summary>Answers before the frame is durable.</summary>
    AnswerBeforeAppend = 1,
    /// <summary>Shows state that is not durable yet.</summary>
    ReadUndurable = 2,
    /// <summary>Forgets deadlines when a partition opens.</summary>
    LoseTimers = 3,
    /// <summary>Takes a message in again although the mark says it was.</summary>
    RepeatMessages = 4,
    /// <summary>Writes a snapshot of state whose frame is not durable.</summary>
    SnapshotUndurable = 5,
    /// <summary>Takes an order that has left memory for a new one.</summary>
    ForgetClosed = 6,
    /// <summary>Sends messages before the frame they stand in is durable.</summary>
    SendBeforeAppend = 7,
    /// <summary>Does not send messages again after a restart.</summary>
    LoseMessages = 8,
    /// <summary>Goes on with messages of a streak that was broken (<see cref="Kernel.IJournal.Streak"/>).</summary>
    OutliveStreak = 9,
    /// <summary>Answers reads although the lease has run out.</summary>
    ReadWithoutLease = 10,
    /// <summary>Goes by the node's own clock although it differs from the store's.</summary>
    TrustAnyClock = 11,
    /// <summary>Closes a partition that is handed over without waiting for the frame on its way.</summary>
    LeaveUndrained = 12,
    /// <summary>Takes partitions of a node over whose lease has not run out.</summary>
    TakeOverEarly = 13,
    /// <summary>Does not tell other nodes how far its links have got.</summary>
    AnnounceNothing = 14,
    /// <summary>Sends messages to other nodes before the frame they stand in is durable.</summary>
    SendAheadElsewhere = 15,
}
