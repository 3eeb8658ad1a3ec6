using Engine.Actors.Deciders;

namespace Engine.Actors.Asking;

/// <summary>A command from outside and whoever waits for its answer.</summary>
public sealed class Ask
{
    readonly TaskCompletionSource<Answer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Ask(ActorId to, Command command, AskOptions options)
    {
        (To, Command, Options) = (to, command, options);
    }

    public ActorId To { get; }
    public Command Command { get; }
    public AskOptions Options { get; }
    public Task<Answer> Answer => _answer.Task;

    internal object? Reply { get; set; }
    /// <summary>When an answer that waits for the actor to settle goes out all the same, by the node's uptime.</summary>
    internal long GiveUpAt { get; set; }

    internal void Complete(Answer answer) => _answer.TrySetResult(answer);
}
