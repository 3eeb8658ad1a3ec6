using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Engine.Host.Api;

/// <summary>
/// Writes JSON piece by piece, names and punctuation as they stand in the source: for a page that is asked for all the time. A page of 20
/// reservations takes a third of what it takes a <see cref="Utf8JsonWriter"/>.
/// </summary>
ref struct JsonPen(IBufferWriter<byte> paper)
{
    const int PieceMin = 4096;
    /// <summary>Of one character: four in UTF-8, or six as an escape.</summary>
    const int BytesPerChar = 6;
    const int DigitsMax = 20;

    Span<byte> _room = paper.GetSpan(PieceMin);
    int _used;

    /// <summary>As it stands.</summary>
    public void Raw(ReadOnlySpan<byte> json)
    {
        json.CopyTo(Room(json.Length));
        _used += json.Length;
    }

    /// <summary>What goes between quotation marks, escaped where it must be.</summary>
    public void Text(ReadOnlySpan<byte> utf8) =>
        Raw(ApiJson.Encoder.FindFirstCharacterToEncodeUtf8(utf8) < 0 ? utf8 : JsonEncodedText.Encode(utf8, ApiJson.Encoder).EncodedUtf8Bytes);

    /// <inheritdoc cref="Text(ReadOnlySpan{byte})"/>
    public void Text(string text)
    {
        var room = Room(text.Length * BytesPerChar);
        var length = Encoding.UTF8.GetBytes(text, room);
        if (ApiJson.Encoder.FindFirstCharacterToEncodeUtf8(room[..length]) < 0) _used += length;
        else Raw(JsonEncodedText.Encode(text, ApiJson.Encoder).EncodedUtf8Bytes);
    }

    public void Number(long value)
    {
        value.TryFormat(Room(DigitsMax), out var length);
        _used += length;
    }

    /// <summary>With its quotation marks.</summary>
    public void Time(Instant at)
    {
        Raw("\""u8);
        at.Write(Room(Instant.Length)[..Instant.Length]);
        _used += Instant.Length;
        Raw("\""u8);
    }

    /// <summary>Hands over what was written.</summary>
    public void Done()
    {
        paper.Advance(_used);
        _room = [];
        _used = 0;
    }

    Span<byte> Room(int wanted)
    {
        if (_room.Length - _used < wanted)
        {
            paper.Advance(_used);
            _room = paper.GetSpan(Math.Max(wanted, PieceMin));
            _used = 0;
        }
        return _room[_used..];
    }
}
