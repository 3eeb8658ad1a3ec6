using System.Collections.Concurrent;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;

namespace Engine.Benchmarks.Workloads;

/// <summary>
/// Answers everything at once and does nothing: what is left is what the callers cost, with their orders, their sealing and
/// being woken for every answer.
/// </summary>
sealed class NoEngine : IEngine, IThreadPoolWorkItem
{
    readonly ConcurrentQueue<TaskCompletionSource<Answer>> _asked = new();
    int _pending;

    public int Partitions => 1;
    public bool IsReady => true;
    public bool IsWritable => true;
    public IReadOnlyList<PartitionStatus> Status => [];

    public ValueTask<Answer> AskAsync(ActorId to, Command command, AskOptions options = default) => Queue();

    public ValueTask<Answer> ReadAsync<TActor>(ActorId id, Func<TActor, long, object?> read) where TActor : Actor => Queue();

    public Task<IReadOnlyList<T>> ScanAsync<TActor, T>(ActorKind kind, Func<TActor, long, T?> pick, bool orFail = false) where TActor : Actor where T : class => Task.FromResult<IReadOnlyList<T>>([]);

    ValueTask<Answer> Queue()
    {
        var answer = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.Enqueue(answer);
        if (Interlocked.Increment(ref _pending) == 1) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return new ValueTask<Answer>(answer.Task);
    }

    public void Execute()
    {
        var seen = Volatile.Read(ref _pending);
        while (_asked.TryDequeue(out var answer)) answer.TrySetResult(new Answer(AnswerKind.Reply));
        if (Interlocked.Add(ref _pending, -seen) > 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
