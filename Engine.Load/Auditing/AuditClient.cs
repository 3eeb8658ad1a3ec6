using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;

namespace Engine.Load.Auditing;

public enum Verdict
{
    /// <summary>The engine said yes: from now on it must know.</summary>
    Acknowledged,
    /// <summary>The engine said no: it must not have happened.</summary>
    Refused,
    /// <summary>No answer, or one that leaves it open: it may have happened or not.</summary>
    Unknown,
}

/// <summary>One request as its client saw it, retries included.</summary>
/// <param name="Status">Of the last answer; 0 where none came.</param>
/// <param name="Latency">Of the last attempt.</param>
/// <param name="Tries">How often it was sent.</param>
public sealed record Exchange(string Subject, DateTimeOffset SentAt, Verdict Verdict, int Status, TimeSpan Latency, int Tries, byte[] Body)
{
    /// <summary>From the first attempt to the last answer.</summary>
    public TimeSpan Waited { get; init; }
}

public sealed record AuditOptions
{
    /// <summary>Requests under way at once, each on a connection of its own.</summary>
    public int Connections { get; init; } = 64;
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
    public int TriesMax { get; init; } = 30;
    /// <summary>Between attempts where the answer names no time.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(200);
    /// <summary>No wait between attempts is longer, whatever the answer says.</summary>
    public TimeSpan RetryAfterMax { get; init; } = TimeSpan.FromSeconds(1);
    /// <summary>For the API; null for none.</summary>
    public string? Key { get; init; }
    /// <summary>Keeps every exchange; off for loads that only need sums.</summary>
    public bool KeepsHistory { get; init; }
}

/// <summary>
/// Sends what platforms and shops send, retries as they do (the same message again after 429, 503, a time-out or a reset), and
/// writes down what it was told. It knows nothing of the engine but HTTP.
/// </summary>
public sealed class AuditClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _room;
    private readonly TimeProvider _time;
    private readonly AuditOptions _options;
    private readonly ConcurrentQueue<Exchange> _history = new();
    private long _sent;
    private long _retries;
    private long _unknown;

    public AuditClient(Uri engine, TimeProvider time, AuditOptions? options = null)
    {
        (_time, _options) = (time, options ?? new AuditOptions());
        _room = new SemaphoreSlim(_options.Connections);
        _http = new HttpClient(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = _options.Connections, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1), UseProxy = false, UseCookies = false,
        })
        {
            BaseAddress = engine,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>From the first byte sent to the answer, of attempts to hand over webhooks that were acknowledged.</summary>
    public LatencyHistogram Acknowledgements { get; } = new();
    public IReadOnlyCollection<Exchange> History => _history;
    public long Sent => Interlocked.Read(ref _sent);
    public long Retries => Interlocked.Read(ref _retries);
    public long Unknown => Interlocked.Read(ref _unknown);

    /// <summary>Pushes a platform's message.</summary>
    public async Task<Exchange> SendAsync(LoadMessage message, CancellationToken stop = default)
    {
        var exchange = await ExchangeAsync(message.OrderId, () => Request(message), stop);
        if (exchange.Verdict == Verdict.Acknowledged)
            Acknowledgements.Record(exchange.Latency);
        return exchange;
    }

    /// <summary>Calls the API.</summary>
    public Task<Exchange> CallAsync(HttpMethod method, string path, byte[]? json = null, CancellationToken stop = default) =>
        ExchangeAsync(path, () => Request(method, path, json), stop);

    private static HttpRequestMessage Request(LoadMessage message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, message.Path) { Content = new ByteArrayContent(message.Body) };
        foreach (var (name, value) in message.Headers)
        {
            if (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase))
                request.Content.Headers.TryAddWithoutValidation(name, value);
            else
                request.Headers.TryAddWithoutValidation(name, value);
        }
        return request;
    }

    private HttpRequestMessage Request(HttpMethod method, string path, byte[]? json)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        if (_options.Key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _options.Key);
        return request;
    }

    private async Task<Exchange> ExchangeAsync(string subject, Func<HttpRequestMessage> make, CancellationToken stop)
    {
        await _room.WaitAsync(stop);
        try
        {
            // An attempt that may have been carried out keeps the whole in doubt, also when a later one is refused.
            var (mayHaveHappened, start) = (false, _time.GetTimestamp());
            for (var tries = 1; ; tries++)
            {
                var (exchange, retryAfter) = await AttemptAsync(subject, tries, make, stop);
                mayHaveHappened |= exchange.Verdict == Verdict.Unknown;
                if (retryAfter is null || tries == _options.TriesMax || stop.IsCancellationRequested)
                {
                    var verdict = mayHaveHappened && exchange.Verdict == Verdict.Refused ? Verdict.Unknown : exchange.Verdict;
                    return Keep(exchange with { Verdict = verdict, Waited = _time.GetElapsedTime(start) });
                }
                Interlocked.Increment(ref _retries);
                await Task.Delay(retryAfter.Value, _time, stop);
            }
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task<(Exchange Exchange, TimeSpan? RetryAfter)> AttemptAsync(string subject, int tries, Func<HttpRequestMessage> make, CancellationToken stop)
    {
        Interlocked.Increment(ref _sent);
        using var request = make();
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        var (at, start) = (_time.GetUtcNow(), _time.GetTimestamp());
        try
        {
            using var answer = await _http.SendAsync(request, either.Token);
            var body = await answer.Content.ReadAsByteArrayAsync(either.Token);
            var verdict = answer.IsSuccessStatusCode ? Verdict.Acknowledged : (int)answer.StatusCode >= 500 ? Verdict.Unknown : Verdict.Refused;
            var exchange = new Exchange(subject, at, verdict, (int)answer.StatusCode, _time.GetElapsedTime(start), tries, body);
            return (exchange, answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable ? Wait(answer.Headers.RetryAfter) : null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return (new Exchange(subject, at, Verdict.Unknown, 0, _time.GetElapsedTime(start), tries, []), _options.RetryAfter);
        }
    }

    private TimeSpan Wait(RetryConditionHeaderValue? said)
    {
        var wait = said?.Delta ?? _options.RetryAfter;
        return wait < _options.RetryAfterMax ? wait : _options.RetryAfterMax;
    }

    private Exchange Keep(Exchange exchange)
    {
        if (exchange.Verdict == Verdict.Unknown)
            Interlocked.Increment(ref _unknown);
        if (_options.KeepsHistory)
            _history.Enqueue(exchange);
        return exchange;
    }

    public void Dispose()
    {
        _http.Dispose();
        _room.Dispose();
    }
}
