using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Engine.Actors.Cluster;
using Engine.Actors.Compact;
using Engine.Actors.Kernel;

namespace Engine.Adapters.Journals;

/// <summary>
/// The newest frame this node has acknowledged in each partition, in a small file of its own that is mapped into memory: writing
/// costs no system call, and what was written is there when the process is killed. It need not outlive the machine, since what it
/// guards against is another machine's fault.
/// <code>
/// of each partition, little endian:  0 8 sequence · 8 16 hash · 24 4 CRC-32C of that · 28 4 zeros
/// </code>
/// </summary>
public sealed class TailFile : ITailRecord, IDisposable
{
    const int SlotLength = 32;
    const int HashOffset = 8;
    const int CrcOffset = 24;

    readonly MemoryMappedFile _file;
    readonly MemoryMappedViewAccessor _view;

    public TailFile(string path, int partitions)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, (long)partitions * SlotLength);
        _view = _file.CreateViewAccessor();
    }

    public void Write(int partition, long sequence, FrameHash hash)
    {
        Span<byte> slot = stackalloc byte[SlotLength];
        BinaryPrimitives.WriteInt64LittleEndian(slot, sequence);
        hash.Write(slot[HashOffset..]);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[CrcOffset..], Crc32C.Of(slot[..CrcOffset]));
        _view.SafeMemoryMappedViewHandle.WriteSpan<byte>((ulong)partition * SlotLength, slot);
    }

    public (long Sequence, FrameHash Hash)? Read(int partition)
    {
        Span<byte> slot = stackalloc byte[SlotLength];
        _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)partition * SlotLength, slot);
        var sequence = BinaryPrimitives.ReadInt64LittleEndian(slot);
        // Half written when the machine went down: it says nothing.
        if (sequence == 0 || BinaryPrimitives.ReadUInt32LittleEndian(slot[CrcOffset..]) != Crc32C.Of(slot[..CrcOffset])) return null;
        return (sequence, FrameHash.Read(slot[HashOffset..]));
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
