using Engine.Actors.Compact;
using Engine.Actors.Deciders;
using Xunit;

namespace Engine.Tests.Compact;

public sealed class EntryPagesTests
{
    [Fact]
    public void What_is_woken_and_laid_down_again_and_again_is_to_be_written_once_and_takes_no_more_room()
    {
        var pages = new EntryPages();
        var (id, entry) = (ActorId.Order("test:shop:1"), new byte[5_000]);
        BitConverter.TryWriteBytes(entry.AsSpan(8), entry.Length - EntryPages.HeaderLength);
        pages.Put(id, entry, checksum: 0, isDirty: true, isPassive: false);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            Assert.True(pages.Remove(id.Hash));
            pages.Put(id, entry, checksum: 0, isDirty: true, isPassive: false);
        }
        // Fifty megabytes went through it.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        Assert.Equal([id.Hash], pages.Dirty());
        Assert.Empty(pages.Dirty());
    }
}
