using Engine.Actors.Deciders;

namespace Engine.Actors.Asking;

/// <summary>At all actors of a kind, keeping what a function picks.</summary>
sealed class ScanLook<TActor, T>(Func<TActor, long, T?> pick) : Look where TActor : Actor where T : class
{
    readonly TaskCompletionSource<List<T>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<T> _found = [];

    public Task<List<T>> Task => _answer.Task;

    public override void At(Actor actor, long now)
    {
        if (actor is TActor wanted && pick(wanted, now) is { } picked) _found.Add(picked);
    }

    public override void End() => _answer.TrySetResult(_found);

    public override void Fail(AnswerKind kind) => _answer.TrySetResult([]);
}
