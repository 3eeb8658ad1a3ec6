using System.Text.Json;
using System.Text.Unicode;

namespace Engine.Adapters.Canonical;

/// <summary>
/// Turns bytes into JSON that can be read without surprises: valid UTF-8, whole surrogate pairs, at most
/// <see cref="DepthMax"/> deep, no name twice in an object. Two readers who pick different ones of two equal names
/// would see two different orders.
/// </summary>
public static class JsonBody
{
    public const int DepthMax = 32;
    private const int NameShown = 64;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = DepthMax, AllowDuplicateProperties = false };
    private static readonly JsonDocumentOptions Repeating = new() { MaxDepth = DepthMax, AllowDuplicateProperties = true };

    /// <summary>
    /// Null when the bytes are no JSON. Repeated names are faults of their own, and the document comes back all the
    /// same, so that the other faults can be told too. The bytes are borrowed until the document is disposed.
    /// </summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> utf8, Faults faults)
    {
        if (!Utf8.IsValid(utf8.Span))
            return Malformed(faults, "The body is not UTF-8.");
        if (HasLoneSurrogate(utf8.Span))
            return Malformed(faults, "The body holds half a surrogate pair.");
        try
        {
            return JsonDocument.Parse(utf8, Strict);
        }
        catch (JsonException)
        {
            return ParseAfterFailure(utf8, faults);
        }
    }

    private static JsonDocument? ParseAfterFailure(ReadOnlyMemory<byte> utf8, Faults faults)
    {
        try
        {
            var document = JsonDocument.Parse(utf8, Repeating);
            NameRepeats(document.RootElement, "", faults);
            return document;
        }
        catch (JsonException refusal)
        {
            return Malformed(faults, $"Not JSON, or deeper than {DepthMax}: line {refusal.LineNumber + 1}, byte {refusal.BytePositionInLine + 1}.");
        }
    }

    private static JsonDocument? Malformed(Faults faults, string message)
    {
        faults.Add("", "malformed", message);
        return null;
    }

    private static void NameRepeats(JsonElement element, string path, Faults faults)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in element.EnumerateArray())
                NameRepeats(item, $"{path}[{index++}]", faults);
        }
        if (element.ValueKind != JsonValueKind.Object)
            return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            var name = property.Name.Length > NameShown ? property.Name[..NameShown] : property.Name;
            var here = path.Length == 0 ? name : $"{path}.{name}";
            if (!seen.Add(property.Name))
                faults.Add(here, "duplicate", "This name stands twice in one object.");
            NameRepeats(property.Value, here, faults);
        }
    }

    // The parser takes \ud800 for granted and throws only when the text is asked for; this finds it beforehand.
    private static bool HasLoneSurrogate(ReadOnlySpan<byte> utf8)
    {
        var highBefore = false;
        for (var at = utf8.IndexOf((byte)'\\'); at >= 0 && at + 1 < utf8.Length;)
        {
            var unit = utf8[at + 1] == (byte)'u' ? CodeUnit(utf8[(at + 2)..]) : -1;
            var isLow = unit is >= 0xDC00 and <= 0xDFFF;
            if (isLow != highBefore)
                return true;
            highBefore = unit is >= 0xD800 and <= 0xDBFF;
            at += unit < 0 ? 2 : 6;
            var gap = at <= utf8.Length ? utf8[at..].IndexOf((byte)'\\') : -1;
            if (highBefore && gap != 0)
                return true;
            at = gap < 0 ? -1 : at + gap;
        }
        return highBefore;
    }

    private static int CodeUnit(ReadOnlySpan<byte> hex)
    {
        if (hex.Length < 4)
            return -1;
        var unit = 0;
        foreach (var digit in hex[..4])
        {
            if (!char.IsAsciiHexDigit((char)digit))
                return -1;
            unit = (unit << 4) | Convert.ToInt32(((char)digit).ToString(), 16);
        }
        return unit;
    }
}
