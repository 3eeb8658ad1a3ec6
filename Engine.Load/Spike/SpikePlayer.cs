using System.Text.Json;
using Engine.Load.Auditing;

namespace Engine.Load.Spike;

/// <summary>How far the play is.</summary>
/// <param name="Part">From 0 to 1 of this phase.</param>
public sealed record SpikeProgress(string Phase, double Part, long Sent, long Acknowledged);

/// <summary>
/// Plays a spike of platform messages against an engine, waits for what must come of it by asking, and compares what it was
/// told with what the engine knows then.
/// </summary>
public sealed class SpikePlayer(SpikeWorld world, AuditClient client, TimeProvider time, Action<SpikeProgress> progress)
{
    private const int Workers = 48;
    private const int AuditsMax = 4;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] Moving = ["received", "reserving", "awaiting_payment", "paying"];

    private readonly Tally _tally = new();
    private readonly EngineReader _reader = new(client);
    private readonly List<Task> _later = [];
    private long _acknowledged;
    private long _duplicates;
    private long _forgedRefused;
    private long _forgedTaken;
    private long _unreadable;
    private int _next = -1;

    public async Task<SpikeReport> PlayAsync()
    {
        await UntilAsync("the engine is ready", async () => (await client.CallAsync(HttpMethod.Get, "/health/ready")).Status == 200);
        await world.BuildAsync(client, _tally, part => Report("stock", part));

        var start = time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(WorkAsync)));
        var spike = time.GetElapsedTime(start);
        await UntilAsync("every order is decided", async () => !await _reader.AnyAsync("/v1/orders?state=received") && !await _reader.AnyAsync("/v1/orders?state=reserving"));
        var decided = time.GetElapsedTime(start);

        await FollowLateAsync();
        await UntilAsync("no lock is left", async () =>
        {
            foreach (var state in Moving)
            {
                if (await _reader.AnyAsync($"/v1/orders?state={state}"))
                    return false;
            }
            return true;
        });
        return await ReportAsync(spike, decided);
    }

    private async Task WorkAsync()
    {
        while (Interlocked.Increment(ref _next) is var number && number < world.Options.Orders)
        {
            var order = new SpikeOrder(world, number, time.GetUtcNow());
            var account = Open(order);
            await PlayAsync(order, account);
            if (order.Fate is Fate.Slow or Fate.Late)
            {
                lock (_later)
                    _later.Add(PayLaterAsync(order, account));
            }
            if (number % 100 == 0)
                Report("spike", number / (double)world.Options.Orders);
        }
    }

    private OrderAccount Open(SpikeOrder order) => _tally.Open(new OrderAccount
    {
        OrderId = order.OrderId,
        Units = order.Order.Lines.GroupBy(line => line.Sku!, StringComparer.Ordinal).ToDictionary(sku => sku.Key, sku => sku.Sum(line => line.Quantity), StringComparer.Ordinal),
    });

    private async Task PlayAsync(SpikeOrder order, OrderAccount account)
    {
        if (order.IsForgedToo)
            Forged(await client.SendAsync(order.Forged(time.GetUtcNow())));
        if (order.IsUnreadableToo && (await client.SendAsync(order.Unreadable(time.GetUtcNow()))).Verdict == Verdict.Acknowledged)
            Interlocked.Increment(ref _unreadable);

        var first = () => SendAsync(order, account, MessageKind.Created);
        if (order.Second is not { } kind)
        {
            await first();
            return;
        }
        var second = () => SendAsync(order, account, kind);
        switch (order.Arrival)
        {
            case Arrival.InOrder:
                await first();
                await second();
                break;
            case Arrival.Overtaken:
                await second();
                await first();
                break;
            default:
                await Task.WhenAll(first(), second());
                break;
        }
    }

    private void Forged(Exchange exchange) =>
        Interlocked.Increment(ref exchange.Verdict == Verdict.Refused ? ref _forgedRefused : ref _forgedTaken);

    /// <summary>Pushes one message, now and then twice, and writes down what was told.</summary>
    private async Task SendAsync(SpikeOrder order, OrderAccount account, MessageKind kind)
    {
        var message = order.Message(kind, time.GetUtcNow());
        lock (account)
        {
            if (kind == MessageKind.Paid)
                account.PaymentsSent = order.Order.TotalFen;
            account.CancellationSent |= kind == MessageKind.Cancelled;
        }
        var repeated = order.IsRepeated() ? client.SendAsync(message) : null;
        Take(await client.SendAsync(message));
        if (repeated is not null && Take(await repeated))
            Interlocked.Increment(ref _duplicates);

        bool Take(Exchange exchange)
        {
            if (exchange.Verdict != Verdict.Acknowledged)
                return false;
            Interlocked.Increment(ref _acknowledged);
            lock (account)
            {
                // Youzan and Shopify push the whole order with every message.
                account.Received |= kind == MessageKind.Created || order.Order.Shop.Platform != "standard";
                if (kind == MessageKind.Paid)
                    account.Paid = order.Order.TotalFen;
                account.Cancelled |= kind == MessageKind.Cancelled;
            }
            return true;
        }
    }

    /// <summary>A slow one starts to pay in time and ends within the paying tier; a late one pays when its lock has lapsed.</summary>
    private async Task PayLaterAsync(SpikeOrder order, OrderAccount account)
    {
        var path = $"/v1/orders/{Uri.EscapeDataString(order.OrderId)}/payments";
        if (order.Fate == Fate.Slow)
        {
            var started = JsonSerializer.SerializeToUtf8Bytes(new { status = "started", reference = "slow", at = time.GetUtcNow() });
            await client.CallAsync(HttpMethod.Post, path, started);
            await Task.Delay(world.Options.OrderTier + ((world.Options.PayingTier - world.Options.OrderTier) / 3), time);
        }
        else
        {
            await Task.Delay(world.Options.OrderTier, time);
            await UntilAsync($"{order.OrderId} expires", async () => await _reader.StateAsync(order.OrderId) is not ("received" or "reserving" or "awaiting_payment" or "backordered"));
        }
        await SendAsync(order, account, MessageKind.Paid);
    }

    private async Task FollowLateAsync()
    {
        Task[] later;
        lock (_later)
            later = [.. _later];
        var all = Task.WhenAll(later);
        while (!all.IsCompleted)
        {
            Report("slow and late payments", later.Count(task => task.IsCompleted) / (double)later.Length);
            await Task.WhenAny(all, Task.Delay(Poll, time));
        }
        await all;
    }

    private async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        var start = time.GetTimestamp();
        while (!await holds())
        {
            if (time.GetElapsedTime(start) > Patience)
                throw new InvalidOperationException($"It did not come about within {Patience.TotalMinutes} minutes that {what}.");
            await Task.Delay(Poll, time);
        }
    }

    private async Task<SpikeReport> ReportAsync(TimeSpan spike, TimeSpan decided)
    {
        var (result, orders) = await AuditAsync();
        for (var again = 1; again < AuditsMax && !result.Holds; again++)
            (result, orders) = await AuditAsync();
        return new SpikeReport
        {
            Accounts = [.. _tally.Orders.Values],
            Stock = new Dictionary<string, long>(_tally.Stock, StringComparer.Ordinal),
            ByApi = result,
            Outcomes = SpikeOutcomes.Of(orders.Values),
            Sent = client.Sent,
            Retries = client.Retries,
            Unknown = client.Unknown,
            Acknowledged = Interlocked.Read(ref _acknowledged),
            Duplicates = Interlocked.Read(ref _duplicates),
            SignaturesRefused = Interlocked.Read(ref _forgedRefused),
            SignaturesTaken = Interlocked.Read(ref _forgedTaken),
            UnreadableSent = Interlocked.Read(ref _unreadable),
            Quarantined = (await _reader.ListAsync("/v1/quarantine")).Count,
            Suggestions = (await _reader.ListAsync("/v1/replenishments")).Count,
            Spike = spike,
            Decided = decided,
            P50 = client.Acknowledgements.Percentile(0.5),
            P99 = client.Acknowledgements.Percentile(0.99),
            P999 = client.Acknowledgements.Percentile(0.999),
        };
    }

    /// <summary>
    /// Asks for every order and every SKU, one after the other: a backorder that is offered stock meanwhile is seen in one place
    /// and not in the other. What is really wrong is still wrong the next time.
    /// </summary>
    private async Task<(TallyResult, IReadOnlyDictionary<string, OrderTold>)> AuditAsync()
    {
        // Also what the engine lists and nobody sent.
        var listed = (await _reader.ListAsync("/v1/orders")).Select(order => order.GetProperty("orderId").GetString()!).ToArray();
        var ids = _tally.Orders.Keys.Union(listed, StringComparer.Ordinal).ToArray();
        var read = 0;
        var orders = await _reader.OrdersAsync(ids, () =>
        {
            if (Interlocked.Increment(ref read) % 500 == 0)
                Report("audit", read / (double)ids.Length);
        });
        var result = _tally.Compare(orders, await _reader.StockAsync(_tally.Stock.Keys));
        var twice = listed.Length - listed.Distinct(StringComparer.Ordinal).Count();
        return (twice == 0 ? result : result with { Doubled = result.Doubled + twice, Examples = [.. result.Examples, $"{twice} orders are listed twice"] }, orders);
    }

    private void Report(string phase, double part) => progress(new SpikeProgress(phase, part, client.Sent, Interlocked.Read(ref _acknowledged)));
}
