using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Host.Api;

/// <summary>A time in an answer: RFC 3339, UTC, milliseconds.</summary>
[JsonConverter(typeof(InstantConverter))]
readonly record struct Instant(long Milliseconds)
{
    public static implicit operator Instant(long milliseconds) => new(milliseconds);

    /// <summary>For figures where 0 says that there is no time.</summary>
    public static Instant? OrNull(long milliseconds) => milliseconds == 0 ? null : new Instant(milliseconds);

    public override string ToString() =>
        DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

sealed class InstantConverter : JsonConverter<Instant>
{
    public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("times are only written here; bodies are read by Engine.Adapters.Canonical");

    public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[24];
        var at = DateTimeOffset.FromUnixTimeMilliseconds(value.Milliseconds).UtcDateTime;
        at.TryFormat(text, out var count, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..count]);
    }
}
