using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Engine.Load.Torture;

/// <summary>
/// Ports for servers that bind them later, and once more after they were killed. They lie below those that systems give to whoever
/// asks for any: one of these may be somebody else's by then, a client's or a server's that answers in the place of the one meant.
/// </summary>
public static class Ports
{
    public const int First = 20_000;
    public const int Count = 10_000;

    // Other processes begin elsewhere.
    static int _taken = RandomNumberGenerator.GetInt32(Count);

    /// <summary>One where nobody listens on loopback, and that was not given before.</summary>
    public static int Free()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _taken) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; the next one is free.
            }
        }
    }
}
