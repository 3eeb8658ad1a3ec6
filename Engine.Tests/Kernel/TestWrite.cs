using Engine.Actors.Kernel;

namespace Engine.Tests.Kernel;

/// <summary>A write whose outcome a test can wait for. A second completion throws.</summary>
sealed class TestWrite : JournalWrite
{
    readonly TaskCompletionSource<WriteOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<WriteOutcome> Done => _done.Task;

    /// <summary>Called on the journal's thread, before <see cref="Done"/> is.</summary>
    public Action? Completing { get; init; }

    public override void Complete(WriteOutcome outcome)
    {
        Completing?.Invoke();
        _done.SetResult(outcome);
    }

    public static TestWrite OfFrame(int partition, long epoch, long sequence, byte[] frame, Action? completing = null) =>
        new() { Completing = completing, Partition = partition, Epoch = epoch, Sequence = sequence, Frame = frame };

    /// <summary>A frame whose content tells what it is.</summary>
    public static TestWrite OfFrame(int partition, long epoch, long sequence) =>
        OfFrame(partition, epoch, sequence, FrameBytes(partition, sequence));

    public static byte[] FrameBytes(int partition, long sequence, int count = 200)
    {
        var bytes = new byte[count];
        new Random((int)(partition * 1_000_003L + sequence)).NextBytes(bytes);
        return bytes;
    }
}

static class JournalTestExtensions
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task<WriteOutcome> Write(this IJournal journal, TestWrite write)
    {
        journal.Submit(write);
        return write.Done.WaitAsync(Patience);
    }
}
