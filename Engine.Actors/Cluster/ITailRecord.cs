using Engine.Actors.Kernel;

namespace Engine.Actors.Cluster;

/// <summary>
/// What this node knows by itself of the newest frame it has acknowledged in each partition, kept apart from the store: a store
/// that comes back without its tail (an asynchronous standby that was promoted) is found out, not believed.
/// </summary>
public interface ITailRecord
{
    /// <summary>Called for each durable frame: it must cost next to nothing.</summary>
    void Write(int partition, long sequence, FrameHash hash);

    /// <summary>Null where nothing is known.</summary>
    (long Sequence, FrameHash Hash)? Read(int partition);
}
