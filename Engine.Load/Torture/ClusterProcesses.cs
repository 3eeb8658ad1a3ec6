using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Engine.Load.Torture;

/// <summary>One node of a cluster under torture: a process, and the wires to the store and to it that can be cut.</summary>
public sealed record ClusterNode(string Name, HostProcess Process, TcpRelay ToStore, TcpRelay FromNodes)
{
    /// <summary>The front sends clients here.</summary>
    public bool IsUp { get; set; }
}

/// <summary>
/// The real program as several processes on one PostgreSQL, behind a front that does what a balancer does: asks each node whether
/// it is ready and sends clients to those that are.
/// </summary>
public sealed class ClusterProcesses : IAsyncDisposable
{
    const string Secret = "secret-of-the-torture-cluster";
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(300);
    static readonly TimeSpan LookMax = TimeSpan.FromSeconds(2);

    readonly CancellationTokenSource _end = new();
    readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = LookMax };
    readonly Task _looking;
    int _turn;

    /// <param name="folder">Where the nodes keep their own.</param>
    /// <param name="port">The store's on this machine.</param>
    /// <param name="connection">To the store, by the port that it is given.</param>
    public ClusterProcesses(string folder, int count, int port, Func<int, string> connection)
    {
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", HostProcess.Key);
        Nodes = [.. Enumerable.Range(1, count).Select(i => Make($"node-{i}", folder, port, connection))];
        Front = new TcpRelay(Next);
        _looking = LookAsync();
    }

    public IReadOnlyList<ClusterNode> Nodes { get; }
    public TcpRelay Front { get; }

    static ClusterNode Make(string name, string folder, int port, Func<int, string> connection)
    {
        ClusterNode? node = null;
        var toStore = new TcpRelay(() => new IPEndPoint(IPAddress.Loopback, port));
        var fromNodes = new TcpRelay(() => new IPEndPoint(IPAddress.Loopback, node!.Process.Url.Port));
        var process = new HostProcess(Path.Combine(folder, name), new Dictionary<string, string>
        {
            ["Engine:Store"] = "postgres",
            ["Engine:Postgres"] = connection(toStore.Port),
            ["Engine:Node"] = name,
            ["Engine:Cluster:Secret"] = Secret,
            ["Engine:Cluster:Advertise"] = fromNodes.Url.ToString(),
            // All nodes open what the others sealed.
            ["Engine:MasterKeyFile"] = Path.Combine(folder, "master.key"),
            ["Engine:Partitions"] = "12",
        });
        return node = new ClusterNode(name, process, toStore, fromNodes);
    }

    IPEndPoint? Next()
    {
        var up = Nodes.Where(n => n.IsUp).ToArray();
        return up.Length == 0 ? null : new IPEndPoint(IPAddress.Loopback, up[(int)((uint)Interlocked.Increment(ref _turn) % up.Length)].Process.Url.Port);
    }

    /// <summary>One after the other: the first makes the tables and the key.</summary>
    public async Task StartAsync()
    {
        foreach (var node in Nodes) await StartAsync(node);
        await UntilServedAsync(Nodes, TimeSpan.FromSeconds(60));
    }

    public async Task StartAsync(ClusterNode node, string? kernelFault = null)
    {
        if (!await node.Process.StartAsync(kernelFault: kernelFault)) throw new InvalidOperationException($"{node.Name} has ended: {node.Process.Said}");
    }

    async Task LookAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            await Task.WhenAll(Nodes.Select(async node =>
            {
                var wasUp = node.IsUp;
                node.IsUp = await IsReadyAsync(node);
                // Who waits at a node that has gone is told so.
                if (wasUp && !node.IsUp) Front.Reset();
            }));
            await Task.WhenAny(Task.Delay(LookEvery, _end.Token));
        }
    }

    async Task<bool> IsReadyAsync(ClusterNode node)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(node.Process.Url, "/health/ready"), _end.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Waits until every partition is served, by one of <paramref name="by"/>, as one of them sees it. How long that took.</summary>
    public async Task<TimeSpan> UntilServedAsync(IReadOnlyList<ClusterNode> by, TimeSpan patience)
    {
        var waited = Stopwatch.StartNew();
        var names = by.Select(n => n.Name).ToHashSet();
        var last = "";
        while (waited.Elapsed < patience)
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri(by[0].Process.Url, "/v1/cluster"));
                last = await answer.Content.ReadAsStringAsync();
                if (JsonElement.Parse(last).GetProperty("partitions").EnumerateArray().All(p => p.GetProperty("state").GetString() == "open" && names.Contains(p.GetProperty("owner").GetString()!))) return waited.Elapsed;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or KeyNotFoundException)
            {
                // It does not answer yet.
            }
            await Task.Delay(50);
        }
        throw new TimeoutException($"not every partition is served after {patience}: {last}");
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _looking;
        await Front.DisposeAsync();
        foreach (var node in Nodes)
        {
            await node.Process.DisposeAsync();
            await node.ToStore.DisposeAsync();
            await node.FromNodes.DisposeAsync();
        }
        _http.Dispose();
        _end.Dispose();
    }
}
