using Engine.Actors.Kernel;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>What a journal must do besides that keeps the order of all writes (<see cref="IJournal.Streak"/>).</summary>
public abstract class OrderedJournalContract : JournalContract
{
    [Fact]
    public async Task What_was_submitted_behind_a_frame_that_is_not_durable_fails_with_it()
    {
        var journal = Open();
        var epochs = Enumerable.Range(0, Partitions).Select(partition => journal.Acquire(partition, "a").Epoch).ToArray();
        var streak = journal.Streak!.Value;
        var before = Of(0, 1, streak);
        var refused = Of(1, 7, streak);
        var behind = Of(2, 1, streak);
        var checkpoint = new TestWrite { Partition = 2, Epoch = epochs[2], Checkpoint = [1] };
        var onItsOwn = Of(3, 1, null);
        foreach (var write in new[] { before, refused, behind, checkpoint, onItsOwn }) journal.Submit(write);

        Assert.Equal(WriteOutcome.Durable, await before.Done);
        Assert.Equal(WriteOutcome.Refused, await refused.Done);
        Assert.Equal(WriteOutcome.Failed, await behind.Done);
        Assert.Equal(WriteOutcome.Durable, await checkpoint.Done);
        Assert.Equal(WriteOutcome.Durable, await onItsOwn.Done);
        Assert.Empty(journal.ReadFrames(2, 0));

        Assert.Equal(streak + 1, journal.Streak);
        Assert.Equal(WriteOutcome.Failed, await journal.Write(Of(0, 2, streak)));
        Assert.Equal(streak + 1, journal.Streak);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(Of(2, 1, streak + 1)));

        TestWrite Of(int partition, long sequence, long? of)
        {
            var write = TestWrite.OfFrame(partition, epochs[partition], sequence);
            write.Streak = of;
            return write;
        }
    }

    [Fact]
    public async Task A_streak_is_known_to_be_broken_before_anybody_is_told_of_it()
    {
        var journal = Open();
        var streak = journal.Streak!.Value;
        var write = new SeesStreak(journal) { Partition = 0, Epoch = 77, Sequence = 1, Frame = new byte[] { 1 }, Streak = streak };
        journal.Submit(write);
        Assert.Equal(streak + 1, await write.Seen.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    sealed class SeesStreak(IJournal journal) : JournalWrite
    {
        public TaskCompletionSource<long?> Seen { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Complete(WriteOutcome outcome) => Seen.SetResult(journal.Streak);
    }
}
