using System.Globalization;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Orders;

namespace Engine.Benchmarks.Workloads;

/// <summary>
/// Full orders as the edge hands them over (27 fields, the personal part sealed), made as cheaply as can be: on the same cores
/// whatever the callers spend is missing to the engine. Not for several threads.
/// </summary>
/// <param name="source">Numbers the sources: no two make the same order.</param>
/// <param name="lines">Of every order; 0 for 1 to 3, 1.8 on average.</param>
/// <param name="orderTier">How long an unpaid order holds its stock, milliseconds.</param>
sealed class OrderSource(World world, Persons persons, int source, int lines = 0, bool hot = false, long orderTier = 15 * 60_000)
{
    const string Platform = "youzan";
    const string Shop = "flagship";
    static readonly string[] LineIds = ["1", "2", "3"];
    static readonly Place[] Places =
    [
        new() { Country = "CN", Province = "广东省", City = "深圳市", District = "南山区" }, new() { Country = "CN", Province = "浙江省", City = "杭州市", District = "西湖区" },
        new() { Country = "CN", Province = "四川省", City = "成都市", District = "武侯区" }, new() { Country = "CN", Province = "北京市", City = "北京市", District = "海淀区" },
    ];

    readonly Random _random = new(source);
    readonly ShopPolicy _policy = new() { OrderTier = orderTier, PayingTier = 3 * orderTier };
    int _made;

    /// <summary>Units in the last order.</summary>
    public int Units { get; private set; }

    public static ActorId Actor(string platformOrderId) => ActorId.Order($"{Platform}:{Shop}:{platformOrderId}");

    /// <summary>The platform's number of the next order.</summary>
    public string NextId() => string.Create(CultureInfo.InvariantCulture, $"E20261111{source:D6}{_made++:D9}");

    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public Intake Next(long now, bool isPaid = false) => Make(NextId(), now, isPaid);

    public Intake Make(string id, long now, bool isPaid)
    {
        var count = lines > 0 ? lines : _random.NextDouble() switch { < 0.4 => 1, < 0.8 => 2, _ => 3 };
        var ordered = new List<OrderedLine>(count);
        (Units, long goods) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            var quantity = hot ? 1 : 1 + _random.Next(2);
            ordered.Add(new OrderedLine { LineId = LineIds[i], Code = hot ? world.Hot : world.Pick(_random), Quantity = quantity, UnitPrice = 12_900, Discount = 100 });
            (Units, goods) = (Units + quantity, goods + (quantity * 12_900));
        }
        var (cipher, key, hash) = persons.Seal(_random.Next(), Actor(id).Key);
        return new Intake
        {
            Platform = Platform, Shop = Shop, PlatformOrderId = id, Source = "webhook:youzan", Policy = _policy, KeepEarly = true, WrappedKey = key,
            Details = new OrderDetails
            {
                PlacedAt = now, ClientSubmittedAt = now, Goods = goods, Freight = 800, Discount = 100 * count, Total = goods + 800 - (100 * count), Currency = "CNY", Lines = ordered,
                Personal = cipher, PersonalHash = hash, Place = Places[_random.Next(Places.Length)],
            },
            Payment = isPaid ? PaymentOf(id, now) : null,
        };
    }

    public Intake Pay(Intake order, long now) => new()
    {
        Platform = Platform, Shop = Shop, PlatformOrderId = order.PlatformOrderId, Source = "webhook:youzan", Policy = _policy, KeepEarly = true,
        Payment = PaymentOf(order.PlatformOrderId, now),
    };

    static PaymentFact PaymentOf(string id, long now) => new() { Reference = id, Status = PayStatus.Succeeded, Amount = PaymentFact.Whole, At = now, ArrivedAt = now };
}
