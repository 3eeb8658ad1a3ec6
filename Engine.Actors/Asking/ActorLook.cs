using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Actors.Asking;

/// <summary>At one actor, by a function of whoever asks.</summary>
sealed class ActorLook<TActor>(Func<TActor, long, object?> read, IPartitionHost host, int partition) : Look where TActor : Actor
{
    readonly TaskCompletionSource<Answer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Answer> Task => _answer.Task;

    public override void At(Actor actor, long now)
    {
        try
        {
            var shown = read((TActor)actor, now);
            // Asked after it was read: until then nobody else can have changed it.
            _answer.TrySetResult(host.MayAnswer(partition) ? new Answer(AnswerKind.Reply, shown) : new Answer(AnswerKind.NotOwner));
        }
        catch (Exception e)
        {
            // Whoever looked hears of it; nothing was changed.
            _answer.TrySetException(e);
        }
    }

    public override void Fail(AnswerKind kind) => _answer.TrySetResult(new Answer(kind));
}
