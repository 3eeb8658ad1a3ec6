using System.Globalization;

namespace Engine.Load;

/// <summary>Orders without end, the same ones for the same seed.</summary>
/// <param name="random">Seeded by the caller.</param>
/// <param name="meanLines">Lines per order on average, from 1 to <see cref="LinesMax"/>.</param>
/// <param name="firstNumber">Where the numbering starts, so that several generators don't meet.</param>
public sealed class OrderGenerator(Random random, Catalogue catalogue, double meanLines = 1.8, long firstNumber = 1)
{
    public const int LinesMax = 5;

    // Above 2^53, as Shopify's are.
    private const long ShopifyNumberBase = 820_000_000_000_000_000;
    private const long LineNumberBase = 2_810_000_000_000_000_000;
    private const double MultipleShare = 0.2;
    private const double DiscountShare = 0.3;
    private const double NoteShare = 0.1;

    private static readonly TimeSpan China = TimeSpan.FromHours(8);

    private readonly double _furtherLineChance = (Math.Clamp(meanLines, 1, LinesMax) - 1) / (LinesMax - 1);
    private long _number = firstNumber;

    public LoadOrder Next(LoadShop shop, DateTimeOffset placedAt)
    {
        var number = _number++;
        return new LoadOrder
        {
            Shop = shop,
            Id = IdOf(shop.Platform, number, placedAt),
            PlacedAt = placedAt,
            Buyer = People.Buyer(random),
            Address = People.Address(random),
            Lines = Lines(number),
            FreightFen = random.Next(2) * 800,
            Note = random.NextDouble() < NoteShare ? "请尽快发货\n谢谢🙂" : null,
        };
    }

    private static string IdOf(string platform, long number, DateTimeOffset placedAt) => platform switch
    {
        "youzan" => string.Create(CultureInfo.InvariantCulture, $"E{placedAt.ToOffset(China):yyyyMMddHHmmss}{number:D9}"),
        "shopify" => (ShopifyNumberBase + number).ToString(CultureInfo.InvariantCulture),
        _ => string.Create(CultureInfo.InvariantCulture, $"SO{number:D12}"),
    };

    // Each further line comes with the same chance, so that the mean is what was asked for.
    private LoadLine[] Lines(long orderNumber)
    {
        var count = 1;
        for (var further = 1; further < LinesMax; further++)
            count += random.NextDouble() < _furtherLineChance ? 1 : 0;
        count = Math.Min(count, catalogue.Articles.Count);

        var lines = new LoadLine[count];
        for (var i = 0; i < count; i++)
            lines[i] = Line(ArticleNotIn(lines.AsSpan(0, i)), LineNumberBase + (orderNumber * LinesMax) + i);
        return lines;
    }

    private Article ArticleNotIn(ReadOnlySpan<LoadLine> lines)
    {
        while (true)
        {
            var article = catalogue.Pick(random);
            var isTaken = false;
            foreach (var line in lines)
                isTaken |= line.Sku == article.Sku;
            if (!isTaken)
                return article;
        }
    }

    private LoadLine Line(Article article, long lineNumber)
    {
        var quantity = random.NextDouble() < MultipleShare ? random.Next(2, 5) : 1;
        var discount = random.NextDouble() < DiscountShare ? article.PriceFen * quantity / 10 : 0;
        return new LoadLine(
            lineNumber.ToString(CultureInfo.InvariantCulture), article.Sku, article.PlatformSku, article.Name, quantity, article.PriceFen, discount);
    }
}
