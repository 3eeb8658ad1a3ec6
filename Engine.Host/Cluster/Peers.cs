using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Channels;
using Engine.Actors.Asking;
using Engine.Actors.Cluster;
using Engine.Actors.Deciders;

namespace Engine.Host.Cluster;

/// <summary>
/// The way to the other nodes. What certainly did not arrive is told apart from what may have: only the first may be tried
/// elsewhere.
/// </summary>
sealed class Peers : INeighbours, IDisposable
{
    /// <summary>Some hundred frames' messages; what is more is read from the journal by its receiver.</summary>
    const int QueueLength = 1024;
    const int BodyBytes = 512 << 10;
    static readonly TimeSpan ConnectMax = TimeSpan.FromSeconds(1);
    /// <summary>Beyond the time an answer may wait to settle.</summary>
    static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(8);

    readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = ConnectMax, PooledConnectionLifetime = TimeSpan.FromMinutes(2), UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    readonly ConcurrentDictionary<string, Outbox> _outboxes = [];
    readonly CancellationTokenSource _stop = new();
    readonly IDomain _domain;

    public Peers(string secret, IDomain domain)
    {
        _domain = domain;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Engine", Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)));
    }

    public long Forwarded => Volatile.Read(ref _forwarded);
    public long MessagesDropped => Volatile.Read(ref _dropped);
    long _forwarded, _dropped;

    // ── asking ──

    public async Task<Answer> AskAsync(NodeRow node, ActorId to, Command command, AskOptions options)
    {
        Interlocked.Increment(ref _forwarded);
        var ask = new NodeAsk((byte)to.Kind, to.Key, NodeJson.Write(command)!, (byte)options.Lane, options.Tenant ?? "", options.WithView, options.Settle);
        try
        {
            var answer = await CallAsync<NodeAsk, NodeAnswer>(node, "/cluster/ask", ask, options.Settle + AnswerMax);
            return new Answer((AnswerKind)answer.Kind, NodeJson.Read(answer.Reply), NodeJson.Read(answer.View));
        }
        catch (HttpRequestException e) when (IsNotSent(e))
        {
            return new Answer(AnswerKind.NotOwner);
        }
        catch (Exception e) when (IsBroken(e))
        {
            return new Answer(AnswerKind.OutcomeUnknown);
        }
    }

    public async Task<Answer> ReadAsync<TActor>(NodeRow node, ActorId id, Func<TActor, long, object?> read) where TActor : Actor
    {
        Interlocked.Increment(ref _forwarded);
        try
        {
            var sight = await CallAsync<NodeLook, NodeSight>(node, "/cluster/read", new NodeLook((byte)id.Kind, id.Key), AnswerMax);
            if (sight.State is null) return new Answer((AnswerKind)sight.Kind);
            var actor = _domain.NewActor(id);
            actor.Layout(Codec.Reader(sight.State));
            return new Answer(AnswerKind.Reply, read((TActor)actor, sight.Now));
        }
        catch (Exception e) when (IsBroken(e))
        {
            return new Answer(AnswerKind.NotOwner);
        }
    }

    public async Task<List<T>> ScanAsync<T>(NodeRow node, string scan) => await GetAsync<List<T>>(node, $"/cluster/scan/{scan}");

    public Task<NodeStatus> StatusAsync(NodeRow node) => GetAsync<NodeStatus>(node, "/cluster/status");

    async Task<T> GetAsync<T>(NodeRow node, string path)
    {
        using var limit = new CancellationTokenSource(AnswerMax);
        return await _http.GetFromJsonAsync<T>(new Uri(new Uri(node.Address), path), NodeJson.Options, limit.Token) ?? throw new InvalidDataException("no answer");
    }

    async Task<TAnswer> CallAsync<TCall, TAnswer>(NodeRow node, string path, TCall call, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        using var response = await _http.PostAsJsonAsync(new Uri(new Uri(node.Address), path), call, NodeJson.Options, limit.Token);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<TAnswer>(NodeJson.Options, limit.Token) ?? throw new InvalidDataException("no answer");
    }

    /// <summary>There was no connection to send it on, or it was turned away before it was looked at.</summary>
    static bool IsNotSent(HttpRequestException e) => e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
        || e.StatusCode is System.Net.HttpStatusCode.Unauthorized or System.Net.HttpStatusCode.NotFound;

    public static bool IsBroken(Exception e) => e is HttpRequestException or OperationCanceledException or IOException or System.Text.Json.JsonException or InvalidDataException;

    // ── telling ──

    public void Send(NodeRow to, NodeMessage message)
    {
        if (to.Address.Length == 0) return;
        var outbox = _outboxes.GetOrAdd(to.Id, _ => new Outbox(this, to));
        if (!outbox.Queue.Writer.TryWrite(message)) Interlocked.Increment(ref _dropped);
    }

    async Task SendAllAsync(NodeRow to, ChannelReader<NodeMessage> queue)
    {
        var codec = Codec.Writer(64 * 1024);
        try
        {
            while (await queue.WaitToReadAsync(_stop.Token))
            {
                codec.Reset();
                var count = 0;
                for (; codec.Position < BodyBytes && queue.TryRead(out var message); count++) message.Write(codec);
                if (!await TrySendAsync(to, codec.WrittenMemory)) Interlocked.Add(ref _dropped, count);
            }
        }
        catch (OperationCanceledException)
        {
            // The node ends.
        }
    }

    async Task<bool> TrySendAsync(NodeRow to, ReadOnlyMemory<byte> bytes)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(AnswerMax);
        try
        {
            using var response = await _http.PostAsync(new Uri(new Uri(to.Address), "/cluster/messages"), new ReadOnlyMemoryContent(bytes), limit.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (IsBroken(e) && !_stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Nothing more is sent to nodes that are gone.</summary>
    public void Keep(IEnumerable<string> nodes)
    {
        foreach (var gone in _outboxes.Keys.Except(nodes).ToArray())
            if (_outboxes.TryRemove(gone, out var outbox)) outbox.Queue.Writer.TryComplete();
    }

    /// <summary>What waits for one node, and who sends it.</summary>
    sealed class Outbox
    {
        public Outbox(Peers peers, NodeRow to) => Sending = Task.Run(() => peers.SendAllAsync(to, Queue.Reader));

        public Channel<NodeMessage> Queue { get; } = Channel.CreateBounded<NodeMessage>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
        public Task Sending { get; }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _http.Dispose();
    }
}
