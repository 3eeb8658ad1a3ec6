using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Engine.Actors.Deciders;

/// <summary>Something whose bytes are described once, for writing and for reading.</summary>
public interface IEncoded
{
    /// <summary>
    /// Names every field in order. New fields go to the end: a record written before they existed simply ends earlier,
    /// and reading leaves them as they were initialised. Such a field is neither a word nor an id (<see cref="Codec.Word"/>): a build
    /// that does not know it would miss what it makes known.
    /// </summary>
    void Layout(Codec codec);
}

/// <summary>
/// Writes or reads records of variable-length fields. One layout method serves both ways, so the two can't drift apart.
/// Numbers are zigzag varints, texts are UTF-8 with a length, actor ids are written once per scope and referred to after. In
/// frames (<see cref="Shares"/>) so are words that many records have in common, and ids begin with the key of an actor at hand.
/// </summary>
public sealed class Codec
{
    /// <summary>Kinds of actors that a frame can tell; more than there are.</summary>
    const int KindsMax = 32;

    byte[] _buffer;
    int _position;
    int _end;
    Known<ActorId> _actors;
    Known<string> _words;
    readonly string[] _lastKeys;
    ActorId _near, _alsoNear;

    Codec(byte[] buffer, int position, int end, bool writing, bool shares)
    {
        (_buffer, _position, _end) = (buffer, position, end);
        (IsWriting, Shares) = (writing, shares);
        _lastKeys = shares ? new string[KindsMax] : [];
        Array.Fill(_lastKeys, "");
    }

    public static Codec Writer(int capacity = 256, bool shares = false) => new(GC.AllocateUninitializedArray<byte>(capacity), 0, 0, writing: true, shares);
    public static Codec Reader(byte[] bytes) => Reader(bytes, 0, bytes.Length);
    public static Codec Reader(byte[] bytes, int offset, int count, bool shares = false) => new(bytes, offset, offset + count, writing: false, shares);

    public bool IsWriting { get; }

    /// <summary>Words and ids are written once per scope and referred to after; else they are texts like any other.</summary>
    public bool Shares { get; }

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
        _actors.Clear();
        _words.Clear();
        (_near, _alsoNear) = (default, default);
        Array.Fill(_lastKeys, "");
    }

    /// <summary>Whose keys the ids that follow are likely to begin with (writing).</summary>
    public void Near(ActorId self, ActorId sender) => (_near, _alsoNear) = (self, sender);

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

    /// <summary>Writes a text that is encoded already.</summary>
    public void Utf8(ReadOnlySpan<byte> text)
    {
        PutVarint((ulong)text.Length);
        Raw(text);
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
            if (_actors.TryFind(value, out var index)) PutVarint((ulong)index + 1);
            else
            {
                PutVarint(0);
                PutNewActor(value);
            }
        }
        else if (!AtEnd)
        {
            var reference = (int)GetVarint();
            value = reference == 0 ? GetNewActor() : _actors[reference - 1];
        }
    }

    /// <summary>Writes an id that nothing further refers to, where nothing is shared; read as any other.</summary>
    public void ActorOnce(ActorKind kind, ReadOnlySpan<byte> key)
    {
        PutVarint(0);
        PutByte((byte)kind);
        Utf8(key);
    }

    /// <summary>An id that often is the key of an actor and something behind it (a reservation's: its order's, and the line).</summary>
    public void Id(ref string value)
    {
        if (!Shares) Text(ref value);
        else if (IsWriting) PutId(value);
        else if (!AtEnd)
        {
            var reference = (int)GetVarint();
            if (reference == 0) value = GetText((int)GetVarint());
            else
            {
                var key = (reference == 1 ? GetNewActor() : _actors[reference - 2]).Key;
                var rest = GetText((int)GetVarint());
                value = rest.Length == 0 ? key : key + rest;
            }
        }
    }

    void PutId(string value)
    {
        var near = StartsWith(value, _near) ? _near : StartsWith(value, _alsoNear) ? _alsoNear : default;
        if (near == default)
        {
            PutVarint(0);
            PutText(value);
            return;
        }
        if (_actors.TryFind(near, out var index)) PutVarint((ulong)index + 2);
        else
        {
            PutVarint(1);
            PutNewActor(near);
        }
        PutText(value.AsSpan(near.Key.Length));
    }

    static bool StartsWith(string value, ActorId near) => near.Key is { Length: > 0 } key && value.StartsWith(key, StringComparison.Ordinal);

    void PutNewActor(ActorId id)
    {
        PutByte((byte)id.Kind);
        if (Shares) PutKey(ref LastKey(id.Kind), id.Key);
        else PutText(id.Key);
        _actors.Number(id);
    }

    ActorId GetNewActor()
    {
        var kind = (ActorKind)GetByte();
        var id = new ActorId(kind, Shares ? GetKey(ref LastKey(kind)) : GetText((int)GetVarint()));
        _actors.Add(id);
        return id;
    }

    /// <summary>Keys of one kind begin alike: what a key has in common with the last one is told by its length.</summary>
    void PutKey(ref string last, string key)
    {
        var common = key.AsSpan().CommonPrefixLength(last);
        // A character of two halves is not cut in two.
        if (common > 0 && char.IsHighSurrogate(key[common - 1])) common--;
        PutVarint((ulong)common);
        PutText(key.AsSpan(common));
        last = key;
    }

    string GetKey(ref string last)
    {
        var common = (int)GetVarint();
        if ((uint)common > (uint)last.Length) throw new InvalidDataException($"{common} characters in common with {last}");
        return last = string.Concat(last.AsSpan(0, common), GetText((int)GetVarint()));
    }

    ref string LastKey(ActorKind kind)
    {
        if ((int)kind >= _lastKeys.Length) throw new InvalidDataException($"actor kind {kind} is not known to this build");
        return ref _lastKeys[(int)kind];
    }

    /// <summary>A text that many records have in common: a warehouse, a currency, a province.</summary>
    public void Word(ref string value)
    {
        if (!Shares) Text(ref value);
        else if (IsWriting)
        {
            if (_words.TryFind(value, out var index))
            {
                PutVarint((ulong)index + 1);
                return;
            }
            PutVarint(0);
            PutText(value);
            _words.Number(value);
        }
        else if (!AtEnd)
        {
            var reference = (int)GetVarint();
            if (reference == 0) _words.Add(value = GetText((int)GetVarint()));
            else value = _words[reference - 1];
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

    public void List<T>(ref T[] items) where T : IEncoded, new()
    {
        var count = Count(items.Length);
        if (!IsWriting) items = count == 0 ? [] : new T[count];
        for (var i = 0; i < count; i++)
        {
            if (!IsWriting) items[i] = new T();
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

    public void Texts(ref string[] items)
    {
        var count = Count(items.Length);
        if (!IsWriting) items = count == 0 ? [] : new string[count];
        for (var i = 0; i < count; i++) Text(ref items[i]);
    }

    /// <summary>Texts of which each is a <see cref="Word"/>.</summary>
    public void Words(ref string[] items)
    {
        var count = Count(items.Length);
        if (!IsWriting) items = count == 0 ? [] : new string[count];
        for (var i = 0; i < count; i++) Word(ref items[i]);
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

    void PutText(ReadOnlySpan<char> value)
    {
        // Most are short and plain: their length is their count of characters, and takes one byte.
        if (value.Length < 128)
        {
            Reserve(1 + (value.Length * 3));
            if (Ascii.FromUtf16(value, _buffer.AsSpan(_position + 1), out var written) == System.Buffers.OperationStatus.Done)
            {
                _buffer[_position] = (byte)written;
                _position += 1 + written;
                return;
            }
        }
        var count = Encoding.UTF8.GetByteCount(value);
        PutVarint((ulong)count);
        PutUtf8(value, count);
    }

    void PutUtf8(ReadOnlySpan<char> value, int count)
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

    /// <summary>What was written before in this scope, by its number. A writer looks numbers up, a reader what they stand for.</summary>
    struct Known<T> where T : notnull
    {
        Dictionary<T, int>? _numbers;
        List<T>? _values;

        public readonly bool TryFind(T value, out int number)
        {
            number = 0;
            return _numbers is not null && _numbers.TryGetValue(value, out number);
        }

        public void Number(T value) => (_numbers ??= []).Add(value, _numbers.Count);

        public void Add(T value) => (_values ??= []).Add(value);

        public readonly T this[int number] =>
            _values is not null && (uint)number < (uint)_values.Count ? _values[number] : throw new InvalidDataException($"a reference to entry {number} of {_values?.Count ?? 0} known");

        public readonly void Clear()
        {
            _numbers?.Clear();
            _values?.Clear();
        }
    }
}
