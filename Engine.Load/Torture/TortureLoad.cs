using System.Collections.Concurrent;
using System.Text.Json;
using Engine.Load.Auditing;

namespace Engine.Load.Torture;

/// <summary>
/// Clients that reserve, commit, release and book stock through the API, and push orders with payments as a platform, until
/// they are told to stop; then an audit of what they were told against what the engine answers. They know nothing but HTTP, and
/// retry like everybody: the same call again until it is answered.
/// </summary>
public sealed class TortureLoad : IDisposable
{
    const int Shoppers = 8;
    const int Pushers = 3;
    const int Skus = 40;
    const int Stock = 400;
    const int SaidAgainMax = 1000;
    static readonly string[] Warehouses = ["north", "south"];

    readonly AuditClient _client;
    readonly EngineReader _reader;
    readonly Tally _tally = new();
    readonly ConcurrentDictionary<string, Held> _held = new();
    readonly ConcurrentDictionary<string, long> _booked = new();
    readonly ConcurrentBag<string> _doubtful = [];
    readonly Catalogue _catalogue = new(Skus, 7);
    readonly CancellationTokenSource _stop = new();
    readonly IReadOnlyList<LoadShop> _shops;
    readonly int _seed;
    Task _playing = Task.CompletedTask;
    int _orders;

    /// <param name="shops">Who pushes orders.</param>
    public TortureLoad(Uri url, int seed, IReadOnlyList<LoadShop>? shops = null)
    {
        (_seed, _shops) = (seed, shops ?? [HostProcess.Shop]);
        _client = new AuditClient(url, TimeProvider.System, new AuditOptions
        {
            Key = HostProcess.Key, Connections = 32, TriesMax = 400, RetryAfter = TimeSpan.FromMilliseconds(100), KeepsHistory = true,
        });
        _reader = new EngineReader(_client);
    }

    /// <summary>A fault of the clients: what was asked again is booked once more, under a reference of its own.</summary>
    public bool SaysItOtherwise { get; init; }

    /// <summary>Between what a client does and what it does next.</summary>
    public TimeSpan Rest { get; set; }

    public IReadOnlyCollection<Exchange> History => _client.History;
    /// <summary>Calls whose outcome was not known and that were made again.</summary>
    public int Unclear => _client.History.Count(e => e.Tries > 1);
    public int Acknowledged => _client.History.Count(e => e.Verdict == Verdict.Acknowledged);

    /// <summary>One reservation as its only owner knows it.</summary>
    sealed record Held(string Sku, string Id, int Quantity, string Token, string State);

    public async Task PrepareAsync()
    {
        for (var sku = 0; sku < Skus; sku++)
        {
            await BookAsync($"RES-{sku}", "north", Stock, $"start-{sku}");
            foreach (var warehouse in Warehouses)
            {
                await BookAsync(_catalogue.Articles[sku].Sku, warehouse, Stock, $"start-{warehouse}-{sku}");
                _tally.PutInStock(_catalogue.Articles[sku].Sku, Stock);
            }
        }
    }

    public void Start() => _playing = Task.WhenAll(
        [.. Enumerable.Range(0, Shoppers).Select(n => Task.Run(() => ShopAsync(n))), .. Enumerable.Range(0, Pushers).Select(n => Task.Run(() => PushAsync(n)))]);

    /// <summary>Lets everybody finish what they have begun.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _playing;
    }

    // ── stock through the API: 60 % reserve, 20 % commit, 15 % release, 5 % receive ──

    async Task ShopAsync(int shopper)
    {
        var random = new Random(_seed * 100 + shopper);
        var zipf = new Zipf(Skus);
        var mine = new List<Held>();
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var choice = random.Next(100);
            if (choice < 60 || mine.Count == 0)
            {
                if (await ReserveAsync($"RES-{zipf.Next(random)}", $"s{shopper}-{i}", random.Next(1, 4), again: random.Next(100) < 5) is { } held) mine.Add(held);
            }
            else if (choice < 95)
            {
                var at = random.Next(mine.Count);
                if (await ChangeAsync(mine[at], choice < 80 ? "commit" : "release", again: random.Next(100) < 5)) mine.RemoveAt(at);
            }
            else await BookAsync($"RES-{zipf.Next(random)}", "north", random.Next(1, 20), $"s{shopper}-{i}", again: random.Next(100) < 5);
            if (Rest > TimeSpan.Zero) await Task.Delay(Rest);
        }
    }

    async Task<Held?> ReserveAsync(string sku, string id, int quantity, bool again)
    {
        var snapshot = await _client.CallAsync(HttpMethod.Post, $"/v1/skus/{sku}/snapshots", "{}"u8.ToArray());
        if (snapshot.Verdict != Verdict.Acknowledged) return null;
        var token = JsonElement.Parse(snapshot.Body).GetProperty("token").GetString()!;
        var body = Json(new { reservationId = id, orderId = $"o-{id}", quantity, token });
        var answer = await _client.CallAsync(HttpMethod.Post, $"/v1/skus/{sku}/reservations", body);
        if (again) await ExpectSameAsync(answer, HttpMethod.Post, $"/v1/skus/{sku}/reservations", body);
        if (answer.Verdict == Verdict.Unknown) _doubtful.Add(id);
        if (answer.Verdict != Verdict.Acknowledged) return null;
        var held = new Held(sku, id, quantity, JsonElement.Parse(answer.Body).GetProperty("token").GetString()!, "reserved");
        _held[id] = held;
        return held;
    }

    async Task<bool> ChangeAsync(Held held, string what, bool again)
    {
        var (path, body) = ($"/v1/skus/{held.Sku}/reservations/{held.Id}/{what}", Json(new { token = held.Token }));
        var answer = await _client.CallAsync(HttpMethod.Post, path, body);
        if (again) await ExpectSameAsync(answer, HttpMethod.Post, path, body);
        if (answer.Verdict == Verdict.Unknown) _doubtful.Add(held.Id);
        if (answer.Verdict == Verdict.Acknowledged) _held[held.Id] = held with { State = what == "commit" ? "committed" : "released" };
        else if (answer.Verdict == Verdict.Refused) Wrong($"{path} was refused: {answer.Status}");
        return true;
    }

    async Task BookAsync(string sku, string warehouse, int units, string reference, bool again = false)
    {
        var body = Json(new { reference, lines = new[] { new { sku, warehouse, delta = units, reason = "receiving" } } });
        var answer = await _client.CallAsync(HttpMethod.Post, "/v1/stock/adjustments", body);
        if (again) await ExpectSameAsync(answer, HttpMethod.Post, "/v1/stock/adjustments", body);
        // It may have been booked at the first try already.
        if (SaysItOtherwise && answer.Tries > 1) await _client.CallAsync(HttpMethod.Post, "/v1/stock/adjustments", Json(new { reference = reference + "-again", lines = new[] { new { sku, warehouse, delta = units, reason = "receiving" } } }));
        if (answer.Verdict == Verdict.Acknowledged) _booked.AddOrUpdate(sku, units, (_, before) => before + units);
        else Wrong($"booking {reference} was answered {answer.Status}");
    }

    /// <summary>The same key again gets the same answer.</summary>
    async Task ExpectSameAsync(Exchange first, HttpMethod method, string path, byte[] body)
    {
        if (first.Verdict != Verdict.Acknowledged) return;
        var second = await _client.CallAsync(method, path, body);
        if (second.Verdict != Verdict.Acknowledged) Wrong($"{path}: the repeat of an acknowledged call was answered {second.Status}");
    }

    // ── orders as a platform pushes them ──

    async Task PushAsync(int pusher)
    {
        var random = new Random(_seed * 100 + 50 + pusher);
        var generator = new OrderGenerator(random, _catalogue, firstNumber: 1_000_000 * (pusher + 1));
        var messages = new MessageFactory(random);
        while (!_stop.IsCancellationRequested)
        {
            if (Rest > TimeSpan.Zero) await Task.Delay(Rest);
            var now = TimeProvider.System.GetUtcNow();
            var shop = _shops[random.Next(_shops.Count)];
            var order = generator.Next(shop, now);
            var account = _tally.Open(new OrderAccount
            {
                OrderId = $"{shop.Platform}:{shop.Shop}:{order.Id}",
                Units = order.Lines.GroupBy(l => l.Sku!).ToDictionary(l => l.Key, l => l.Sum(line => line.Quantity)),
            });
            Interlocked.Increment(ref _orders);
            var placed = messages.Make(order, MessageKind.Created, now);
            // Platforms promise no order of arrival: some payments come before what they are for.
            var early = random.Next(100) < 10;
            if (early) await PayAsync(account, order, messages, now);
            account.Received |= await PushAsync(placed);
            if (random.Next(100) < 5) await PushAsync(placed);
            if (early) continue;
            if (random.Next(100) < 70) await PayAsync(account, order, messages, now);
            else if (random.Next(100) < 50)
            {
                account.CancellationSent = true;
                account.Cancelled |= await PushAsync(messages.Make(order, MessageKind.Cancelled, now));
            }
        }
    }

    async Task PayAsync(OrderAccount account, LoadOrder order, MessageFactory messages, DateTimeOffset now)
    {
        account.PaymentsSent = order.TotalFen;
        var paid = messages.Make(order with { IsPaid = true }, MessageKind.Paid, now);
        // Some platforms tell of a payment by the whole order.
        if (!await PushAsync(paid)) return;
        account.Paid = order.TotalFen;
    }

    readonly ConcurrentQueue<LoadMessage> _pushed = new();

    async Task<bool> PushAsync(LoadMessage message)
    {
        _pushed.Enqueue(message);
        return (await _client.SendAsync(message)).Verdict == Verdict.Acknowledged;
    }

    /// <summary>Everything that was pushed is pushed once more, in any order, as platforms do after an outage: it has no second effect.</summary>
    public async Task SayAgainAsync()
    {
        var again = _pushed.ToArray();
        new Random(_seed).Shuffle(again);
        await Task.WhenAll(again.Take(SaidAgainMax).Select(message => _client.SendAsync(message)));
    }

    // ── the audit ──

    readonly ConcurrentQueue<string> _wrong = new();

    void Wrong(string what) => _wrong.Enqueue(what);

    /// <summary>What the last audit counted of orders.</summary>
    public TallyResult? Result { get; private set; }

    /// <summary>The longest that a call was refused or left open before it was answered.</summary>
    public TimeSpan LongestRefusal => _client.History.Where(e => e.Tries > 1).Select(e => e.Waited).DefaultIfEmpty().Max();

    /// <summary>The figures of a run in one line, once it is audited.</summary>
    public string Score(string faults, TimeSpan longestRecovery) =>
        $"{faults}: {Acknowledged} acknowledged, lost {Result!.Lost}, doubled {Result.Doubled}, oversold {Result.Oversold}, {_wrong.Count} wrong in all, {Unclear} unknowns resolved, "
        + $"longest recovery {longestRecovery.TotalSeconds:0.0} s, longest refusal {LongestRefusal.TotalSeconds:0.0} s";

    /// <summary>Everything that is not as the clients were told; empty when all is well.</summary>
    public async Task<IReadOnlyList<string>> AuditAsync()
    {
        await SettleAsync();
        await AuditReservationsAsync();
        var orders = await _reader.OrdersAsync(_tally.Orders.Keys);
        var result = _tally.Compare(orders, await _reader.StockAsync(_tally.Stock.Keys));
        foreach (var example in result.Examples) Wrong(example);
        Result = result;
        return [.. _wrong];
    }

    /// <summary>Messages between actors that a crash held up are delivered again: until no order waits for one.</summary>
    async Task SettleAsync()
    {
        for (var i = 0; i < 300 && (await _reader.AnyAsync("/v1/orders?state=received") || await _reader.AnyAsync("/v1/orders?state=reserving")); i++) await Task.Delay(100);
        if (await _reader.AnyAsync("/v1/orders?state=reserving")) Wrong("orders are still reserving after 30 s");
    }

    async Task AuditReservationsAsync()
    {
        var doubtful = _doubtful.ToHashSet();
        var held = new Dictionary<string, (long Reserved, long Committed)>();
        await Task.WhenAll(_held.Values.Select(async expected =>
        {
            var answer = await _client.CallAsync(HttpMethod.Get, $"/v1/skus/{expected.Sku}/reservations/{expected.Id}");
            var state = answer.Status == 200 ? JsonElement.Parse(answer.Body).GetProperty("state").GetString()! : $"{answer.Status}";
            if (state != expected.State && !doubtful.Contains(expected.Id)) Wrong($"{expected.Id} of {expected.Sku} was told to be {expected.State}, and is {state}");
        }));
        foreach (var (sku, units) in _booked.Where(b => b.Key.StartsWith("RES-")))
        {
            var mine = _held.Values.Where(h => h.Sku == sku).ToArray();
            var told = (await _reader.StockAsync([sku])).GetValueOrDefault(sku);
            if (told is null || told.OnHand != units) Wrong($"{sku}: {units} were booked in, {told?.OnHand} are on hand");
            if (told is null || mine.Any(h => doubtful.Contains(h.Id)) || doubtful.Any(id => !_held.ContainsKey(id))) continue;
            var (reserved, committed) = (mine.Where(h => h.State == "reserved").Sum(h => h.Quantity), mine.Where(h => h.State == "committed").Sum(h => h.Quantity));
            if ((told.Reserved, told.Committed) != (reserved, committed))
                Wrong($"{sku}: clients hold {reserved} reserved and {committed} committed, the engine {told.Reserved} and {told.Committed}");
        }
    }

    static byte[] Json<T>(T body) => JsonSerializer.SerializeToUtf8Bytes(body);

    public void Dispose()
    {
        _client.Dispose();
        _stop.Dispose();
    }
}
