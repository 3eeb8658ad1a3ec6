using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Engine.Host.Api;

/// <summary>
/// A value as JSON. It is written whole before it is sent, on the thread it is made on: answers are small, and what the framework does to
/// write a stream of any length costs as much again as the writing.
/// </summary>
sealed class JsonAnswer<T>(int status, T value, JsonTypeInfo<T> type) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (buffer, response) = (new ArrayBufferWriter<byte>(1024), httpContext.Response);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true })) JsonSerializer.Serialize(writer, value, type);
        (response.StatusCode, response.ContentType, response.ContentLength) = (status, "application/json; charset=utf-8", buffer.WrittenCount);
        await response.BodyWriter.WriteAsync(buffer.WrittenMemory, httpContext.RequestAborted);
    }
}
