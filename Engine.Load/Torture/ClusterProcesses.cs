using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Engine.Load.Torture;

/// <summary>One node of a cluster under torture.</summary>
public sealed class ClusterNode(int number, HostProcess process)
{
    /// <summary>Counted from 1.</summary>
    public int Number => number;
    public string Name => $"node-{number}";
    public HostProcess Process => process;
    /// <summary>The front sends clients here.</summary>
    public bool IsUp { get; set; }
}

/// <summary>
/// The real program as several processes on one PostgreSQL, behind a front that does what a balancer does: asks each node whether
/// it is ready and sends clients to those that are.
/// </summary>
public sealed class ClusterProcesses : IAsyncDisposable
{
    public const int Partitions = 12;
    const string Secret = "secret-of-the-torture-cluster";
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(300);
    static readonly TimeSpan LookMax = TimeSpan.FromSeconds(2);

    readonly CancellationTokenSource _end = new();
    readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = LookMax };
    readonly string _folder;
    readonly Func<IPEndPoint, string> _connection;
    readonly IReadOnlyDictionary<string, string>? _settings;
    readonly Task _looking;
    int _turn;

    /// <param name="folder">Where the nodes keep their own.</param>
    /// <param name="network">What connects them; goes with them.</param>
    /// <param name="connection">To the store, by the address that it is given.</param>
    /// <param name="settings">Beyond those that a node of a cluster needs.</param>
    public ClusterProcesses(string folder, int count, ClusterNetwork network, Func<IPEndPoint, string> connection, IReadOnlyDictionary<string, string>? settings = null)
    {
        (_folder, _connection, _settings, Network) = (folder, connection, settings, network);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", HostProcess.Key);
        Nodes = [.. Enumerable.Range(1, count).Select(number => new ClusterNode(number, Make(network.Place(number), $"node-{number}", $"node-{number}")))];
        Front = new TcpRelay(Next);
        _looking = LookAsync();
    }

    public IReadOnlyList<ClusterNode> Nodes { get; }
    public ClusterNetwork Network { get; }
    public TcpRelay Front { get; }

    /// <summary>A process of the cluster that is not started yet.</summary>
    /// <param name="name">By which the others know it.</param>
    /// <param name="data">Its folder.</param>
    /// <param name="masterKey">Another file than the one all share.</param>
    public HostProcess Make(NodePlace place, string name, string data, string? masterKey = null) => new(
        Path.Combine(_folder, data),
        new Dictionary<string, string>(_settings ?? new Dictionary<string, string>())
        {
            ["Engine:Store"] = "postgres",
            ["Engine:Postgres"] = _connection(place.Store),
            ["Engine:Node"] = name,
            ["Engine:Cluster:Secret"] = Secret,
            ["Engine:Cluster:Advertise"] = place.Advertised.ToString(),
            // All nodes open what the others sealed.
            ["Engine:MasterKeyFile"] = masterKey ?? Path.Combine(_folder, "master.key"),
            ["Engine:Partitions"] = $"{Partitions}",
        },
        url: place.Url) { Through = place.Launcher };

    IPEndPoint? Next()
    {
        var up = Nodes.Where(n => n.IsUp).ToArray();
        if (up.Length == 0) return null;
        var url = up[(int)((uint)Interlocked.Increment(ref _turn) % up.Length)].Process.Url;
        return new IPEndPoint(IPAddress.Parse(url.Host), url.Port);
    }

    /// <summary>The first that is started makes the tables and the key.</summary>
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
    public Task<TimeSpan> UntilServedAsync(IReadOnlyList<ClusterNode> by, TimeSpan patience)
    {
        var names = by.Select(n => n.Name).ToHashSet();
        return UntilAsync(by[0], owners => owners.All(o => o is not null && names.Contains(o)), patience);
    }

    /// <summary>Waits until every node serves some partitions, and all are served.</summary>
    public Task<TimeSpan> UntilSharedAsync(TimeSpan patience) => UntilAsync(Nodes[0], owners => !owners.Contains(null) && Nodes.All(n => owners.Contains(n.Name)), patience);

    /// <summary>Waits until the partitions belong to whom they are said to belong.</summary>
    public Task<TimeSpan> UntilOwnedAsync(IReadOnlyList<string?> owners, ClusterNode asked, TimeSpan patience) => UntilAsync(asked, now => now.SequenceEqual(owners), patience);

    async Task<TimeSpan> UntilAsync(ClusterNode asked, Func<string?[], bool> isSo, TimeSpan patience)
    {
        var waited = Stopwatch.StartNew();
        string?[] last = [];
        while (waited.Elapsed < patience)
        {
            try
            {
                last = await OwnersAsync(asked);
                if (isSo(last)) return waited.Elapsed;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or KeyNotFoundException)
            {
                // It does not answer yet.
            }
            await Task.Delay(50);
        }
        var ended = string.Concat(Nodes.Where(n => n.Process.HasExited).Select(n => $"{Environment.NewLine}{n.Name} does not run: {n.Process.Said}"));
        throw new TimeoutException($"not every partition is where it should be after {patience}: {string.Join(' ', last)}{ended}");
    }

    /// <summary>Who serves each partition, as a node sees it; null where nobody does.</summary>
    public async Task<string?[]> OwnersAsync(ClusterNode asked)
    {
        using var answer = await _http.GetAsync(new Uri(asked.Process.Url, "/v1/cluster"));
        return [.. JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("partitions").EnumerateArray()
            .Select(p => p.GetProperty("state").GetString() == "open" ? p.GetProperty("owner").GetString() : null)];
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _looking;
        await Front.DisposeAsync();
        foreach (var node in Nodes) await node.Process.DisposeAsync();
        await Network.DisposeAsync();
        _http.Dispose();
        _end.Dispose();
    }
}
