using Engine.Adapters.Canonical;

namespace Engine.Adapters.Platforms;

/// <summary>What all platforms' order lines have in common on their way to canonical ones.</summary>
internal static class PlatformLines
{
    /// <summary>Stands where a line names no article at all, as one made up in the shop's back office; an alias can say which SKU these are.</summary>
    private const string NoCode = "no_code";

    /// <summary>
    /// The merchant's code where the line has one that can be a SKU, else the platform's own id, which only an alias
    /// turns into one: the order is then held, not lost.
    /// </summary>
    public static (string Sku, bool ByPlatformSku) Article(string? merchantCode, string? platformSku)
    {
        var code = merchantCode?.Trim();
        if (code is not null && OrderRules.IsSku(code))
            return (code, false);
        return (string.IsNullOrWhiteSpace(platformSku) ? NoCode : platformSku, true);
    }

    /// <summary>Binds gift lines to the first line that was bought, so that they are reserved with it.</summary>
    public static void BindGifts(CanonicalLine[] lines, ReadOnlySpan<bool> isGift)
    {
        var main = isGift.IndexOf(false);
        if (main < 0)
            return;
        for (var i = 0; i < lines.Length; i++)
        {
            if (isGift[i])
                lines[i] = lines[i] with { GiftOf = lines[main].LineId };
        }
    }
}
