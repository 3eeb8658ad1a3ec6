using Engine.Actors.Deciders;

namespace Engine.Actors.Asking;

/// <summary>Payments, releases and the like come before new work, but no lane can fill the machine.</summary>
public enum Lane : byte
{
    Urgent = 0,
    Normal = 1,
}

/// <param name="Tenant">Who asks (a shop): inside a lane tenants take turns and have a limit of their own.</param>
/// <param name="WithView">Show the actor as it stands when the answer goes out.</param>
/// <param name="Settle">How long the answer may wait for the actor to be settled; zero for not at all.</param>
public readonly record struct AskOptions(Lane Lane = Lane.Normal, string Tenant = "", bool WithView = false, TimeSpan Settle = default);

public enum AnswerKind : byte
{
    /// <summary>Decided and durable.</summary>
    Reply = 0,
    /// <summary>Refused for load; nothing has happened.</summary>
    Overloaded = 1,
    /// <summary>The store can't write; nothing has happened.</summary>
    StoreUnavailable = 2,
    /// <summary>Whether it has happened is not known.</summary>
    OutcomeUnknown = 3,
    /// <summary>The partition has stopped for a fault; nothing has happened.</summary>
    Stopped = 4,
    /// <summary>The partition is owned by another node; nothing has happened.</summary>
    NotOwner = 5,
}

public readonly record struct Answer(AnswerKind Kind, object? Reply = null, object? View = null);

/// <summary>The engine as everything around it sees it: ask an actor, read one, look over all.</summary>
public interface IEngine
{
    int Partitions { get; }

    /// <summary>True once every partition that is not stopped for a fault serves, and the store can be written.</summary>
    bool IsReady { get; }

    bool IsWritable { get; }

    IReadOnlyList<PartitionStatus> Status { get; }

    /// <summary>
    /// True, and counted as a refusal, where a command would be <see cref="AnswerKind.Overloaded"/> now: whoever asks before an order is
    /// sealed has not sealed it in vain. False where that is not known here.
    /// </summary>
    bool Refuses(ActorId to, Lane lane, string tenant) => false;

    ValueTask<Answer> AskAsync(ActorId to, Command command, AskOptions options = default);

    /// <summary>
    /// Reads an actor where it lives, showing only what is durable. <paramref name="read"/> runs on the partition: it must be
    /// quick and must not keep the actor. An actor that never was is shown in its initial state.
    /// </summary>
    ValueTask<Answer> ReadAsync<TActor>(ActorId id, Func<TActor, long, object?> read) where TActor : Actor;

    /// <summary>
    /// Looks over the actors of a kind (<see cref="ActorKind.None"/> for all) in memory (closed orders have left it), some at a time, each as it is durable at the
    /// moment it is looked at; results in no order. <paramref name="pick"/> runs on the partitions, like a read.
    /// </summary>
    /// <param name="orFail">Whoever can't do with less: what does not serve at the moment is else left out.</param>
    /// <exception cref="Engine.Actors.Kernel.StoreUnavailableException">With <paramref name="orFail"/>, where a partition could not be looked at.</exception>
    Task<IReadOnlyList<T>> ScanAsync<TActor, T>(ActorKind kind, Func<TActor, long, T?> pick, bool orFail = false) where TActor : Actor where T : class;
}
