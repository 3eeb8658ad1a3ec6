using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Xunit;

namespace Engine.Tests.Verifying;

/// <summary>An engine on any journal with two warehouses and a few SKUs, sold to orders until some must wait.</summary>
static class SmallShop
{
    static readonly AskOptions Settled = new(WithView: true, Settle: TimeSpan.FromSeconds(5));

    public static async Task Run(IJournal journal, int orders)
    {
        await using var node = new EngineNode(journal, EngineDomain.Instance, TimeProvider.System);
        await node.OpenAsync();
        foreach (var warehouse in new[] { "north", "south" })
            await node.AskAsync(ActorId.Warehouse(warehouse), new ConfigureWarehouse { Settings = new WarehouseSettings { Code = warehouse } }, Settled);
        for (var sku = 0; sku < 10; sku++)
            foreach (var warehouse in new[] { "north", "south" }) await Adjust(node, sku, warehouse, orders / 8, StockReason.Receiving);
        await Task.WhenAll(Enumerable.Range(0, orders).Select(number => Order(node, number)));
        await Adjust(node, 0, "north", -orders / 8, StockReason.Damage);
        await node.StopAsync(TimeSpan.FromSeconds(30));
        Assert.All(node.Counters, partition => Assert.Equal(0, partition.Faults));
    }

    /// <summary>A few more orders on an engine that has been opened again.</summary>
    public static async Task SellOn(EngineNode node, int from)
    {
        for (var number = from; number < from + 10; number++) await Order(node, number);
    }

    static async Task Adjust(EngineNode node, int sku, string warehouse, int delta, StockReason reason) =>
        await node.AskAsync(ActorId.Sku($"SKU-{sku}"), new AdjustStock { Reference = $"{warehouse} {reason}", LineNumber = 0, Warehouse = warehouse, Delta = delta, Reason = reason });

    /// <summary>Of ten, seven are paid, one is paid before it comes, one is cancelled, one stays unpaid.</summary>
    static async Task Order(EngineNode node, int number)
    {
        var id = ActorId.Order($"test:main:{number}");
        if (number % 10 == 7) await node.AskAsync(id, Intake(number, payment: true, details: false));
        await node.AskAsync(id, Intake(number, payment: false, details: true), Settled);
        if (number % 10 < 7) await node.AskAsync(id, Intake(number, payment: true, details: false), Settled);
        if (number % 10 == 8) await node.AskAsync(id, Cancel(number), Settled);
    }

    static Intake Intake(int number, bool payment, bool details) => new()
    {
        Platform = "test", Shop = "main", PlatformOrderId = $"{number}", Source = "test", Policy = new ShopPolicy(), KeepEarly = true,
        Details = details ? Details(number) : null,
        Payment = payment ? new PaymentFact { Reference = $"pay-{number}", Status = PayStatus.Succeeded, Amount = PaymentFact.Whole } : null,
    };

    static Intake Cancel(int number) => new()
    {
        Platform = "test", Shop = "main", PlatformOrderId = $"{number}", Source = "test", Policy = new ShopPolicy(), Cancellation = new Cancellation("changed my mind", "buyer"),
    };

    static OrderDetails Details(int number) => new()
    {
        Total = 100, Currency = "CNY",
        Lines =
        [
            new OrderedLine { LineId = "1", Code = $"SKU-{number % 10}", Quantity = 1 + (number % 3) },
            new OrderedLine { LineId = "2", Code = $"SKU-{(number * 7 + 3) % 10}", Quantity = 1 },
        ],
    };
}
