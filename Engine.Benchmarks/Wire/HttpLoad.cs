using System.Net;
using Engine.Benchmarks.Measuring;

namespace Engine.Benchmarks.Wire;

/// <summary>Requests made ahead, sent over so many connections.</summary>
static class HttpLoad
{
    /// <summary>Each once, until the time is over or none is left.</summary>
    public static Sample Once(Uri server, byte[][] requests, int connections, TimeSpan time)
    {
        var next = 0;
        return Run(server, () => next < requests.Length ? requests[next++] : ReadOnlyMemory<byte>.Empty, connections, time);
    }

    /// <summary>Again from the first when all were sent.</summary>
    public static Sample Around(Uri server, byte[][] requests, int connections, TimeSpan time)
    {
        var next = 0;
        return Run(server, () => requests[next++ % requests.Length], connections, time);
    }

    static Sample Run(Uri server, Func<ReadOnlyMemory<byte>> next, int connections, TimeSpan time)
    {
        using var loop = new SocketLoop(new IPEndPoint(IPAddress.Parse(server.Host), server.Port), Enumerable.Range(0, connections).Select(_ => new HttpConversation(next)));
        return loop.Run(time);
    }
}
