using System.Numerics;

namespace Engine.Actors.Compact;

/// <summary>
/// Room that grows without being copied: the first page has <paramref name="first"/> places, each other as many as all before it and those again,
/// until one has <paramref name="most"/>, as all that follow.
/// </summary>
/// <param name="first">A power of two.</param>
/// <param name="most">As many, or a power of two times as many.</param>
struct Pages<T>(int first, int most) where T : unmanaged
{
    readonly int _firstShift = BitOperations.Log2((uint)first);
    readonly int _mostShift = BitOperations.Log2((uint)most);
    /// <summary>Places in pages that are smaller than the largest.</summary>
    readonly int _growing = most - first;
    T[][] _pages = [];
    T[][] _frozen = [];

    /// <summary>Pages that are smaller than the largest.</summary>
    readonly int Growing => _mostShift - _firstShift;

    /// <summary>Places there are.</summary>
    public readonly int Count => _pages.Length <= Growing ? Before(_pages.Length) : _growing + ((_pages.Length - Growing) << _mostShift);

    public readonly ref readonly T this[int index] => ref _pages[PageOf(index, out var offset)][offset];

    /// <summary>Good until <see cref="Freeze"/>. What was read of its page before may be of a frozen one.</summary>
    public readonly ref T Change(int index)
    {
        var page = PageOf(index, out var offset);
        if (page < _frozen.Length && ReferenceEquals(_frozen[page], _pages[page]))
        {
            _pages[page] = NewPage(_frozen[page].Length);
            _frozen[page].CopyTo(_pages[page], 0);
        }
        return ref _pages[page][offset];
    }

    /// <summary>To be written once, before <see cref="Freeze"/> or behind what is frozen; in one page (<see cref="Fit"/>).</summary>
    public readonly Span<T> Slice(int index, int length) => length == 0 ? [] : _pages[PageOf(index, out var offset)].AsSpan(offset, length);

    /// <summary>Where so many, from there on or behind it, lie in one page; pages are added until they do.</summary>
    public int Fit(int index, int length)
    {
        while (true)
        {
            while (Count <= index) Grow();
            if (_pages[PageOf(index, out var offset)].Length - offset is var room && room >= length) return index;
            index += room;
        }
    }

    /// <summary>What they hold now, which no <see cref="Change"/> changes until <see cref="Thaw"/>: a page is copied before it is. Others may read it meanwhile.</summary>
    public Pages<T> Freeze()
    {
        var frozen = this;
        (_frozen, _pages) = (_pages, [.. _pages]);
        return frozen;
    }

    public readonly bool IsFrozen => _frozen.Length > 0;

    /// <summary>Nobody reads any more what was frozen.</summary>
    public void Thaw() => _frozen = [];

    void Grow()
    {
        Array.Resize(ref _pages, _pages.Length + 1);
        _pages[^1] = NewPage(1 << Math.Min(_firstShift + _pages.Length - 1, _mostShift));
    }

    // Where the collector moves nothing: it would copy each of them twice before it left them alone.
    static T[] NewPage(int places) => GC.AllocateArray<T>(places, pinned: true);

    readonly int Before(int page) => ((1 << page) - 1) << _firstShift;

    readonly int PageOf(int index, out int offset)
    {
        var behind = index - _growing;
        if (behind >= 0)
        {
            offset = behind & ((1 << _mostShift) - 1);
            return Growing + (behind >> _mostShift);
        }
        var page = BitOperations.Log2((uint)(index >> _firstShift) + 1);
        offset = index - Before(page);
        return page;
    }
}
