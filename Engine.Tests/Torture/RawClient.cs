using System.Net.Sockets;
using System.Text;

namespace Engine.Tests.Torture;

/// <summary>Writes bytes to a socket as no HTTP library would, and reads what comes back.</summary>
static class RawClient
{
    /// <param name="Status">0 where the connection was closed without an answer.</param>
    public readonly record struct Heard(int Status, string Text);

    /// <summary>Sends the head and the pieces of the body until the server has had enough, then reads to the end.</summary>
    public static async Task<Heard> SendAsync(Uri address, string head, IAsyncEnumerable<byte[]> body, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, limit.Token);
        var stream = client.GetStream();
        var answer = ReadAsync(stream, limit.Token);
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(head), limit.Token);
            await foreach (var piece in body)
            {
                if (answer.IsCompleted) break;
                await stream.WriteAsync(piece, limit.Token);
            }
        }
        catch (IOException)
        {
            // It has heard enough and has closed; what it said before that counts.
        }
        return await answer;
    }

    static async Task<Heard> ReadAsync(NetworkStream stream, CancellationToken limit)
    {
        var heard = new MemoryStream();
        var buffer = new byte[16 * 1024];
        try
        {
            while (!IsWhole(heard) && await stream.ReadAsync(buffer, limit) is > 0 and var count) heard.Write(buffer, 0, count);
        }
        catch (IOException)
        {
            // Closed hard, as a server may who does not want to read the rest.
        }
        var text = Encoding.UTF8.GetString(heard.ToArray());
        return new Heard(text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(text[9..12]) : 0, text);
    }

    static bool IsWhole(MemoryStream heard)
    {
        var text = Encoding.Latin1.GetString(heard.GetBuffer(), 0, (int)heard.Length);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) return false;
        if (text.Contains("chunked", StringComparison.OrdinalIgnoreCase)) return text.EndsWith("0\r\n\r\n", StringComparison.Ordinal);
        var at = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        return at >= 0 && at < end && heard.Length >= end + 4 + int.Parse(text.AsSpan(at + 16, text.IndexOf('\r', at) - at - 16));
    }
}
