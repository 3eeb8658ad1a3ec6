using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Engine.Actors.Deciders;

/// <summary>Something whose bytes are described once, for writing and for reading.</summary>
public interface IEncoded
{
    /// <summary>
    /// Names every field in order. New fields go to the end: a record written before they existed simply ends earlier,
    /// and reading leaves them as they were initialised.
    /// </summary>
    void Layout(Codec codec);
}

/// <summary>
/// Writes or reads records of variable-length fields. One layout method serves both ways, so the two can't drift apart.
/// Numbers are zigzag varints, texts are UTF-8 with a length, actor ids are written once per scope and referred to after.
/// </summary>
public sealed class Codec
{
    byte[] _buffer;
    int _position;
    int _end;
    readonly List<ActorId> _known = [];
    readonly Dictionary<ActorId, int> _knownIndex = [];

    Codec(byte[] buffer, int end, bool writing)
    {
        _buffer = buffer;
        _end = end;
        IsWriting = writing;
    }

    public static Codec Writer(int capacity = 256) => new(new byte[capacity], 0, writing: true);
    public static Codec Reader(byte[] bytes) => new(bytes, bytes.Length, writing: false);
    public static Codec Reader(byte[] bytes, int offset, int count) => new(bytes, offset + count, writing: false) { _position = offset };

    public bool IsWriting { get; }
    public int Position => _position;
    public bool AtEnd => _position >= _end;
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _position);
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _position);

    /// <summary>Starts over with an empty buffer and no known ids (writing).</summary>
    public void Reset()
    {
        _position = 0;
        ForgetActors();
    }

    /// <summary>Ids are referred to within one scope only; a snapshot entry, for one, must be readable by itself.</summary>
    public void ForgetActors()
    {
        _known.Clear();
        _knownIndex.Clear();
    }

    /// <summary>A record with its length before it, so that a reader knows where it ends.</summary>
    public void Record(IEncoded record)
    {
        if (IsWriting)
        {
            // The length takes four bytes at most (256 MiB); a one-byte gap serves nearly all records, longer ones are moved.
            var start = _position;
            Reserve(1);
            _position++;
            record.Layout(this);
            var length = _position - start - 1;
            var extra = VarintSize((uint)length) - 1;
            if (extra > 0)
            {
                Reserve(extra);
                Buffer.BlockCopy(_buffer, start + 1, _buffer, start + 1 + extra, length);
                _position += extra;
            }
            PutVarintAt(start, (uint)length);
        }
        else
        {
            var length = (int)GetVarint();
            var outer = _end;
            var end = _position + length;
            if (length < 0 || end > outer) throw new InvalidDataException($"a record of {length} bytes at {_position} reaches past its end {outer}");
            _end = end;
            record.Layout(this);
            _end = outer;
            _position = end;
        }
    }

    /// <summary>Passes over a record (reading).</summary>
    public void SkipRecord() => Take((int)GetVarint());

    public void Bool(ref bool value)
    {
        if (IsWriting) PutByte(value ? (byte)1 : (byte)0);
        else if (!AtEnd) value = GetByte() != 0;
    }

    public void Byte(ref byte value)
    {
        if (IsWriting) PutByte(value);
        else if (!AtEnd) value = GetByte();
    }

    /// <summary>An enum of one byte.</summary>
    public void Enum<T>(ref T value) where T : unmanaged, Enum
    {
        if (IsWriting) PutByte(Unsafe.BitCast<T, byte>(value));
        else if (!AtEnd) value = Unsafe.BitCast<byte, T>(GetByte());
    }

    public void Int(ref int value)
    {
        if (IsWriting) PutVarint(Zigzag(value));
        else if (!AtEnd) value = checked((int)Unzigzag(GetVarint()));
    }

    public void Long(ref long value)
    {
        if (IsWriting) PutVarint(Zigzag(value));
        else if (!AtEnd) value = Unzigzag(GetVarint());
    }

    public void Fixed64(ref ulong value)
    {
        if (IsWriting)
        {
            Reserve(8);
            BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(_position), value);
            _position += 8;
        }
        else if (!AtEnd)
        {
            value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        }
    }

    public void Text(ref string value)
    {
        if (IsWriting) PutText(value);
        else if (!AtEnd) value = GetText((int)GetVarint());
    }

    /// <summary>A text that may be missing, which is not the same as an empty one.</summary>
    public void TextOrNull(ref string? value)
    {
        if (IsWriting)
        {
            if (value is null) PutByte(0);
            else
            {
                var count = Encoding.UTF8.GetByteCount(value);
                PutVarint((ulong)count + 1);
                PutUtf8(value, count);
            }
        }
        else if (!AtEnd)
        {
            var length = (int)GetVarint();
            value = length == 0 ? null : GetText(length - 1);
        }
    }

    public void Blob(ref byte[] value)
    {
        if (IsWriting)
        {
            PutVarint((ulong)value.Length);
            Raw(value);
        }
        else if (!AtEnd)
        {
            value = Take((int)GetVarint()).ToArray();
        }
    }

    public void Actor(ref ActorId value)
    {
        if (IsWriting)
        {
            if (_knownIndex.TryGetValue(value, out var index))
            {
                PutVarint((ulong)index + 1);
                return;
            }
            PutVarint(0);
            PutByte((byte)value.Kind);
            PutText(value.Key);
            _knownIndex.Add(value, _known.Count);
            _known.Add(value);
        }
        else if (!AtEnd)
        {
            var reference = (int)GetVarint();
            if (reference > _known.Count || reference < 0) throw new InvalidDataException($"actor reference {reference} of {_known.Count} known");
            if (reference > 0)
            {
                value = _known[reference - 1];
                return;
            }
            var kind = (ActorKind)GetByte();
            value = new ActorId(kind, GetText((int)GetVarint()));
            _known.Add(value);
        }
    }

    public void List<T>(List<T> items) where T : IEncoded, new()
    {
        var count = Count(items.Count);
        for (var i = 0; i < count; i++)
        {
            if (!IsWriting) items.Add(new T());
            Record(items[i]);
        }
    }

    public void Texts(List<string> items)
    {
        var count = Count(items.Count);
        for (var i = 0; i < count; i++)
        {
            var item = IsWriting ? items[i] : "";
            Text(ref item);
            if (!IsWriting) items.Add(item);
        }
    }

    public void Indexes(List<int> items)
    {
        var count = Count(items.Count);
        for (var i = 0; i < count; i++)
        {
            var item = IsWriting ? items[i] : 0;
            Int(ref item);
            if (!IsWriting) items.Add(item);
        }
    }

    /// <summary>
    /// Fields that came later stand behind this: they are written only where one of them says something, so that a record
    /// without them keeps the bytes it always had.
    /// </summary>
    public bool More(bool says) => IsWriting ? says : !AtEnd;

    /// <summary>The number of elements that follow: written as given, read and returned.</summary>
    public int Count(int count)
    {
        if (IsWriting)
        {
            PutVarint((ulong)count);
            return count;
        }
        if (AtEnd) return 0;
        var read = (long)GetVarint();
        return read >= 0 && read <= _end - _position ? (int)read : throw new InvalidDataException($"{read} elements in {_end - _position} bytes");
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_position));
        _position += bytes.Length;
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _end - _position) throw new InvalidDataException($"{count} bytes wanted, {_end - _position} left");
        var span = _buffer.AsSpan(_position, count);
        _position += count;
        return span;
    }

    /// <summary>The bytes written so far that a header leaves to be filled in later.</summary>
    public Span<byte> Patch(int offset, int count) => _buffer.AsSpan(offset, count);

    void PutByte(byte value)
    {
        Reserve(1);
        _buffer[_position++] = value;
    }

    byte GetByte() => _position < _end ? _buffer[_position++] : throw new InvalidDataException("the record ends too early");

    void PutText(string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        PutVarint((ulong)count);
        PutUtf8(value, count);
    }

    void PutUtf8(string value, int count)
    {
        Reserve(count);
        _position += Encoding.UTF8.GetBytes(value, _buffer.AsSpan(_position));
    }

    string GetText(int count) => Encoding.UTF8.GetString(Take(count));

    void PutVarint(ulong value)
    {
        Reserve(10);
        while (value >= 0x80)
        {
            _buffer[_position++] = (byte)(value | 0x80);
            value >>= 7;
        }
        _buffer[_position++] = (byte)value;
    }

    void PutVarintAt(int offset, uint value)
    {
        while (value >= 0x80)
        {
            _buffer[offset++] = (byte)(value | 0x80);
            value >>= 7;
        }
        _buffer[offset] = (byte)value;
    }

    ulong GetVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = GetByte();
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
        throw new InvalidDataException("a number of more than ten bytes");
    }

    static int VarintSize(uint value) => value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : value < 1 << 28 ? 4 : 5;

    static ulong Zigzag(long value) => (ulong)((value << 1) ^ (value >> 63));

    static long Unzigzag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    void Reserve(int count)
    {
        if (_buffer.Length - _position >= count) return;
        Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _position + count));
    }
}
