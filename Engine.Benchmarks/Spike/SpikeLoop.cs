using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Engine.Benchmarks.Wire;
using Engine.Load;

namespace Engine.Benchmarks.Spike;

/// <summary>
/// Sends what is due when it is due, whatever the answers do: a push that finds no free connection waits, and its waiting
/// counts. What is refused for load, or left without an answer, is sent again as platforms do. One thread.
/// </summary>
sealed class SpikeLoop(SpikeOptions options, SpikePlan plan, SpikeCounts counts, long start) : IDisposable
{
    const int TriesMax = 30;
    const double RetryAfter = 1;
    // As patient as platforms are.
    const double AnswerMax = 10;
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    readonly IPEndPoint _server = new(IPAddress.TryParse(options.Url.Host, out var address) ? address : Dns.GetHostAddresses(options.Url.Host)[0], options.Url.Port);
    readonly Stack<Line> _idle = new();
    readonly Dictionary<Socket, Line> _busy = [];
    readonly PriorityQueue<Push, double> _retries = new();
    readonly Queue<Push> _waiting = new();
    readonly List<Socket> _ready = [];
    Push? _next;
    double _nextLook;

    sealed class Line(Socket socket) : IDisposable
    {
        public Socket Socket { get; } = socket;
        public byte[] Received { get; } = new byte[16 * 1024];
        public int Length;
        public Push Push = null!;
        public double SentAt;

        public void Dispose() => Socket.Dispose();
    }

    double Now => Stopwatch.GetElapsedTime(start).TotalSeconds;

    /// <summary>Until all is answered or given up, or <paramref name="end"/> says that even this is no longer waited for.</summary>
    public void Run(CancellationToken end)
    {
        using var never = new ManualResetEventSlim();
        while (!end.IsCancellationRequested)
        {
            var now = Now;
            Gather(now);
            SendWaiting(now);
            (counts.At(now).Waiting, counts.InFlight) = (_waiting.Count, _busy.Count);
            if (_busy.Count == 0)
            {
                if (plan.IsOver && _next is null && _waiting.Count == 0 && _retries.Count == 0) return;
                never.Wait(Tick, CancellationToken.None);
                continue;
            }
            _ready.Clear();
            _ready.AddRange(_busy.Keys);
            Socket.Select(_ready, null, null, Tick);
            foreach (var socket in _ready) Receive(_busy[socket]);
            BreakOffOverdue(now);
        }
    }

    void Gather(double now)
    {
        while (_retries.TryPeek(out var again, out var at) && at <= now)
        {
            _retries.Dequeue();
            _waiting.Enqueue(again);
        }
        while (_next is not null || plan.TryTake(out _next!))
        {
            if (_next.DueAt > now) return;
            counts.At(_next.DueAt).Planned++;
            if (_waiting.Count < options.WaitingMax) _waiting.Enqueue(_next);
            else counts.Dropped++;
            _next = null;
        }
    }

    void SendWaiting(double now)
    {
        while (_waiting.TryPeek(out var push) && Free() is { } line)
        {
            _waiting.Dequeue();
            if (push.Tries++ == 0) counts.Lateness.Record(TimeSpan.FromSeconds(Math.Max(0, now - push.DueAt)));
            Remember(push);
            (line.Push, line.SentAt) = (push, now);
            try
            {
                Send(line);
                _busy.Add(line.Socket, line);
                counts.Sent++;
                counts.At(now).Sent++;
            }
            catch (SocketException)
            {
                Broken(line, now);
            }
        }
    }

    /// <summary>From now on it may be in.</summary>
    static void Remember(Push push)
    {
        if (push.Kind == MessageKind.Paid) push.Account.PaymentsSent = push.TotalFen;
        push.Account.CancellationSent |= push.Kind == MessageKind.Cancelled;
    }

    Line? Free()
    {
        if (_idle.TryPop(out var idle)) return idle;
        if (_busy.Count >= options.Connections) return null;
        var socket = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendBufferSize = 1 << 18 };
        try
        {
            socket.Connect(_server);
            socket.Blocking = false;
            return new Line(socket);
        }
        catch (SocketException)
        {
            // Nobody listens: it is tried again with the next tick.
            socket.Dispose();
            return null;
        }
    }

    static void Send(Line line)
    {
        ReadOnlySpan<byte> bytes = line.Push.Bytes;
        while (bytes.Length > 0)
        {
            var sent = line.Socket.Send(bytes, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock)) throw new SocketException((int)error);
            bytes = bytes[sent..];
        }
    }

    void Receive(Line line)
    {
        var received = line.Socket.Receive(line.Received.AsSpan(line.Length), SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return;
        if (error != SocketError.Success || received == 0)
        {
            _busy.Remove(line.Socket);
            Broken(line, Now);
            return;
        }
        line.Length += received;
        if (!HttpConversation.TryReadAnswer(line.Received.AsSpan(0, line.Length), out _, out var status)) return;
        line.Length = 0;
        _busy.Remove(line.Socket);
        _idle.Push(line);
        Take(line.Push, status, Now);
    }

    void BreakOffOverdue(double now)
    {
        if (now < _nextLook) return;
        _nextLook = now + 1;
        foreach (var line in _busy.Values.Where(l => now - l.SentAt > AnswerMax).ToArray())
        {
            _busy.Remove(line.Socket);
            Broken(line, now);
        }
    }

    void Take(Push push, int status, double now)
    {
        var second = counts.At(now);
        switch (status)
        {
            case >= 200 and < 300:
                var latency = TimeSpan.FromSeconds(now - push.DueAt);
                counts.Latency.Record(latency);
                second.Latency.Record(latency);
                second.Acknowledged++;
                counts.Acknowledged++;
                Acknowledged(push);
                return;
            case 429:
                second.Refused++;
                Again(push, now);
                return;
            case >= 500:
                second.Unavailable++;
                Again(push, now);
                return;
            default:
                counts.Rejected++;
                return;
        }
    }

    static void Acknowledged(Push push)
    {
        push.Account.Received |= push.HoldsOrder;
        if (push.Kind == MessageKind.Paid) push.Account.Paid = push.TotalFen;
        push.Account.Cancelled |= push.Kind == MessageKind.Cancelled;
    }

    void Broken(Line line, double now)
    {
        line.Dispose();
        counts.At(now).Broken++;
        Again(line.Push, now);
    }

    void Again(Push push, double now)
    {
        if (push.Tries >= TriesMax)
        {
            counts.GivenUp++;
            return;
        }
        counts.Retries++;
        _retries.Enqueue(push, now + RetryAfter);
    }

    public void Dispose()
    {
        foreach (var line in _idle) line.Dispose();
        foreach (var line in _busy.Values) line.Dispose();
    }
}
