using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Orders;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Costs;

/// <summary>
/// What work costs, counted instead of timed, so that it is the same on every machine: the whole engine on one thread and a
/// memory store, fed as 256 callers at once would. Bounds lie a little above what is counted today; who makes it cheaper
/// lowers them, who must raise one says why.
/// </summary>
public sealed class CostTests(ITestOutputHelper output)
{
    const int Orders = 1024;
    const int AtOnce = 256;
    const int Skus = 100;
    static readonly string[] Warehouses = ["SH1", "GZ1", "BJ1"];
    static readonly AskOptions Settled = new(Tenant: "flagship", Settle: TimeSpan.FromMinutes(1));

    /// <summary>Of a thousand orders.</summary>
    sealed record Cost(double Frames, double FrameBytes, double Messages, double Allocated);

    readonly EngineRig _rig = Stocked();

    static EngineRig Stocked()
    {
        var rig = new EngineRig(partitions: 16);
        foreach (var code in Warehouses) rig.Warehouse(code, 31, 121);
        for (var sku = 0; sku < Skus; sku++)
            foreach (var code in Warehouses) rig.Adjust($"SKU-{sku:D5}", code, 1_000_000);
        return rig;
    }

    /// <summary>The 27 fields of an order, the personal part as the ciphertext it would be.</summary>
    Intake Order(int number, int lines, Random random)
    {
        var (personal, key) = (new byte[180], new byte[61]);
        random.NextBytes(personal);
        random.NextBytes(key);
        return new Intake
        {
            Platform = "youzan", Shop = "flagship", PlatformOrderId = $"E20261111{number:D15}", Source = "webhook:youzan", Policy = EngineRig.Backorders, KeepEarly = true, WrappedKey = key,
            Details = new OrderDetails
            {
                PlacedAt = _rig.Now, ClientSubmittedAt = _rig.Now, Goods = 25_800, Freight = 800, Discount = 200, Total = 26_400, Currency = "CNY", Personal = personal, PersonalHash = 1,
                Place = new Place { Country = "CN", Province = "广东省", City = "深圳市", District = "南山区" },
                Lines = [.. Enumerable.Range(1, lines).Select(l => new OrderedLine { LineId = $"{l}", Code = $"SKU-{random.Next(Skus):D5}", Quantity = 1, UnitPrice = 12_900, Discount = 100 })],
            },
        };
    }

    /// <summary>1.8 lines on average.</summary>
    Intake[] Made(int from)
    {
        var random = new Random(from);
        return [.. Enumerable.Range(from, Orders).Select(n => Order(n, (n % 5) switch { < 2 => 1, < 4 => 2, _ => 3 }, random))];
    }

    static ActorId Actor(Intake intake) => ActorId.Order($"youzan:flagship:{intake.PlatformOrderId}");

    Cost Count(Intake[] intakes)
    {
        var before = Counters();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var asks = new List<Ask>(AtOnce);
        foreach (var group in intakes.Chunk(AtOnce))
        {
            asks.Clear();
            foreach (var intake in group) asks.Add(_rig.Node.Ask(Actor(intake), intake, Settled));
            _rig.Settle();
            foreach (var ask in asks) Assert.Equal(AnswerKind.Reply, ask.Answer.Result.Kind);
        }
        var bytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var after = Counters();
        var cost = new Cost(Each(after.Frames - before.Frames), Each(after.Bytes - before.Bytes), Each(after.Messages - before.Messages), Each(bytes));
        output.WriteLine($"of a thousand orders: {cost}");
        return cost;

        static double Each(long all) => all * 1000.0 / Orders;
    }

    (long Frames, long Bytes, long Messages) Counters() =>
        (_rig.Node.Counters.Sum(c => c.Frames), _rig.Node.Counters.Sum(c => c.FrameBytes), _rig.Node.Counters.Sum(c => c.MessagesSent));

    /// <summary>Once before it is counted: what grows to the size of the work does so only once.</summary>
    Cost CountWarm(Func<int, Intake[]> make)
    {
        Count(make(0));
        return Count(make(Orders));
    }

    [Fact]
    public void An_order_of_one_to_three_lines_costs_so_much_until_its_stock_is_locked()
    {
        var cost = CountWarm(Made);
        AtMost(250, cost.Frames, "frames: 256 orders at once share those of 16 partitions");
        AtMost(600_000, cost.FrameBytes, "bytes of frames, the personal part of 180 bytes in them");
        AtMost(3_600, cost.Messages, "messages: one to each SKU and its answer");
        AtMost(6_300_000, cost.Allocated, "bytes allocated, on all ways from the mailbox to the answer");
    }

    [Fact]
    public void A_payment_costs_so_much_until_its_stock_is_committed()
    {
        var orders = Made(0);
        Count(orders);
        var cost = Count([.. orders.Select(o => new Intake
        {
            Platform = o.Platform, Shop = o.Shop, PlatformOrderId = o.PlatformOrderId, Source = o.Source, Policy = o.Policy, KeepEarly = true,
            Payment = new PaymentFact { Reference = o.PlatformOrderId, Status = PayStatus.Succeeded, Amount = PaymentFact.Whole, At = _rig.Now, ArrivedAt = _rig.Now },
        })]);
        AtMost(250, cost.Frames, "frames");
        AtMost(245_000, cost.FrameBytes, "bytes of frames");
        AtMost(3_600, cost.Messages, "messages: each SKU is told and says so");
        // Of it 2.2 kB an order become an object again of the bytes it rested as, so that the collector has nothing to keep meanwhile.
        AtMost(7_100_000, cost.Allocated, "bytes allocated");
    }

    [Fact]
    public void A_hot_SKU_costs_no_more_than_others()
    {
        var cost = CountWarm(from => [.. Enumerable.Range(from, Orders).Select(n =>
        {
            var order = Order(n, 1, new Random(n));
            order.Details!.Lines[0].Code = "SKU-00000";
            return order;
        })]);
        AtMost(130, cost.Frames, "frames: a hot SKU is a big batch");
        AtMost(435_000, cost.FrameBytes, "bytes of frames");
        AtMost(2_000, cost.Messages, "messages: one there, one back");
        AtMost(4_900_000, cost.Allocated, "bytes allocated");
    }

    static void AtMost(double bound, double counted, string of) =>
        Assert.True(counted <= bound, $"a thousand orders cost {counted:N0} {of}; {bound:N0} were enough before");
}
