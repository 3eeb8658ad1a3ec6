using System.Buffers.Binary;
using System.Security.Cryptography;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

/// <summary>The first 16 bytes of a frame's SHA-256: what the next frame is chained to.</summary>
public readonly record struct FrameHash(ulong High, ulong Low)
{
    public static FrameHash Of(ReadOnlySpan<byte> frame)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(frame, hash);
        return Read(hash);
    }

    public static FrameHash Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }
}

/// <summary>
/// All that a partition decided in one batch, as bytes. Numbers of fixed size are little endian.
/// <code>
///  0  2  'E' 'F'
///  2  1  version of this layout: 3; 2 wrote every word, id and key in full, 1 had no decisions as well
///  3  1  0
///  4  4  CRC-32C of everything from byte 8 on, xor the four bytes before (from layout 3 on)
///  8  2  partition
/// 10  2  0
/// 12  4  length of the body
/// 16  8  epoch the frame was decided in
/// 24  8  sequence: 1, 2, 3 … per partition
/// 32  8  time of the batch, milliseconds since 1970 UTC
/// 40 16  hash of the frame before it (zeros for the first)
/// 56  …  body: entries, each a byte that says what it is
///          1 event    actor, tag, record
///          2 message  sender, receiver, receiving partition, number on that link, tag, record
///          3 mark     sending partition, its frame, number: messages up to there have been taken in
///          4 decision cause: 0 a command from outside, 1 a deadline, 2 + n the next message of partition n, and its sender;
///                     the events and messages behind it, up to the next decision, are what was decided
/// </code>
/// Every message has its decision, also where nothing followed from it; so a replay can decide all of it again in this order.
/// Actors, numbers and records are written as <see cref="Codec"/> says; actor ids and words are known for the length of one frame.
/// </summary>
public static class FrameLayout
{
    public const int HeaderLength = 56;
    public const byte Version = 3;
    public const byte OldestVersion = 1;
    internal const byte SharingVersion = 3;
    internal const byte EventEntry = 1;
    internal const byte MessageEntry = 2;
    internal const byte MarkEntry = 3;
    internal const byte DecisionEntry = 4;

    /// <summary>What bytes 4 to 7 of the frame must say. Layouts from 3 on can be taken for each other, so a flipped version must show.</summary>
    public static uint Checksum(ReadOnlySpan<byte> frame)
    {
        var crc = Crc32C.Of(frame[8..]);
        return frame[2] < SharingVersion ? crc : crc ^ BinaryPrimitives.ReadUInt32LittleEndian(frame);
    }
}

/// <summary>What made an actor decide.</summary>
/// <param name="Code">As it stands in frames.</param>
public readonly record struct Cause(int Code)
{
    public static readonly Cause Outside = new(0);
    public static readonly Cause Deadline = new(1);
    public static Cause MessageOf(int partition) => new(partition + 2);

    /// <summary>The partition the message came from; −1 for no message.</summary>
    public int Sender => Math.Max(-1, Code - 2);
}

/// <summary>Writes one frame after another into the same buffer.</summary>
sealed class FrameWriter
{
    readonly Codec _codec = Codec.Writer(16 * 1024, shares: true);
    readonly int _partition;
    ActorId _sender;

    byte _version;

    public FrameWriter(int partition) => _partition = partition;

    public int Length => _codec.Position;
    public bool IsEmpty => _codec.Position <= FrameLayout.HeaderLength;

    /// <param name="version">The layout to write: an older one while there are nodes that read no other.</param>
    public void Begin(byte version = FrameLayout.Version)
    {
        _version = version;
        _codec.Reset();
        _codec.Raw(stackalloc byte[FrameLayout.HeaderLength]);
    }

    /// <param name="sender">Of the message that is the cause, else default.</param>
    public void Decision(Cause cause, ActorId sender)
    {
        if (_version < 2) return;
        Kind(FrameLayout.DecisionEntry);
        var code = cause.Code;
        _codec.Int(ref code);
        _sender = sender;
        if (cause.Sender >= 0) _codec.Actor(ref sender);
    }

    public void Event(ActorId actor, Event happened)
    {
        Kind(FrameLayout.EventEntry);
        _codec.Near(actor, _sender);
        _codec.Actor(ref actor);
        Kind(happened.Tag);
        _codec.Record(happened);
    }

    public void Message(ActorId from, ActorId to, int partition, long number, Message message)
    {
        Kind(FrameLayout.MessageEntry);
        _codec.Near(from, _sender);
        _codec.Actor(ref from);
        _codec.Actor(ref to);
        _codec.Int(ref partition);
        _codec.Long(ref number);
        Kind(message.Tag);
        _codec.Record(message);
    }

    public void Mark(int sender, long sequence, long number)
    {
        Kind(FrameLayout.MarkEntry);
        _codec.Int(ref sender);
        _codec.Long(ref sequence);
        _codec.Long(ref number);
    }

    /// <summary>The finished frame; it stays valid until <see cref="Begin"/>.</summary>
    public ReadOnlyMemory<byte> Finish(long epoch, long sequence, long at, FrameHash previous)
    {
        var header = _codec.Patch(0, FrameLayout.HeaderLength);
        header[0] = (byte)'E';
        header[1] = (byte)'F';
        header[2] = _version;
        BinaryPrimitives.WriteUInt16LittleEndian(header[8..], (ushort)_partition);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], _codec.Position - FrameLayout.HeaderLength);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], epoch);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], at);
        previous.Write(header[40..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], FrameLayout.Checksum(_codec.Written));
        return _codec.WrittenMemory;
    }

    void Kind(byte kind) => _codec.Byte(ref kind);
}

/// <summary>What a frame holds, told entry by entry.</summary>
public interface IFrameVisitor
{
    void OnEvent(ActorId actor, Event happened);
    void OnMessage(ActorId from, ActorId to, int partition, long number, Message message);
    void OnMark(int sender, long sequence, long number);

    /// <summary>What follows, up to the next decision, was decided for this cause.</summary>
    /// <param name="sender">Of the message that is the cause; default for other causes, and in frames before layout 3.</param>
    void OnDecision(Cause cause, ActorId sender) { }
}

/// <summary>A frame's header, checked.</summary>
public readonly record struct FrameHeader(int Partition, long Epoch, long Sequence, long At, FrameHash Previous, FrameHash Hash)
{
    /// <exception cref="InvalidDataException">Not a whole frame of a version this build reads; the message names what is wrong.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < FrameLayout.HeaderLength || frame[0] != 'E' || frame[1] != 'F') throw new InvalidDataException("not a frame");
        if (frame[2] is < FrameLayout.OldestVersion or > FrameLayout.Version)
            throw new InvalidDataException($"frame layout {frame[2]}; this build reads {FrameLayout.OldestVersion} to {FrameLayout.Version}");
        var length = BinaryPrimitives.ReadInt32LittleEndian(frame[12..]);
        if (length != frame.Length - FrameLayout.HeaderLength) throw new InvalidDataException($"the body should have {length} bytes and has {frame.Length - FrameLayout.HeaderLength}");
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]) != FrameLayout.Checksum(frame) || frame[3] != 0) throw new InvalidDataException("the checksum does not match");
        return new(
            BinaryPrimitives.ReadUInt16LittleEndian(frame[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(frame[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(frame[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(frame[32..]),
            FrameHash.Read(frame[40..]),
            FrameHash.Of(frame));
    }

    /// <summary>Reads the body; the header must have been read (and so checked) before.</summary>
    public static void Visit(byte[] frame, IDomain domain, IFrameVisitor visitor)
    {
        var codec = Codec.Reader(frame, FrameLayout.HeaderLength, frame.Length - FrameLayout.HeaderLength, shares: frame[2] >= FrameLayout.SharingVersion);
        while (!codec.AtEnd)
        {
            ActorId actor = default, to = default;
            byte kind = 0, tag = 0;
            codec.Byte(ref kind);
            switch (kind)
            {
                case FrameLayout.EventEntry:
                    codec.Actor(ref actor);
                    codec.Byte(ref tag);
                    var happened = domain.NewEvent(tag);
                    codec.Record(happened);
                    visitor.OnEvent(actor, happened);
                    break;
                case FrameLayout.MessageEntry:
                    var partition = 0;
                    long number = 0;
                    codec.Actor(ref actor);
                    codec.Actor(ref to);
                    codec.Int(ref partition);
                    codec.Long(ref number);
                    codec.Byte(ref tag);
                    var message = domain.NewMessage(tag);
                    codec.Record(message);
                    visitor.OnMessage(actor, to, partition, number, message);
                    break;
                case FrameLayout.MarkEntry:
                    var sender = 0;
                    long sequence = 0, upTo = 0;
                    codec.Int(ref sender);
                    codec.Long(ref sequence);
                    codec.Long(ref upTo);
                    visitor.OnMark(sender, sequence, upTo);
                    break;
                case FrameLayout.DecisionEntry:
                    var code = 0;
                    codec.Int(ref code);
                    var cause = new Cause(code);
                    if (cause.Sender >= 0 && codec.Shares) codec.Actor(ref actor);
                    visitor.OnDecision(cause, actor);
                    break;
                default: throw new InvalidDataException($"entry of unknown kind {kind}");
            }
        }
    }
}
