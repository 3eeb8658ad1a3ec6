namespace Engine.Adapters.Keys;

/// <param name="Sequence">Of the frame they came with.</param>
/// <param name="Wrapped">By their index; null for one that was dropped.</param>
public readonly record struct FrameKeys(long Sequence, byte[]?[] Wrapped);

/// <summary>All keys of a store that are wrapped by the master key, to be wrapped by another; no engine runs on it.</summary>
public interface IWrappedKeys : ISigningKeyStore
{
    /// <summary>Some keys of a partition behind a frame, in the frames' order; none at the end.</summary>
    /// <exception cref="Engine.Actors.Kernel.StoreUnavailableException" />
    IReadOnlyList<FrameKeys> ReadKeys(int partition, long after);

    /// <summary>Puts keys in the places of those that are there, in one transaction; what is null is left as it is.</summary>
    /// <exception cref="Engine.Actors.Kernel.StoreUnavailableException" />
    void ReplaceKeys(int partition, IReadOnlyList<FrameKeys> keys);

    /// <summary>In one transaction, by their ids.</summary>
    /// <exception cref="Engine.Actors.Kernel.StoreUnavailableException" />
    void ReplaceSigningKeys(IReadOnlyList<StoredSigningKey> keys);

    /// <summary>Leaves no copy of what was replaced in the store's own files.</summary>
    /// <exception cref="Engine.Actors.Kernel.StoreUnavailableException" />
    void EraseReplacedKeys();
}
