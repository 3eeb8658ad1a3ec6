using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Engine.Load.Auditing;

namespace Engine.Load.Torture;

/// <summary>
/// A client per partition that books one unit after the other into a SKU there, and one per node that reads them all the while.
/// What a node shows must hold all that was acknowledged before it was asked, and nothing that was not sent before it answered:
/// who is cut off, stopped or overtaken must not show what was. And the longest time between two answers is how long a
/// partition was away.
/// </summary>
public sealed class PartitionProbe : IDisposable
{
    static readonly TimeSpan ReadMax = TimeSpan.FromSeconds(5);

    readonly AuditClient _client;
    readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = ReadMax };
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentQueue<string> _wrong = new();
    readonly IReadOnlyList<Uri> _nodes;
    readonly Track[] _tracks;
    readonly TimeSpan _pace;
    Task _probing = Task.CompletedTask;
    int _reads;

    /// <param name="books">Where units are booked.</param>
    /// <param name="nodes">Which nodes are read; none for not reading at all.</param>
    /// <param name="skus">One of each partition.</param>
    /// <param name="pace">Between an answer and the next booking.</param>
    public PartitionProbe(Uri books, IReadOnlyList<Uri> nodes, IReadOnlyList<string> skus, TimeSpan pace)
    {
        (_nodes, _pace, _tracks) = (nodes, pace, [.. skus.Select(sku => new Track(sku))]);
        _client = new AuditClient(books, TimeProvider.System, new AuditOptions
        {
            Key = HostProcess.Key, TriesMax = 2000, RetryAfter = TimeSpan.FromMilliseconds(20), RetryAfterMax = TimeSpan.FromMilliseconds(20),
        });
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", HostProcess.Key);
    }

    /// <summary>What one partition has been asked and has answered.</summary>
    sealed class Track(string sku)
    {
        public string Sku => sku;
        public long Sent, Acknowledged;
        public ConcurrentQueue<long> Answers { get; } = new();
    }

    /// <summary>Readings that contradict what clients had been told.</summary>
    public IReadOnlyList<string> Wrong => [.. _wrong];
    public int Reads => _reads;
    public long Booked => _tracks.Sum(t => t.Acknowledged);

    /// <summary>The longest time without an answer of that partition since a moment.</summary>
    public TimeSpan LongestPause(int partition, long since)
    {
        var answers = _tracks[partition].Answers.Where(at => at >= since).Prepend(since).ToArray();
        return answers.Zip(answers.Skip(1), (one, next) => Stopwatch.GetElapsedTime(one, next)).DefaultIfEmpty(TimeSpan.MaxValue).Max();
    }

    /// <summary>Returns once every partition has answered.</summary>
    public async Task StartAsync()
    {
        await Task.WhenAll(_tracks.Select(BookAsync));
        _probing = Task.WhenAll([.. _tracks.Select(t => Task.Run(() => BookAllAsync(t))), .. _nodes.Select(n => Task.Run(() => ReadAllAsync(n)))]);
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _probing;
    }

    async Task BookAllAsync(Track track)
    {
        while (!_stop.IsCancellationRequested)
        {
            await BookAsync(track);
            await Task.Delay(_pace);
        }
    }

    async Task BookAsync(Track track)
    {
        var number = Interlocked.Increment(ref track.Sent);
        var body = Encoding.UTF8.GetBytes($$"""{"reference":"{{track.Sku}}-{{number}}","lines":[{"sku":"{{track.Sku}}","warehouse":"north","delta":1,"reason":"receiving"}]}""");
        var answer = await _client.CallAsync(HttpMethod.Post, "/v1/stock/adjustments", body);
        if (answer.Verdict != Verdict.Acknowledged) _wrong.Enqueue($"booking {number} of {track.Sku} was answered {answer.Status} {Encoding.UTF8.GetString(answer.Body)}");
        Volatile.Write(ref track.Acknowledged, number);
        track.Answers.Enqueue(Stopwatch.GetTimestamp());
    }

    async Task ReadAllAsync(Uri node)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            await ReadAsync(node, _tracks[i % _tracks.Length]);
            await Task.Delay(_pace / _nodes.Count);
        }
    }

    async Task ReadAsync(Uri node, Track track)
    {
        var least = Volatile.Read(ref track.Acknowledged);
        try
        {
            using var answer = await _http.GetAsync(new Uri(node, $"/v1/skus/{track.Sku}"), _stop.Token);
            if (!answer.IsSuccessStatusCode) return;
            var shown = JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync()).GetProperty("onHand").GetInt64();
            var most = Volatile.Read(ref track.Sent);
            Interlocked.Increment(ref _reads);
            if (shown < least) _wrong.Enqueue($"{node} shows {shown} of {track.Sku}; {least} were acknowledged before it was asked");
            if (shown > most) _wrong.Enqueue($"{node} shows {shown} of {track.Sku}; {most} were ever sent");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            // It shows nothing, so nothing wrong.
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
        _stop.Dispose();
    }
}
