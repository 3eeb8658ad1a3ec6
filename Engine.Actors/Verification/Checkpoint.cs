using Engine.Actors.Kernel;

namespace Engine.Actors.Verification;

/// <summary>What others than the partition itself may want to know of its checkpoint.</summary>
public static class Checkpoint
{
    /// <summary>The last frame it covers: opening needs none before the next.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or of a newer build.</exception>
    public static long SequenceOf(byte[] bytes)
    {
        var header = new CheckpointHeader();
        header.Layout(CheckpointLayout.Open(bytes, out _));
        return header.Sequence;
    }
}
