using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Engine.Host.Api;

/// <summary>A value as JSON.</summary>
sealed class JsonAnswer<T>(int status, T value, JsonTypeInfo<T> type) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        JsonRoom.Answer(httpContext.Response, status, JsonRoom.Json, value, type);
        return Task.CompletedTask;
    }
}

/// <summary>JSON that has been written.</summary>
sealed class WrittenAnswer(int status, byte[] json) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        JsonRoom.Answer(httpContext.Response, status, JsonRoom.Json, json);
        return Task.CompletedTask;
    }
}

/// <summary>
/// Where JSON is written, whole, before it goes on: answers are small, and what the framework does to write a stream of any
/// length costs as much again as the writing. What the same thread writes next is written into the same room.
/// </summary>
sealed class JsonRoom
{
    public const string Json = "application/json; charset=utf-8";

    /// <summary>A larger one is not kept.</summary>
    const int KeptMax = 1 << 16;

    [ThreadStatic]
    static JsonRoom? s_ofThisThread;

    readonly ArrayBufferWriter<byte> _bytes = new(4096);
    readonly Utf8JsonWriter _writer;

    JsonRoom() => _writer = new Utf8JsonWriter(_bytes, new JsonWriterOptions { Encoder = ApiJson.Encoder, SkipValidation = true });

    /// <summary>The server sends it when the request is over.</summary>
    public static void Answer(HttpResponse response, int status, string contentType, object? value, JsonTypeInfo type) => Answer(response, status, contentType, Write(value, type));

    public static void Answer(HttpResponse response, int status, string contentType, ReadOnlySpan<byte> bytes)
    {
        (response.StatusCode, response.ContentType, response.ContentLength) = (status, contentType, bytes.Length);
        response.BodyWriter.Write(bytes);
    }

    /// <summary>Good until this thread writes again.</summary>
    public static ReadOnlySpan<byte> Write(object? value, JsonTypeInfo type)
    {
        var room = OfThisThread();
        JsonSerializer.Serialize(room._writer, value, type);
        return room._bytes.WrittenSpan;
    }

    /// <summary>To write into by other means; good until this thread writes again.</summary>
    public static ArrayBufferWriter<byte> Empty() => OfThisThread()._bytes;

    /// <summary>Leaves nothing behind of what was written.</summary>
    public static void Clear() => s_ofThisThread?._bytes.Clear();

    static JsonRoom OfThisThread()
    {
        if (s_ofThisThread is not { _bytes.Capacity: <= KeptMax } room) return s_ofThisThread = new JsonRoom();
        room._bytes.ResetWrittenCount();
        room._writer.Reset();
        return room;
    }
}
