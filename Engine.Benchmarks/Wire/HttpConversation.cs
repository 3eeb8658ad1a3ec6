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
        (outcome, counts) = (Outcome.Done, true);
        if (!TryReadAnswer(received, out length, out var status)) return false;
        outcome = status switch
        {
            >= 200 and < 300 => Outcome.Done,
            429 => Outcome.Refused,
            _ => throw new InvalidDataException($"the server said {Encoding.UTF8.GetString(received[..length])}"),
        };
        return true;
    }

    /// <summary>Of the first answer in what was received; false while it is not whole.</summary>
    public static bool TryReadAnswer(ReadOnlySpan<byte> received, out int length, out int status)
    {
        (length, status) = (0, 0);
        var head = received.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;
        var headers = received[..head];
        var body = received[(head + 4)..];
        status = ((headers[9] - '0') * 100) + ((headers[10] - '0') * 10) + headers[11] - '0';
        if (ContentLength(headers) is { } declared) length = head + 4 + declared;
        else if (status == 204) length = head + 4;
        else
        {
            // Where the body is short, it begins with the end.
            var end = body.StartsWith("0\r\n\r\n"u8) ? 5 : body.IndexOf(EndOfChunks) is >= 0 and var at ? at + EndOfChunks.Length : -1;
            if (end < 0) return false;
            length = head + 4 + end;
        }
        return length <= received.Length;
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
