namespace Engine.Load.Spike;

/// <summary>What becomes of an order as far as its buyer goes.</summary>
public enum Fate
{
    /// <summary>70 %: paid at once.</summary>
    Paid,
    /// <summary>10 %: pays slowly; half of them so slowly that the lock lapses.</summary>
    Slow,
    Late,
    /// <summary>15 %: never pays.</summary>
    Unpaid,
    /// <summary>5 %: cancelled by the buyer.</summary>
    Cancelled,
}

/// <summary>In which order its first two messages are sent.</summary>
public enum Arrival
{
    InOrder,
    /// <summary>The payment, or the cancellation, overtakes the order.</summary>
    Overtaken,
    AtOnce,
}

/// <summary>One order of the spike: everything about it follows from seed and number, whoever sends it and when.</summary>
public sealed class SpikeOrder
{
    private const double DuplicateShare = 0.1;
    private const double ForgedShare = 0.005;
    private const double UnreadableShare = 0.0025;

    private readonly Random _random;
    private readonly MessageFactory _messages;

    public SpikeOrder(SpikeWorld world, int number, DateTimeOffset placedAt)
    {
        _random = new Random(HashCode(world.Options.Seed, number));
        _messages = new MessageFactory(_random);
        var shop = world.Shops[_random.Next(10) switch { < 4 => 0, < 7 => 1, _ => 2 }];
        Order = new OrderGenerator(_random, world.Catalogue, firstNumber: number + 1).Next(shop, placedAt);
        Fate = _random.Next(100) switch { < 70 => Fate.Paid, < 75 => Fate.Slow, < 80 => Fate.Late, < 95 => Fate.Unpaid, _ => Fate.Cancelled };
        Arrival = _random.Next(100) switch { < 70 => Arrival.InOrder, < 85 => Arrival.Overtaken, _ => Arrival.AtOnce };
        IsForgedToo = _random.NextDouble() < ForgedShare;
        IsUnreadableToo = _random.NextDouble() < UnreadableShare;
    }

    public LoadOrder Order { get; }
    public string OrderId => $"{Order.Shop.Platform}:{Order.Shop.Shop}:{Order.Id}";
    public Fate Fate { get; }
    public Arrival Arrival { get; }
    /// <summary>Somebody also pushes it under a signature that is not the platform's.</summary>
    public bool IsForgedToo { get; }
    /// <summary>A push about it also comes broken off.</summary>
    public bool IsUnreadableToo { get; }

    /// <summary>The first push, and what follows at once from the buyer's side.</summary>
    public MessageKind? Second => Fate switch { Fate.Paid => MessageKind.Paid, Fate.Cancelled => MessageKind.Cancelled, _ => null };

    public LoadMessage Message(MessageKind kind, DateTimeOffset now)
    {
        lock (_random)
            return _messages.Make(Order with { IsPaid = kind == MessageKind.Paid }, kind, now);
    }

    public LoadMessage Forged(DateTimeOffset now) => MessageFactory.WithBadSignature(Message(MessageKind.Created, now), Order.Shop);

    public LoadMessage Unreadable(DateTimeOffset now)
    {
        lock (_random)
            return _messages.Unreadable(Order, MessageKind.Changed, now);
    }

    /// <summary>Whether the platform pushes this message once more.</summary>
    public bool IsRepeated()
    {
        lock (_random)
            return _random.NextDouble() < DuplicateShare;
    }

    // System.HashCode differs from process to process.
    private static int HashCode(int seed, int number) => unchecked((seed * 16_777_619) ^ (number * (int)2_654_435_761));
}
