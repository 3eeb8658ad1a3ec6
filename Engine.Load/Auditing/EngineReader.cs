using System.Collections.Concurrent;
using System.Text.Json;

namespace Engine.Load.Auditing;

/// <summary>Asks the engine, by its API, what it knows of orders and stock.</summary>
public sealed class EngineReader(AuditClient client)
{
    private static readonly string[] Ended = ["cancelled", "refunding", "refunded"];

    /// <summary>Every order that is known of those asked for.</summary>
    public async Task<IReadOnlyDictionary<string, OrderTold>> OrdersAsync(IEnumerable<string> orderIds, Action? onEach = null, CancellationToken stop = default)
    {
        var told = new ConcurrentDictionary<string, OrderTold>(StringComparer.Ordinal);
        await Task.WhenAll(orderIds.Select(async id =>
        {
            if (await ReadAsync($"/v1/orders/{Uri.EscapeDataString(id)}", stop) is { } answer)
                told[id] = Order(answer);
            onEach?.Invoke();
        }));
        return told;
    }

    public async Task<IReadOnlyDictionary<string, StockTold>> StockAsync(IEnumerable<string> skus, CancellationToken stop = default)
    {
        var told = new ConcurrentDictionary<string, StockTold>(StringComparer.Ordinal);
        await Task.WhenAll(skus.Select(async sku =>
        {
            if (await ReadAsync($"/v1/skus/{Uri.EscapeDataString(sku)}", stop) is { } answer)
                told[sku] = new StockTold(sku, Number(answer, "onHand"), Number(answer, "reserved"), Number(answer, "committed"), Number(answer, "shortage"));
        }));
        return told;
    }

    /// <summary>The state of one order; null while it is not known.</summary>
    public async Task<string?> StateAsync(string orderId, CancellationToken stop = default) =>
        await ReadAsync($"/v1/orders/{Uri.EscapeDataString(orderId)}", stop) is { } answer ? Text(answer, "state") : null;

    /// <summary>All items of a list, page by page.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(string path, CancellationToken stop = default)
    {
        var items = new List<JsonElement>();
        var (separator, cursor) = (path.Contains('?', StringComparison.Ordinal) ? '&' : '?', (string?)null);
        do
        {
            var page = await ReadAsync(cursor is null ? $"{path}{separator}limit=500" : $"{path}{separator}limit=500&cursor={Uri.EscapeDataString(cursor)}", stop)
                ?? throw new InvalidOperationException($"{path} is not there");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);
        return items;
    }

    /// <summary>A list that is not whole may yet hold something.</summary>
    public async Task<bool> AnyAsync(string path, CancellationToken stop = default) =>
        await ReadAsync($"{path}&limit=1", stop) is { } page && (page.GetProperty("items").GetArrayLength() > 0 || page.TryGetProperty("incomplete", out _));

    /// <exception cref="InvalidOperationException">The engine does not answer the question.</exception>
    private async Task<JsonElement?> ReadAsync(string path, CancellationToken stop)
    {
        var exchange = await client.CallAsync(HttpMethod.Get, path, stop: stop);
        if (exchange.Status == 404)
            return null;
        if (exchange.Verdict != Verdict.Acknowledged)
            throw new InvalidOperationException($"{path} was answered {exchange.Status} after {exchange.Tries} tries");
        return JsonElement.Parse(exchange.Body);
    }

    private static OrderTold Order(JsonElement order)
    {
        var succeeded = order.GetProperty("payments").EnumerateArray().Where(p => Text(p, "status") == "succeeded").ToArray();
        var state = Text(order, "state");
        return new OrderTold(
            Text(order, "orderId"), state, succeeded.Sum(p => Number(p, "amount")), [.. succeeded.Select(p => Text(p, "reference"))],
            Ended.Contains(state, StringComparer.Ordinal),
            [.. order.GetProperty("lines").EnumerateArray().Select(Line)],
            [.. order.GetProperty("explain").EnumerateArray().Select(e => $"{Text(e, "decision")}:{Text(e, "rule")}")]);
    }

    private static LineTold Line(JsonElement line) =>
        new(Text(line, "sku"), (int)Number(line, "quantity"), Text(line, "state") is "reserved" or "committed" or "shipped");

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString() ?? "";

    private static long Number(JsonElement of, string name) => of.GetProperty(name).GetInt64();
}
