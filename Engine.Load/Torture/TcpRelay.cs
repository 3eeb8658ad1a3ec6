using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Engine.Load.Torture;

/// <summary>
/// A wire that can be cut: passes bytes both ways between whoever connects and a target. While it is cut nothing gets through and
/// nobody is told, as with a cable that is pulled; what was under way arrives when it is healed.
/// </summary>
public sealed class TcpRelay : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly ConcurrentDictionary<TcpClient, Task> _links = [];
    readonly CancellationTokenSource _end = new();
    readonly Func<IPEndPoint?> _target;
    readonly Task _accepting;
    volatile TaskCompletionSource? _requestsCut, _answersCut;

    /// <param name="target">Asked at each connection; null where there is nobody to connect to.</param>
    public TcpRelay(Func<IPEndPoint?> target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }
    public Uri Url => new($"http://127.0.0.1:{Port}");

    /// <summary>Both ways, or one only.</summary>
    public void Cut(bool requests = true, bool answers = true)
    {
        if (requests) _requestsCut ??= Gate();
        if (answers) _answersCut ??= Gate();
    }

    public void Heal()
    {
        var (requests, answers) = (_requestsCut, _answersCut);
        (_requestsCut, _answersCut) = (null, null);
        requests?.SetResult();
        answers?.SetResult();
    }

    static TaskCompletionSource Gate() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Resets every connection, as a balancer does whose server has gone.</summary>
    public void Reset()
    {
        foreach (var link in _links.Keys) link.Close();
    }

    async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                _links[client] = LinkAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // It ends, or whoever came has gone again.
            }
        }
    }

    async Task LinkAsync(TcpClient client)
    {
        await Task.Yield();
        using var server = new TcpClient { NoDelay = true };
        try
        {
            client.NoDelay = true;
            await RequestsAsync();
            if (_target() is not { } target) return;
            await server.ConnectAsync(target, _end.Token);
            await Task.WhenAny(PumpAsync(client.GetStream(), server.GetStream(), RequestsAsync), PumpAsync(server.GetStream(), client.GetStream(), AnswersAsync));
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // One side has gone: so does the other.
        }
        finally
        {
            client.Close();
            _links.TryRemove(client, out _);
        }
    }

    async Task PumpAsync(NetworkStream from, NetworkStream to, Func<Task> healed)
    {
        try
        {
            var buffer = new byte[64 * 1024];
            while (await from.ReadAsync(buffer, _end.Token) is var count and > 0)
            {
                await healed();
                await to.WriteAsync(buffer.AsMemory(0, count), _end.Token);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The end of this way is the end of both.
        }
    }

    Task RequestsAsync() => _requestsCut?.Task.WaitAsync(_end.Token) ?? Task.CompletedTask;

    Task AnswersAsync() => _answersCut?.Task.WaitAsync(_end.Token) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Reset();
        await _accepting;
        await Task.WhenAll(_links.Values);
        _end.Dispose();
    }
}
