using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Kernel;
using Engine.Adapters;
using Engine.Adapters.Journals;
using Engine.Host.Api;
using Engine.Host.Settings;

namespace Engine.Host.Bulk;

/// <summary>What came of one batch of lines.</summary>
/// <param name="Lines">By the order of the batch: null for applied, else the code of the refusal.</param>
/// <param name="IsBusy">Nothing is known to have happened: the same batch is to be sent again after a while.</param>
readonly record struct BatchResult(IReadOnlyList<string?> Lines, bool IsBusy)
{
    public static readonly BatchResult Busy = new([], true);

    public static BatchResult AllRefused(int count, string code) => new([.. Enumerable.Repeat(code, count)], false);
}

/// <summary>Where stock is imported to.</summary>
interface IStockTarget : IAsyncDisposable
{
    /// <exception cref="StartupException">It does not take stock at all; the message says why.</exception>
    Task<BatchResult> AdjustAsync(AdjustmentBody batch);
}

/// <summary>An engine in this process, on a store that no other engine has open.</summary>
sealed class LocalTarget : IStockTarget
{
    readonly IStore _store;
    readonly EngineNode _node;
    readonly AdjustmentDesk _desk;

    LocalTarget(IStore store, EngineNode node) => (_store, _node, _desk) = (store, node, new AdjustmentDesk(node));

    /// <exception cref="StartupException">The store is in use or can't be used.</exception>
    public static async Task<LocalTarget> OpenAsync(EngineSettings settings)
    {
        var store = Stores.Open(settings, TimeProvider.System, alone: true);
        var node = new EngineNode(store, EngineDomain.Instance, TimeProvider.System, owner: "import");
        await node.OpenAsync();
        if (node.Status.FirstOrDefault(p => p.Fault is not null) is not { } stopped) return new LocalTarget(store, node);
        store.Dispose();
        throw new StartupException($"The store can't take stock: {stopped.Fault}");
    }

    public async Task<BatchResult> AdjustAsync(AdjustmentBody batch)
    {
        var result = await _desk.AdjustAsync(batch, "import");
        if (result.Kind != AnswerKind.Reply) return BatchResult.Busy;
        return result.IsConflict ? BatchResult.AllRefused(batch.Lines.Count, Code.IdempotencyConflict.Name) : new BatchResult([.. result.Lines.Select(l => l.Code)], false);
    }

    public async ValueTask DisposeAsync()
    {
        await _node.StopAsync(TimeSpan.FromMinutes(2));
        await _node.DisposeAsync();
        _store.Dispose();
    }
}

/// <summary>An engine that runs, over its API.</summary>
sealed class RemoteTarget(Uri url, string key) : IStockTarget
{
    readonly HttpClient _http = new() { BaseAddress = url, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
    bool _answered;

    public async Task<BatchResult> AdjustAsync(AdjustmentBody batch)
    {
        try
        {
            using var content = new ByteArrayContent(Body(batch)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var answer = await _http.PostAsync("/v1/stock/adjustments", content);
            _answered = true;
            if (answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout) return BatchResult.Busy;
            using var body = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync());
            if (body.RootElement.TryGetProperty("lines", out var lines))
                return new BatchResult([.. lines.EnumerateArray().Select(l => l.TryGetProperty("code", out var code) ? code.GetString() : null)], false);
            var refusal = body.RootElement.TryGetProperty("code", out var name) ? name.GetString()! : answer.StatusCode.ToString();
            return answer.StatusCode == HttpStatusCode.UnprocessableEntity
                ? BatchResult.AllRefused(batch.Lines.Count, refusal)
                : throw new StartupException($"{url} does not take the stock: {(int)answer.StatusCode} {refusal}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            // Who has answered before may be starting again: the reference makes sure that nothing is booked twice.
            return _answered ? BatchResult.Busy : throw new StartupException($"{url} can't be reached: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new StartupException($"{url} does not answer as an engine does.", e);
        }
    }

    static byte[] Body(AdjustmentBody batch)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("reference", batch.Reference);
            json.WriteStartArray("lines");
            foreach (var line in batch.Lines)
            {
                json.WriteStartObject();
                json.WriteString("sku", line.Sku);
                json.WriteString("warehouse", line.Warehouse);
                if (line.Delta is { } delta) json.WriteNumber("delta", delta);
                if (line.Set is { } counted) json.WriteNumber("set", counted);
                json.WriteString("reason", AdjustmentLineBody.Name(line.Reason));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }
}
