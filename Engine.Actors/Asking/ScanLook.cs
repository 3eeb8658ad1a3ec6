using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Actors.Asking;

/// <summary>At all actors of a kind, keeping what a function picks.</summary>
/// <param name="orFail">Where some can't be looked at here, that is told instead of left out. What another node serves is that one's to look at.</param>
sealed class ScanLook<TActor, T>(Func<TActor, long, T?> pick, bool orFail) : Look where TActor : Actor where T : class
{
    readonly TaskCompletionSource<List<T>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly List<T> _found = [];

    public Task<List<T>> Task => _answer.Task;

    public override void At(Actor actor, long now)
    {
        try
        {
            if (actor is TActor wanted && pick(wanted, now) is { } picked) _found.Add(picked);
        }
        catch (Exception e)
        {
            _answer.TrySetException(e);
        }
    }

    public override void End() => _answer.TrySetResult(_found);

    public override void Fail(AnswerKind kind)
    {
        if (orFail && kind != AnswerKind.NotOwner) _answer.TrySetException(new StoreUnavailableException("a partition could not be looked at"));
        else _answer.TrySetResult([]);
    }
}
