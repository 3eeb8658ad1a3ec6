using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Host.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Engine.Host.Api;

/// <summary>What endpoints read of a request, each thing in one way.</summary>
static class Requests
{
    static readonly byte[] EmptyObject = "{}"u8.ToArray();

    public static Caller Caller(this HttpContext http) =>
        http.Features.Get<Caller>() ?? throw new InvalidOperationException("the endpoint was reached without a key");

    /// <summary>The body, whole. Kestrel bounds it, and <see cref="BodyBudget"/> all of them together.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> BodyAsync(this HttpContext http)
    {
        var (reader, budget, taken) = (http.Request.BodyReader, http.RequestServices.GetRequiredService<BodyBudget>(), 0L);
        try
        {
            while (true)
            {
                var read = await ReadAsync(reader, http.RequestAborted);
                if (read.IsCompleted)
                {
                    var bytes = read.Buffer.ToArray();
                    reader.AdvanceTo(read.Buffer.End);
                    return bytes;
                }
                var hasRoom = budget.TryGrow(read.Buffer.Length, ref taken);
                reader.AdvanceTo(hasRoom ? read.Buffer.Start : read.Buffer.End, read.Buffer.End);
                if (!hasRoom) throw new BadHttpRequestException("too many large bodies come in at once", StatusCodes.Status429TooManyRequests);
            }
        }
        finally
        {
            budget.GiveBack(taken);
        }
    }

    static async ValueTask<ReadResult> ReadAsync(PipeReader reader, CancellationToken aborted)
    {
        try
        {
            return await reader.ReadAsync(aborted);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            // The server has no name of its own for a chunk that claims more bytes than there are numbers.
            throw new BadHttpRequestException("the body can't be read", StatusCodes.Status400BadRequest, e);
        }
    }

    /// <summary>Reads a body of the API's own; an empty one counts as an empty object.</summary>
    public static async ValueTask<Reading<T>> ReadAsync<T>(this HttpContext http, Func<Fields, T> read) where T : class
    {
        var body = await http.BodyAsync();
        return Read(body, read);
    }

    public static Reading<T> Read<T>(ReadOnlyMemory<byte> body, Func<Fields, T> read) where T : class
    {
        var faults = new Faults();
        using var document = JsonBody.Parse(body.IsEmpty ? EmptyObject : body, faults);
        if (document is null) return new Reading<T>(null, faults.Found);
        var value = read(Fields.Of(document.RootElement, faults));
        return new Reading<T>(faults.Any ? null : value, faults.Found);
    }

    public static bool? FlagOrNull(this Fields fields, string name) => fields.Has(name) ? fields.Flag(name) : null;

    /// <summary>
    /// A part of the path as it was meant. The server decodes all escapes but %2F; so an id with a slash and one with a
    /// written-out "%2F" look alike there, and the raw target has to tell.
    /// </summary>
    public static string Segment(this HttpContext http, string name)
    {
        var value = (string)http.Request.RouteValues[name]!;
        if (!value.Contains("%2F", StringComparison.OrdinalIgnoreCase)) return value;
        var pattern = ((RouteEndpoint)http.GetEndpoint()!).RoutePattern.PathSegments;
        var raw = http.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?', 2)[0].Split('/');
        for (var i = 0; i < pattern.Count && raw.Length == pattern.Count + 1; i++)
            if (pattern[i].Parts[0] is RoutePatternParameterPart part && part.Name == name) return Uri.UnescapeDataString(raw[i + 1]);
        return value;
    }

    /// <summary>The caller's Idempotency-Key with what it is scoped to, and what is asked for; null where there is none.</summary>
    public static Idempotency? Idempotency(this HttpContext http, ReadOnlyMemory<byte> body, out IResult? refusal)
    {
        refusal = null;
        var header = http.Request.Headers["Idempotency-Key"];
        if (header.Count == 0) return null;
        if (header.Count > 1 || !Names.IsIdempotencyKey(header[0] ?? ""))
        {
            refusal = Problems.Invalid("Idempotency-Key", "bad_format", "1 to 255 printable characters are wanted.");
            return null;
        }
        // What is asked for may stand in the query as well.
        var asked = (byte[])[.. Encoding.UTF8.GetBytes(http.Request.QueryString.Value ?? ""), .. body.Span];
        return new Idempotency(Hash(Encoding.UTF8.GetBytes($"{http.Caller().Name}\n{http.Request.Path}\n{header[0]}")), Hash(asked));
    }

    /// <summary>64 bits of SHA-256.</summary>
    public static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }

    /// <summary>A query value; an empty one counts as none.</summary>
    public static string? Query(this HttpContext http, string name) =>
        http.Request.Query.TryGetValue(name, out var value) && value.ToString() is { Length: > 0 } text ? text : null;
}
