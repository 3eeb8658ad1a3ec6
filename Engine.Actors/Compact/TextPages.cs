using System.Text;

namespace Engine.Actors.Compact;

/// <summary>
/// Texts (UTF-8) of many things, one behind the other: nothing for the collector to follow. Who keeps where its text lies drops it when it
/// needs it no more, and moves what is left into new pages when most is dropped. No text is written over until <see cref="Clear"/>: a copy of this stays what it is.
/// </summary>
struct TextPages()
{
    const int First = 64;
    /// <summary>More than there can be.</summary>
    const int Most = 1 << 30;
    /// <summary>What was dropped is not worth moving the rest for before.</summary>
    const int DroppedMin = 4096;

    Pages<byte> _pages = new(First, Most);
    int _used, _dropped;

    /// <summary>All that was ever added was dropped.</summary>
    public readonly bool IsAllDropped => _dropped == _used;

    /// <summary>More than half was dropped.</summary>
    public readonly bool IsMostlyDropped => _dropped > DroppedMin && _dropped > _used / 2;

    public readonly Span<byte> this[int text, int length] => _pages.Slice(text, length);

    /// <summary>Where a text of so many bytes may be written.</summary>
    public int Add(int length)
    {
        var text = _pages.Fit(_used, length);
        _dropped += text - _used;
        _used = text + length;
        return text;
    }

    /// <summary>A text of other pages, at its new place.</summary>
    public int Add(ReadOnlySpan<byte> moved)
    {
        var text = Add(moved.Length);
        moved.CopyTo(this[text, moved.Length]);
        return text;
    }

    public void Drop(int length) => _dropped += length;

    /// <summary>Begins anew where it began. What is added next is written over what was dropped, so there must be no copy of this.</summary>
    public void Clear() => (_used, _dropped) = (0, 0);

    // What is no ASCII takes more bytes than characters.
    public static bool Says(ReadOnlySpan<byte> bytes, string text) => Ascii.Equals(bytes, text) || (bytes.Length > text.Length && Encoding.UTF8.GetString(bytes) == text);
}
