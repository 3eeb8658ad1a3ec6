using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Engine.Load.Torture;

/// <summary>
/// Stands between an engine and its PostgreSQL server on loopback, and does what networks do: loses the answer to a commit after
/// passing the commit on, holds everything up, cuts all connections, leads to another server.
/// </summary>
public sealed class TcpProxy : IDisposable
{
    /// <summary>Answers while a connection is being set up: losing those is a failed connection and nothing more.</summary>
    const int AnswersOfSetUp = 8;

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _ending = new();
    readonly Lock _gate = new();
    readonly List<Link> _links = [];
    readonly string _victim;
    volatile TaskCompletionSource _passing = Passing();
    int _loseAnswerIn, _loseRequestIn, _lost;

    /// <param name="target">Port of the server.</param>
    /// <param name="victim">What the first message of a connection holds whose answers are lost, as an application's name.</param>
    public TcpProxy(int target, string victim = " journal")
    {
        (Target, _victim) = (target, victim);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Where new connections are led.</summary>
    public int Target { get; set; }

    /// <summary>Answers and requests lost so far.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Loses the answer that comes so many answers from now, once: the server has done what it was asked.</summary>
    public void LoseAnswer(int after) => Volatile.Write(ref _loseAnswerIn, after);

    /// <summary>Loses a request instead: the server has never heard of it. Whoever asked can't tell the one from the other.</summary>
    public void LoseRequest(int after) => Volatile.Write(ref _loseRequestIn, after);

    /// <summary>Nothing passes until <see cref="Resume"/>; connections stay.</summary>
    public void Hold() => _passing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume() => _passing.TrySetResult();

    /// <summary>Cuts every connection.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (var link in _links) link.Dispose();
            _links.Clear();
        }
    }

    static TaskCompletionSource Passing()
    {
        var passing = new TaskCompletionSource();
        passing.SetResult();
        return passing;
    }

    async Task AcceptAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_ending.Token);
                _ = ServeAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        var link = new Link(client, server);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, Target, _ending.Token);
            lock (_gate) _links.Add(link);
            await Task.WhenAny(AskAsync(link), AnswerAsync(link));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // As a server that is not there.
        }
        link.Dispose();
        lock (_gate) _links.Remove(link);
    }

    async Task AskAsync(Link link)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await link.Client.GetStream().ReadAsync(buffer, _ending.Token)) > 0;)
            {
                link.IsVictim ??= Encoding.ASCII.GetString(buffer, 0, read).Contains(_victim, StringComparison.Ordinal) ? true : null;
                await _passing.Task;
                if (IsLost(link, ref _loseRequestIn)) return;
                await link.Server.GetStream().WriteAsync(buffer.AsMemory(0, read), _ending.Token);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // One side has gone; so does the other.
        }
    }

    async Task AnswerAsync(Link link)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await link.Server.GetStream().ReadAsync(buffer, _ending.Token)) > 0;)
            {
                await _passing.Task;
                link.Answers++;
                if (IsLost(link, ref _loseAnswerIn)) return;
                await link.Client.GetStream().WriteAsync(buffer.AsMemory(0, read), _ending.Token);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // One side has gone; so does the other.
        }
    }

    bool IsLost(Link link, ref int loseIn)
    {
        if (link.IsVictim != true || link.Answers <= AnswersOfSetUp || Volatile.Read(ref loseIn) <= 0 || Interlocked.Decrement(ref loseIn) != 0) return false;
        Interlocked.Increment(ref _lost);
        return true;
    }

    public void Dispose()
    {
        _ending.Cancel();
        _listener.Dispose();
        Resume();
        Cut();
    }

    sealed record Link(TcpClient Client, TcpClient Server) : IDisposable
    {
        public bool? IsVictim { get; set; }
        public int Answers { get; set; }

        public void Dispose()
        {
            // At once, without goodbye.
            foreach (var side in new[] { Client, Server })
            {
                if (side.Client is { } socket) socket.LingerState = new LingerOption(true, 0);
                side.Dispose();
            }
        }
    }
}
