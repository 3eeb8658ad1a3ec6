using System.Security.Cryptography;
using System.Text.Json;
using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms;

/// <summary>
/// Fields as platforms write them: the same id as a number here and as a text there, flags as "1", money as text in
/// major units. Ids go above 2^53 and are therefore always taken as the digits that were sent.
/// </summary>
internal static class LooseFields
{
    private const int CountDigitsMax = 18;

    /// <summary>A text, or the digits of a whole number.</summary>
    public static string? Id(this Fields fields, string name, bool required = false)
    {
        var text = fields.Words(name);
        if (text is null && required)
            fields.Missing<string>(name);
        return text;
    }

    /// <summary>A text that people or systems wrote; null where it is absent, blank or no plain text.</summary>
    public static string? Words(this Fields fields, string name, int most = OrderRules.TextLengthMax)
    {
        if (!fields.TryGet(name, out var value))
            return null;
        var text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
        return string.IsNullOrWhiteSpace(text) ? null : Cut(text, most);
    }

    public static bool Truthy(this Fields fields, string name) =>
        fields.TryGet(name, out var value) && value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.String => value.GetString() is "1" or "true",
            JsonValueKind.Number => value.GetRawText() is "1",
            _ => false,
        };

    /// <summary>A whole number, also as text, of at most 18 digits.</summary>
    public static long? Count(this Fields fields, string name, bool required = false)
    {
        if (fields.Id(name, required) is not { } digits)
            return null;
        if (digits.Length <= CountDigitsMax && !digits.AsSpan().ContainsAnyExceptInRange('0', '9'))
            return long.Parse(digits);
        fields.Refuse<string>(name, "bad_format", "A whole number is wanted.");
        return null;
    }

    /// <summary>Minor units of money written in major ones, never negative. Absent is unknown, not zero.</summary>
    public static long? Amount(this Fields fields, string name, string currency, bool required = false)
    {
        if (fields.Id(name, required) is not { } text)
            return null;
        if (Money.TryParse(text, currency, out var minor) && minor >= 0)
            return minor;
        fields.Refuse<string>(name, "bad_format", "Not an exact amount of that currency.");
        return null;
    }

    /// <summary>Wall-clock text that means GMT+8. Only a required time that can't be read is a fault.</summary>
    public static DateTimeOffset? ChinaTime(this Fields fields, string name, bool required = false)
    {
        if (fields.Id(name, required) is not { } text)
            return null;
        if (Instants.TryChina(text, out var instant))
            return instant;
        if (required)
            fields.Refuse<string>(name, "bad_format", "A time as 2025-06-15 23:07:45 is wanted.");
        return null;
    }

    /// <summary>Shortens a text that may be shortened, never through a surrogate pair.</summary>
    public static string Cut(string text, int most)
    {
        if (text.Length <= most)
            return text;
        return text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
    }

    /// <summary>
    /// The platform's id of a message where it is fit to be a key, else one made of the bytes, the same for the same ones.
    /// </summary>
    public static string DedupeKey(string? messageId, ReadOnlyMemory<byte> body) =>
        messageId is not null && OrderRules.IsReference(messageId)
            ? messageId
            : $"sha256:{Convert.ToHexStringLower(SHA256.HashData(body.Span))}";
}
