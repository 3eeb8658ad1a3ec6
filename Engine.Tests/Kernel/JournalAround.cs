using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Tests.Kernel;

/// <summary>A journal that passes everything on but writes, of which who derives from it decides.</summary>
abstract class JournalAround(IJournal inner) : IJournal
{
    protected IJournal Inner => inner;

    public virtual bool CanBeTakenOver => true;
    public int Partitions => inner.Partitions;
    public virtual bool IsWritable => inner.IsWritable;
    public Lease Acquire(int partition, string owner) => CanBeTakenOver ? inner.Acquire(partition, owner) : throw new StoreUnavailableException("it can't be taken over");
    public IEnumerable<StoredFrame> ReadFrames(int partition, long after) => inner.ReadFrames(partition, after);
    public byte[]? ReadCheckpoint(int partition) => inner.ReadCheckpoint(partition);
    public byte[] ReadSegment(int partition, long segment, int offset, int count) => inner.ReadSegment(partition, segment, offset, count);
    public byte[]? ReadKey(int partition, KeyRef key) => inner.ReadKey(partition, key);
    public abstract void Submit(JournalWrite write);
    public void Dispose() => inner.Dispose();
}
