using System.Buffers.Binary;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

/// <summary>
/// The bytes of a checkpoint. What it names is served without being replayed, so it is checked like a frame.
/// <code>
///  0  2  'E' 'C'
///  2  1  version of this layout, 2
///  3  1  0
///  4  4  CRC-32C of everything from byte 8 on, little endian
///  8  …  header, index of snapshots with the CRC-32C of each, deadlines
/// </code>
/// The first release wrote neither this head nor the checksums of the index: its checkpoints begin with the number of a frame,
/// of which the first byte is even. They are read as they are.
/// </summary>
static class CheckpointLayout
{
    const int HeadLength = 8;
    const byte Version = 2;

    public static Codec Writer()
    {
        var codec = Codec.Writer(64 * 1024);
        codec.Raw(stackalloc byte[HeadLength]);
        return codec;
    }

    public static byte[] Seal(Codec codec)
    {
        var bytes = codec.Written.ToArray();
        (bytes[0], bytes[1], bytes[2]) = ((byte)'E', (byte)'C', Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32C.Of(bytes.AsSpan(HeadLength)));
        return bytes;
    }

    /// <param name="hasChecksums">Its index tells the checksum of each snapshot.</param>
    /// <exception cref="InvalidDataException">It is damaged, or of a newer build.</exception>
    public static Codec Open(byte[] bytes, out bool hasChecksums)
    {
        hasChecksums = bytes.Length == 0 || bytes[0] % 2 != 0;
        if (!hasChecksums) return Codec.Reader(bytes);
        if (bytes.Length < HeadLength || bytes[0] != 'E' || bytes[1] != 'C' || bytes[3] != 0) throw new InvalidDataException("not a checkpoint");
        if (bytes[2] != Version) throw new InvalidDataException($"checkpoint layout {bytes[2]}; this build reads up to {Version}");
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)) != Crc32C.Of(bytes.AsSpan(HeadLength))) throw new InvalidDataException("the checksum does not match");
        return Codec.Reader(bytes, HeadLength, bytes.Length - HeadLength);
    }
}
