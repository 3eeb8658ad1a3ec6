using Engine.Adapters.Canonical;
using Engine.Adapters.Platforms;
using Engine.Load;
using Xunit;

namespace Engine.Tests.Load;

/// <summary>What the outside world sends, the adapters understand as it was meant.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<string> Platforms => ["youzan", "shopify", "standard"];

    public static TheoryData<string, MessageKind> Messages
    {
        get
        {
            var data = new TheoryData<string, MessageKind>();
            foreach (var platform in new[] { "youzan", "shopify", "standard" })
            {
                foreach (var kind in Enum.GetValues<MessageKind>())
                    data.Add(platform, kind);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_kind_of_message_verifies_and_is_about_its_order(string platform, MessageKind kind)
    {
        var world = new World(platform);
        for (var i = 0; i < 50; i++)
        {
            var order = world.Orders.Next(world.Shop, World.Now.AddSeconds(-i));
            var message = world.Factory.Make(order, kind, World.Now);
            Assert.Equal($"/webhooks/{platform}/main", message.Path);
            Assert.Equal(Verification.Genuine, world.Verify(message));
            var parsed = world.Parse(message);
            Assert.Null(parsed.Unreadable);
            Assert.Equal(order.Id, Assert.Single(parsed.Pushes).PlatformOrderId);
        }
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void An_order_arrives_as_it_was_placed(string platform)
    {
        var world = new World(platform);
        for (var i = 0; i < 200; i++)
        {
            var order = world.Orders.Next(world.Shop, World.Now.AddSeconds(-i));
            AssertSame(order, world.Parse(world.Factory.Make(order, MessageKind.Created, World.Now)).Pushes[0].Order!);
        }
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void Gifts_and_a_changed_note_arrive_too(string platform)
    {
        var world = new World(platform);
        var gift = new LoadLine("9007199254740993", "GIFT-BOX-01", 36_999_999, "赠品礼盒", 1, 0, IsGift: true);
        var order = world.Order with { Lines = [.. world.Order.Lines, gift], Note = "改了: 100%20 & “好”" };
        var changed = world.Parse(world.Factory.Make(order, MessageKind.Changed, World.Now)).Pushes[0].Order!;
        AssertSame(order, changed);
        Assert.Equal(order.Lines[0].LineId, changed.Lines[^1].GiftOf);
    }

    [Theory]
    [InlineData("youzan")]
    [InlineData("shopify")]
    public void A_line_without_code_arrives_under_the_platforms_number(string platform)
    {
        var world = new World(platform);
        var order = world.Order with { Lines = [world.Order.Lines[0] with { Sku = null }] };
        var line = world.Parse(world.Factory.Make(order, MessageKind.Created, World.Now)).Pushes[0].Order!.Lines[0];
        Assert.True(line.ByPlatformSku);
        Assert.Equal(order.Lines[0].PlatformSku.ToString(), line.Sku);
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void A_payment_is_the_whole_and_the_same_when_told_again(string platform)
    {
        var world = new World(platform);
        var first = world.Parse(world.Factory.Make(world.Order, MessageKind.Paid, World.Now));
        var again = world.Parse(world.Factory.Make(world.Order, MessageKind.Paid, World.Now.AddSeconds(5)));
        var payment = first.Pushes[0].Payment!;
        Assert.Equal(PaymentStatus.Succeeded, payment.Status);
        Assert.Equal(world.Order.TotalFen, payment.Amount);
        Assert.Equal(payment.Reference, again.Pushes[0].Payment!.Reference);
        Assert.NotEqual(first.DedupeKey, again.DedupeKey);
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void Cancelling_refunding_and_shipping_are_told_as_such(string platform)
    {
        var world = new World(platform);
        OrderPush Push(MessageKind kind) => world.Parse(world.Factory.Make(world.Order, kind, World.Now)).Pushes[0];

        Assert.NotNull(Push(MessageKind.Cancelled).Cancellation);
        Assert.Null(Push(MessageKind.Cancelled).Payment);
        Assert.Equal("shipped", Push(MessageKind.Shipped).Step!.Step);
        var refunded = Push(MessageKind.Refunded);
        if (platform == "standard")
            Assert.Equal("refund", refunded.Cancellation!.Reason);
        else
            Assert.Equal((RefundStatus.Succeeded, world.Order.TotalFen), (refunded.Refund!.Status, refunded.Refund.Amount!.Value));
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void The_same_seed_makes_the_same_bytes(string platform)
    {
        var (one, other) = (new World(platform, seed: 5).Message, new World(platform, seed: 5).Message);
        Assert.Equal(one.Body, other.Body);
        Assert.Equal(one.Headers, other.Headers);
        Assert.NotEqual(one.Body, new World(platform, seed: 6).Message.Body);
    }

    private static void AssertSame(LoadOrder sent, CanonicalOrder got)
    {
        Assert.Equal((sent.Shop.Platform, sent.Shop.Shop, sent.Id), (got.Platform, got.Shop, got.PlatformOrderId));
        Assert.Equal(sent.PlacedAt, got.PlacedAt);
        Assert.Equal((sent.Buyer.Id.ToString(), sent.Buyer.Name, sent.Buyer.Phone), (got.Buyer!.Id, got.Buyer.Name, got.Buyer.Phone));
        Assert.Equal(("CN", sent.Address.Province, sent.Address.City), (got.Address!.Country, got.Address.Province, got.Address.City));
        // Shopify has no district; it goes into the second line of the street.
        Assert.Equal(sent.Address.Street + sent.Address.District, (got.Address.Street + got.Address.District).Replace($" {sent.Address.District}", sent.Address.District, StringComparison.Ordinal));
        Assert.Equal(sent.Note, got.Note);
        Assert.Equal(
            (sent.GoodsFen, sent.FreightFen, sent.DiscountFen, sent.TotalFen, "CNY"),
            (got.Amounts.Goods, got.Amounts.Freight, got.Amounts.Discount, got.Amounts.Total, got.Amounts.Currency));
        Assert.Equal(
            sent.Lines.Select(line => (line.LineId, line.Sku!, line.Quantity, line.UnitPriceFen, line.DiscountFen)),
            got.Lines.Select(line => (line.LineId, line.Sku, line.Quantity, line.UnitPrice, line.Discount)));
    }
}
