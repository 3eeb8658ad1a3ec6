using System.Text;
using Engine.Benchmarks.Workloads;

namespace Engine.Benchmarks.Wire;

/// <summary>Requests that were made ahead, one after the other on a connection that is kept.</summary>
/// <param name="next">The next request's bytes; empty when none is left.</param>
sealed class HttpConversation(Func<ReadOnlyMemory<byte>> next) : Conversation
{
    static readonly byte[] EndOfChunks = "\r\n0\r\n\r\n"u8.ToArray();

    public override ReadOnlyMemory<byte> Next(out int requests)
    {
        var bytes = next();
        requests = bytes.IsEmpty ? 0 : 1;
        return bytes;
    }

    public override bool TryRead(ReadOnlySpan<byte> received, out int length, out Outcome outcome, out bool counts)
    {
        (length, outcome, counts) = (0, Outcome.Done, true);
        var head = received.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;
        var headers = received[..head];
        var body = received[(head + 4)..];
        if (ContentLength(headers) is { } declared) length = head + 4 + declared;
        else
        {
            // Where the body is short, it begins with the end.
            var end = body.StartsWith("0\r\n\r\n"u8) ? 5 : body.IndexOf(EndOfChunks) is >= 0 and var at ? at + EndOfChunks.Length : -1;
            if (end < 0) return false;
            length = head + 4 + end;
        }
        if (length > received.Length) return false;
        outcome = (headers[9], headers[10], headers[11]) switch
        {
            ((byte)'2', _, _) => Outcome.Done,
            ((byte)'4', (byte)'2', (byte)'9') => Outcome.Refused,
            _ => throw new InvalidDataException($"the server said {Encoding.UTF8.GetString(received[..length])}"),
        };
        return true;
    }

    static int? ContentLength(ReadOnlySpan<byte> headers)
    {
        var at = headers.IndexOf("\r\nContent-Length: "u8);
        if (at < 0) return null;
        var digits = headers[(at + 18)..];
        var length = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9') break;
            length = length * 10 + (digit - '0');
        }
        return length;
    }
}
