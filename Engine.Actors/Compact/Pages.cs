using System.Numerics;

namespace Engine.Actors.Compact;

/// <summary>Room that grows without being copied: the first page has <paramref name="first"/> places, each other as many as all before it and those again.</summary>
/// <param name="first">A power of two.</param>
struct Pages<T>(int first) where T : unmanaged
{
    readonly int _shift = BitOperations.Log2((uint)first);
    T[][] _pages = [];

    /// <summary>Places there are.</summary>
    public readonly int Count => ((1 << _pages.Length) - 1) << _shift;

    public readonly ref T this[int index] => ref PageOf(index, out var offset)[offset];

    /// <summary>They must lie in one page (<see cref="Fit"/>).</summary>
    public readonly Span<T> Slice(int index, int length) => length == 0 ? [] : PageOf(index, out var offset).AsSpan(offset, length);

    /// <summary>Where so many, from there on or behind it, lie in one page; pages are added until they do.</summary>
    public int Fit(int index, int length)
    {
        while (true)
        {
            while (Count <= index) Grow();
            if (PageOf(index, out var offset).Length - offset is var room && room >= length) return index;
            index += room;
        }
    }

    void Grow()
    {
        Array.Resize(ref _pages, _pages.Length + 1);
        // Where the collector moves nothing: it would copy each of them twice before it left them alone.
        _pages[^1] = GC.AllocateArray<T>(first << (_pages.Length - 1), pinned: true);
    }

    readonly T[] PageOf(int index, out int offset)
    {
        var page = BitOperations.Log2((uint)(index >> _shift) + 1);
        offset = index - (((1 << page) - 1) << _shift);
        return _pages[page];
    }
}
