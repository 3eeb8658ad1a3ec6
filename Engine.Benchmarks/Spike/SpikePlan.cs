using System.Collections.Concurrent;
using Engine.Load;
using Engine.Load.Auditing;

namespace Engine.Benchmarks.Spike;

/// <summary>
/// Everything that will be pushed, in the order in which it is due, made a little ahead on a thread of its own: orders as they
/// arrive, and the payment or the cancellation that follows an order.
/// </summary>
sealed class SpikePlan : IDisposable
{
    const int AheadMax = 4096;
    // So that who stops it does not wait for what was made, and orders carry the time at which they are pushed.
    const double SecondsAhead = 1;

    readonly SpikeOptions _options;
    readonly DateTimeOffset _start;
    readonly Random _random;
    readonly MessageFactory _messages;
    readonly OrderGenerator _orders;
    readonly PriorityQueue<(LoadOrder Order, OrderAccount Account, MessageKind Kind), double> _followUps = new();
    readonly BlockingCollection<Push> _made = new(AheadMax);
    readonly CancellationTokenSource _ending = new();
    readonly Thread _thread;

    /// <param name="now">Seconds since the start.</param>
    /// <param name="stop">No more orders; what follows those that were pushed still comes.</param>
    public SpikePlan(SpikeOptions options, Tally tally, DateTimeOffset start, Func<double> now, CancellationToken stop)
    {
        (_options, _start, _random) = (options, start, new Random(options.Seed));
        _messages = new MessageFactory(_random);
        // Runs against one engine must not meet: numbers begin where the clock is.
        _orders = new OrderGenerator(_random, new Catalogue(options.Skus, options.Seed), firstNumber: start.ToUnixTimeSeconds() % 100_000 * 10_000 + 1);
        _thread = new Thread(() => Make(tally, now, stop)) { IsBackground = true, Name = "plan" };
        _thread.Start();
    }

    /// <summary>The push that is due next; false while none is made, or none is left.</summary>
    public bool TryTake(out Push push) => _made.TryTake(out push!);

    public bool IsOver => _made.IsCompleted;

    public int Orders { get; private set; }

    void Make(Tally tally, Func<double> now, CancellationToken stop)
    {
        try
        {
            foreach (var at in new Arrivals(_options.Profile, _options.Rate, _options.Time, _random).All())
            {
                if (at - now() > SecondsAhead) stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(at - now() - SecondsAhead / 2));
                if (stop.IsCancellationRequested) break;
                AddFollowUps(until: at);
                AddOrder(tally, at);
            }
            AddFollowUps(until: double.PositiveInfinity);
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
        _made.CompleteAdding();
    }

    void AddOrder(Tally tally, double at)
    {
        var shop = _options.Shops[_random.Next(_options.Shops.Count)];
        var order = _orders.Next(shop, _start.AddSeconds(at));
        var account = tally.Open(new OrderAccount
        {
            OrderId = $"{shop.Platform}:{shop.Shop}:{order.Id}",
            Units = order.Lines.GroupBy(l => l.Sku ?? "").ToDictionary(g => g.Key, g => g.Sum(l => l.Quantity)),
        });
        Orders++;
        Add(order, account, MessageKind.Created, at);
        var fate = _random.NextDouble();
        if (fate < _options.PayShare) _followUps.Enqueue((order, account, MessageKind.Paid), at + _options.PayAfter.TotalSeconds);
        else if (fate < _options.PayShare + _options.CancelShare) _followUps.Enqueue((order, account, MessageKind.Cancelled), at + _options.CancelAfter.TotalSeconds);
    }

    void AddFollowUps(double until)
    {
        while (_followUps.TryPeek(out var next, out var at) && at <= until)
        {
            _followUps.Dequeue();
            Add(next.Order, next.Account, next.Kind, at);
        }
    }

    void Add(LoadOrder order, OrderAccount account, MessageKind kind, double at)
    {
        var message = _messages.Make(order with { IsPaid = kind == MessageKind.Paid }, kind, _start.AddSeconds(at));
        // Youzan and Shopify push the whole order with every message.
        var holdsOrder = kind == MessageKind.Created || order.Shop.Platform != "standard";
        _made.Add(new Push(at, Push.Render(message, _options.Url.Authority), account, kind, holdsOrder, order.TotalFen), _ending.Token);
    }

    public void Dispose()
    {
        _ending.Cancel();
        _thread.Join();
        _ending.Dispose();
        _made.Dispose();
    }
}
