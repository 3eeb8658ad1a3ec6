using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms.Shopify;

/// <summary>Shopify's line items: what is wanted now, by which code, and which of them are gifts.</summary>
internal static class ShopifyLines
{
    // A line at 0.00 may as well be a sample or a free service; only a property of its own makes it a gift.
    private static readonly string[] GiftProperties = ["gift", "is_gift", "free_gift", "赠品"];

    public static CanonicalLine[] Read(Fields body, string currency)
    {
        var items = body.Objects("line_items", OrderRules.LinesMax, required: true);
        var wanted = Array.FindAll(items, static item => QuantityNow(item) > 0);
        // Nothing left means refunded or cancelled as a whole: the lines are then told as they were ordered.
        var asOrdered = wanted.Length == 0;
        if (asOrdered)
            wanted = Array.FindAll(items, static item => item.Count("quantity", required: true) > 0);
        var lines = Array.ConvertAll(wanted, item => ReadLine(item, asOrdered, currency));
        PlatformLines.BindGifts(lines, Array.ConvertAll(wanted, item => IsGift(item, currency)));
        return lines;
    }

    private static CanonicalLine ReadLine(Fields item, bool asOrdered, string currency)
    {
        var (sku, byPlatformSku) = PlatformLines.Article(item.Words("sku"), item.Id("variant_id") ?? item.Id("product_id"));
        var quantity = (asOrdered ? item.Count("quantity") : QuantityNow(item)) ?? 0;
        return new CanonicalLine
        {
            LineId = item.Id("id", required: true) ?? "",
            Sku = sku,
            ByPlatformSku = byPlatformSku,
            Quantity = (int)Math.Min(quantity, int.MaxValue),
            UnitPrice = item.Amount("price", currency) ?? 0,
            Discount = item.Amount("total_discount", currency) ?? 0,
        };
    }

    // Edits and refunds lower current_quantity; older API versions don't have it.
    private static long? QuantityNow(Fields item) =>
        item.Has("current_quantity") ? item.Count("current_quantity") : item.Count("quantity", required: true);

    private static bool IsGift(Fields item, string currency)
    {
        var price = item.Amount("price", currency) ?? 0;
        var isFree = price == 0 || unchecked(price * (item.Count("quantity") ?? 0)) == item.Amount("total_discount", currency);
        return isFree && item.Objects("properties", OrderRules.LinesMax).Any(SaysGift);
    }

    private static bool SaysGift(Fields property)
    {
        var name = property.Words("name")?.TrimStart('_');
        var value = property.Words("value");
        return GiftProperties.Contains(name, StringComparer.OrdinalIgnoreCase)
            && value is not (null or "0" or "false" or "no" or "否");
    }
}
