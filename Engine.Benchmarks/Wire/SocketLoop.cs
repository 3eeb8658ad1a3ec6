using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Engine.Benchmarks.Measuring;
using Engine.Benchmarks.Workloads;

namespace Engine.Benchmarks.Wire;

/// <summary>One connection's part of a protocol: what it sends next, and when an answer is whole. Not for several threads.</summary>
abstract class Conversation
{
    /// <summary>The next request, or several in one go; empty when there is nothing left to ask.</summary>
    /// <param name="requests">How many they are.</param>
    public abstract ReadOnlyMemory<byte> Next(out int requests);

    /// <summary>Reads one answer from what has come; false while it is not whole.</summary>
    /// <param name="length">Bytes of that answer.</param>
    /// <param name="counts">It ends what is counted (an order that takes two requests counts once).</param>
    /// <exception cref="InvalidDataException">The other side says what it should not.</exception>
    public abstract bool TryRead(ReadOnlySpan<byte> received, out int length, out Outcome outcome, out bool counts);
}

/// <summary>
/// Many connections on one thread: what is ready is read and asked again, two system calls a request and no garbage, so that
/// the cores are left to whoever answers. Every server that is measured is asked by it.
/// </summary>
sealed class SocketLoop : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly List<Socket> _sockets = [];
    readonly Dictionary<Socket, Line> _lines = [];

    sealed class Line(Socket socket, Conversation conversation)
    {
        public readonly byte[] Received = new byte[1 << 20];
        public Conversation Conversation { get; } = conversation;
        public Socket Socket { get; } = socket;
        public int Length;
        public int Awaited;
        public long SentAt;
        public bool IsDone;
    }

    public SocketLoop(IPEndPoint server, IEnumerable<Conversation> conversations)
    {
        foreach (var conversation in conversations)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendBufferSize = 1 << 18 };
            socket.Connect(server);
            socket.Blocking = false;
            _sockets.Add(socket);
            _lines.Add(socket, new Line(socket, conversation));
        }
    }

    /// <summary>Asks until the time is over or nothing is left to ask, and takes what is still on its way.</summary>
    public Sample Run(TimeSpan time)
    {
        var sample = new Sample();
        var start = Stopwatch.GetTimestamp();
        var until = start + (long)(time.TotalSeconds * Stopwatch.Frequency);
        foreach (var line in _lines.Values) Send(line, until);
        var ready = new List<Socket>(_sockets.Count);
        while (true)
        {
            ready.Clear();
            foreach (var socket in _sockets)
                if (_lines[socket].Awaited > 0) ready.Add(socket);
            if (ready.Count == 0) break;
            Socket.Select(ready, null, null, Patience);
            if (ready.Count == 0) throw new TimeoutException($"no answer for {Patience.TotalSeconds:0} s");
            foreach (var socket in ready) Receive(_lines[socket], sample, until);
        }
        sample.Elapsed = Stopwatch.GetElapsedTime(start);
        sample.DoneInTime = sample.Done.Count;
        return sample;
    }

    static void Send(Line line, long until)
    {
        line.IsDone = Stopwatch.GetTimestamp() >= until;
        if (line.IsDone) return;
        var bytes = line.Conversation.Next(out line.Awaited).Span;
        line.SentAt = Stopwatch.GetTimestamp();
        while (bytes.Length > 0)
        {
            var sent = line.Socket.Send(bytes, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock)) throw new SocketException((int)error);
            bytes = bytes[sent..];
        }
    }

    static void Receive(Line line, Sample sample, long until)
    {
        var received = line.Socket.Receive(line.Received.AsSpan(line.Length), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return;
        if (error != SocketError.Success || received == 0) throw new IOException($"the connection ended: {error}");
        line.Length += received;
        var read = 0;
        while (line.Awaited > 0 && line.Conversation.TryRead(line.Received.AsSpan(read, line.Length - read), out var length, out var outcome, out var counts))
        {
            read += length;
            line.Awaited--;
            if (counts) sample.Record(outcome, line.SentAt, line.SentAt);
        }
        line.Received.AsSpan(read, line.Length - read).CopyTo(line.Received);
        line.Length -= read;
        if (line.Awaited == 0) Send(line, until);
    }

    public void Dispose()
    {
        foreach (var socket in _sockets) socket.Dispose();
    }
}
