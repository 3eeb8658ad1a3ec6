using Engine.Actors.Kernel;

namespace Engine.Tests.Kernel;

/// <summary>A write whose outcome a test can wait for. A second completion throws.</summary>
sealed class TestWrite : JournalWrite
{
    readonly TaskCompletionSource<WriteOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<WriteOutcome> Done => _done.Task;

    public override void Complete(WriteOutcome outcome) => _done.SetResult(outcome);

    public static TestWrite OfFrame(int partition, long epoch, long sequence, byte[] frame) =>
        new() { Partition = partition, Epoch = epoch, Sequence = sequence, Frame = frame };

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
