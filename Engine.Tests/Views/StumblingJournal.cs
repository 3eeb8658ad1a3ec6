using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Tests.Views;

/// <summary>Fails when so many frames were read.</summary>
sealed class StumblingJournal(IJournalReader inner, int after) : IJournalReader
{
    int _left = after;

    public bool IsCounting { get; set; }
    public int Partitions => inner.Partitions;
    public byte[]? ReadCheckpoint(int partition) => inner.ReadCheckpoint(partition);
    public byte[] ReadSegment(int partition, long segment, int offset, int count) => inner.ReadSegment(partition, segment, offset, count);
    public byte[]? ReadKey(int partition, KeyRef key) => inner.ReadKey(partition, key);
    public void Dispose() { }

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after)
    {
        foreach (var frame in inner.ReadFrames(partition, after))
        {
            if (IsCounting && _left-- == 0) throw new StoreUnavailableException("stumbled");
            yield return frame;
        }
    }
}
