using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms.Youzan;

/// <summary>Youzan's <c>full_order_info</c> in canonical words. Amounts are yuan as text, times GMT+8.</summary>
internal static class YouzanOrder
{
    private const string Currency = "CNY";

    public static CanonicalOrder Read(Fields full, string shop, string tid)
    {
        var info = full.ObjectOrEmpty("order_info");
        var pay = full.ObjectOrEmpty("pay_info");
        var lines = ReadLines(full.Objects("orders", OrderRules.LinesMax, required: true));
        var order = new CanonicalOrder
        {
            Platform = "youzan",
            Shop = shop,
            PlatformOrderId = tid,
            PlacedAt = info.ChinaTime("created", required: true) ?? default,
            Buyer = ReadBuyer(full),
            Address = full.Object("address_info") is { } address ? ReadAddress(address) : null,
            Lines = lines,
            Amounts = ReadAmounts(pay, lines),
            Note = full.ObjectOrEmpty("remark_info").Words("buyer_message", OrderRules.NoteLengthMax),
        };
        OrderRules.Check(order, full.Faults);
        return order;
    }

    private static CanonicalLine[] ReadLines(Fields[] orders)
    {
        var lines = Array.ConvertAll(orders, ReadLine);
        BindGifts(lines, orders);
        return lines;
    }

    private static void BindGifts(CanonicalLine[] lines, Fields[] orders) =>
        PlatformLines.BindGifts(lines, Array.ConvertAll(orders, static line => line.Truthy("is_present")));

    private static CanonicalLine ReadLine(Fields line)
    {
        // sku_id 0 is an article without variants.
        var skuId = line.Id("sku_id") is { } id && id != "0" ? id : line.Id("item_id");
        var (sku, byPlatformSku) = PlatformLines.Article(line.Id("outer_sku_id"), skuId);
        var price = line.Amount("price", Currency) ?? 0;
        var quantity = line.Count("num", required: true) ?? 1;
        var full = line.Amount("total_fee", Currency);
        var paid = line.Amount("payment", Currency);
        return new CanonicalLine
        {
            LineId = line.Id("oid", required: true) ?? "",
            Sku = sku,
            ByPlatformSku = byPlatformSku,
            Quantity = (int)Math.Min(quantity, int.MaxValue),
            UnitPrice = price,
            Discount = full > paid ? full.Value - paid.Value : 0,
            Presale = line.Truthy("is_pre_sale"),
        };
    }

    private static CanonicalAmounts ReadAmounts(Fields pay, CanonicalLine[] lines)
    {
        var total = pay.Amount("payment", Currency, required: true) ?? 0;
        var freight = pay.Amount("post_fee", Currency) ?? 0;
        var goods = pay.Amount("total_fee", Currency) ?? GoodsOf(lines);
        return new CanonicalAmounts
        {
            Goods = goods,
            Freight = freight,
            Discount = Math.Max(0, goods + freight - total),
            Total = total,
            Currency = Currency,
        };
    }

    // Unchecked on purpose: absurd figures are refused by the rules, whatever they add up to.
    private static long GoodsOf(CanonicalLine[] lines)
    {
        var goods = 0L;
        foreach (var line in lines)
            goods = unchecked(goods + (line.UnitPrice * line.Quantity));
        return goods;
    }

    // The parcel goes to the receiver; the nickname only stands in where the platform masks the name.
    private static CanonicalBuyer ReadBuyer(Fields full)
    {
        var buyer = full.ObjectOrEmpty("buyer_info");
        var address = full.ObjectOrEmpty("address_info");
        return new CanonicalBuyer
        {
            Id = buyer.Words("buyer_id"),
            Name = address.Words("receiver_name") ?? buyer.Words("fans_nickname"),
            Phone = address.Words("receiver_tel") ?? buyer.Words("buyer_phone"),
        };
    }

    private static CanonicalAddress ReadAddress(Fields address) => new()
    {
        Country = "CN",
        Province = address.Words("delivery_province"),
        City = address.Words("delivery_city"),
        District = address.Words("delivery_district"),
        Street = address.Words("delivery_address"),
        PostalCode = address.Words("delivery_postal_code"),
    };
}
