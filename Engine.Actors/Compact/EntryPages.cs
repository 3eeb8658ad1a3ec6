using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.Actors.Deciders;

namespace Engine.Actors.Compact;

/// <summary>
/// Encoded actors in memory, one behind the other in pages. What is taken out leaves a hole; a page that is mostly holes is
/// emptied into the current one. An entry is
/// <code>
///  8  hash of the actor's id
///  4  length of the rest, little endian
///  …  record
/// </code>
/// </summary>
sealed class EntryPages
{
    public const int HeaderLength = 12;

    const int PageBytes = 256 << 10;

    readonly Dictionary<ulong, Place> _places = [];
    readonly List<Page> _pages = [];
    readonly Stack<int> _free = [];
    // Each once, however often it is woken and laid down again before it is written.
    readonly HashSet<ulong> _dirty = [];
    int _current = -1;

    public int Count => _places.Count;

    public bool Contains(ulong hash) => _places.ContainsKey(hash);

    public bool IsDirty(ulong hash) => _places.TryGetValue(hash, out var place) && place.IsDirty;

    public bool IsPassive(ulong hash) => _places.TryGetValue(hash, out var place) && place.IsPassive;

    public IEnumerable<(ulong Hash, ActorKind Kind)> Kinds => _places.Select(p => (p.Key, p.Value.Kind));

    public bool TryFind(ulong hash, out Codec record, out bool isDirty)
    {
        var found = _places.TryGetValue(hash, out var place);
        isDirty = place.IsDirty;
        record = found ? Codec.Reader(_pages[place.Page].Bytes, place.Offset + HeaderLength, place.Length - HeaderLength) : null!;
        return found;
    }

    /// <param name="entry">Header and record.</param>
    public void Put(ActorId id, ReadOnlySpan<byte> entry, uint checksum, bool isDirty, bool isPassive)
    {
        var at = Append(entry);
        _places.Add(id.Hash, at with { Kind = id.Kind, Checksum = checksum, IsDirty = isDirty, IsPassive = isPassive });
        if (isDirty) _dirty.Add(id.Hash);
    }

    public bool Remove(ulong hash)
    {
        if (!_places.Remove(hash, out var place)) return false;
        var page = _pages[place.Page];
        page.Live -= place.Length;
        if (place.Page == _current) return true;
        if (page.Live == 0) Recycle(place.Page);
        else if (page.Live < page.Used / 4) Empty(place.Page);
        return true;
    }

    /// <summary>Those that were laid down changed since this was last asked; some may have been woken or written meanwhile.</summary>
    public ulong[] Dirty()
    {
        ulong[] dirty = [.. _dirty];
        _dirty.Clear();
        return dirty;
    }

    /// <summary>Appends the entry as it is, if it has changed; it counts as written from then on.</summary>
    public bool TryCopy(ulong hash, Codec into, out uint checksum, out bool isPassive)
    {
        ref var place = ref CollectionsMarshal.GetValueRefOrNullRef(_places, hash);
        var isDirty = !Unsafe.IsNullRef(ref place) && place.IsDirty;
        (checksum, isPassive) = isDirty ? (place.Checksum, place.IsPassive) : (0, false);
        if (!isDirty) return false;
        into.Raw(_pages[place.Page].Bytes.AsSpan(place.Offset, place.Length));
        place = place with { IsDirty = false };
        return true;
    }

    /// <summary>The entry that begins there: whose it is, and its length with the header.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static (ulong Hash, int Length) EntryAt(byte[] entries, int position)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(entries.AsSpan(position + 8));
        if (length <= 0) throw new InvalidDataException($"an entry of {length} bytes at {position}");
        return (BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan(position)), HeaderLength + length);
    }

    /// <summary>The entries of a whole segment: whose, and where the record lies.</summary>
    public static IEnumerable<(ulong Hash, int Offset, int Length)> Entries(byte[] segment)
    {
        for (var position = 0; position + HeaderLength <= segment.Length;)
        {
            var (hash, length) = EntryAt(segment, position);
            yield return (hash, position + HeaderLength, length - HeaderLength);
            position += length;
        }
    }

    /// <summary>Fills in the header of an entry that lies at the end of what is written.</summary>
    public static void WriteHeader(Codec entries, int start, ulong hash)
    {
        var header = entries.Patch(start, HeaderLength);
        BinaryPrimitives.WriteUInt64LittleEndian(header, hash);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], entries.Position - start - HeaderLength);
    }

    public void Clear()
    {
        _places.Clear();
        _pages.Clear();
        _free.Clear();
        _dirty.Clear();
        _current = -1;
    }

    Place Append(ReadOnlySpan<byte> entry)
    {
        if (_current < 0 || _pages[_current].Room < entry.Length)
        {
            // Nothing is taken out of an empty page any more, so nobody would find it again.
            if (_current >= 0 && _pages[_current].Live == 0) Recycle(_current);
            _current = NewPage(entry.Length);
        }
        var page = _pages[_current];
        var offset = page.Used;
        entry.CopyTo(page.Bytes.AsSpan(offset));
        page.Used += entry.Length;
        page.Live += entry.Length;
        return new Place(_current, offset, entry.Length, 0, default, false, false);
    }

    int NewPage(int bytesMin)
    {
        if (bytesMin <= PageBytes && _free.TryPop(out var free)) return free;
        _pages.Add(new Page(GC.AllocateUninitializedArray<byte>(Math.Max(PageBytes, bytesMin))));
        return _pages.Count - 1;
    }

    void Recycle(int number)
    {
        var page = _pages[number];
        (page.Used, page.Live) = (0, 0);
        _free.Push(number);
    }

    void Empty(int number)
    {
        var page = _pages[number];
        for (var offset = 0; offset < page.Used;)
        {
            var (hash, length) = EntryAt(page.Bytes, offset);
            ref var place = ref CollectionsMarshal.GetValueRefOrNullRef(_places, hash);
            if (!Unsafe.IsNullRef(ref place) && place.Page == number && place.Offset == offset)
            {
                var moved = Append(page.Bytes.AsSpan(offset, length));
                place = place with { Page = moved.Page, Offset = moved.Offset };
            }
            offset += length;
        }
        Recycle(number);
    }

    sealed class Page(byte[] bytes)
    {
        public byte[] Bytes => bytes;
        public int Used;
        public int Live;
        public int Room => bytes.Length - Used;
    }

    /// <param name="Length">With the entry's header.</param>
    readonly record struct Place(int Page, int Offset, int Length, uint Checksum, ActorKind Kind, bool IsDirty, bool IsPassive);
}
