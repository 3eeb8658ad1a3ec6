using System.Globalization;
using System.Text;
using Engine.Load;
using Engine.Load.Auditing;

namespace Engine.Benchmarks.Spike;

/// <summary>One message of a platform, ready to be sent.</summary>
/// <param name="DueAt">Seconds since the start: what it is timed from, however late it is sent.</param>
sealed record Push(double DueAt, byte[] Bytes, OrderAccount Account, MessageKind Kind, bool HoldsOrder, long TotalFen)
{
    public int Tries { get; set; }

    public static byte[] Render(LoadMessage message, string host)
    {
        var head = new StringBuilder(512).Append("POST ").Append(message.Path).Append(" HTTP/1.1\r\nHost: ").Append(host).Append("\r\n");
        foreach (var (name, value) in message.Headers) head.Append(name).Append(": ").Append(value).Append("\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {message.Body.Length}\r\n\r\n");
        var bytes = new byte[Encoding.UTF8.GetByteCount(head.ToString()) + message.Body.Length];
        var length = Encoding.UTF8.GetBytes(head.ToString(), bytes);
        message.Body.CopyTo(bytes, length);
        return bytes;
    }
}
