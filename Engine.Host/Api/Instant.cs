using System.Globalization;
using System.Text;
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

    /// <summary>Of its text, whatever the time.</summary>
    public const int Length = 24;

    const int RoundTripLength = 28;

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[Length];
        Write(text);
        return Encoding.ASCII.GetString(text);
    }

    /// <summary>Into <see cref="Length"/> bytes: as round trips are written, which is the quickest there is, without the last digits.</summary>
    public void Write(Span<byte> text)
    {
        Span<byte> whole = stackalloc byte[RoundTripLength];
        DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds).UtcDateTime.TryFormat(whole, out _, "O", CultureInfo.InvariantCulture);
        whole[..(Length - 1)].CopyTo(text);
        text[Length - 1] = (byte)'Z';
    }
}

sealed class InstantConverter : JsonConverter<Instant>
{
    public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("times are only written here; bodies are read by Engine.Adapters.Canonical");

    public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[Instant.Length];
        value.Write(text);
        writer.WriteStringValue(text);
    }
}
