using System.Globalization;

namespace Engine.Load;

/// <param name="PlatformSku">The number that platforms give the article.</param>
public sealed record Article(string Sku, long PlatformSku, string Name, long PriceFen);

/// <summary>A made-up assortment in which, as in life, a few articles sell most.</summary>
public sealed class Catalogue
{
    private const long FirstPlatformSku = 36_000_000;

    private static readonly string[] Materials = ["羊绒", "纯棉", "真丝", "亚麻", "竹纤维", "羽绒", "牛皮", "不锈钢", "陶瓷", "实木"];
    private static readonly string[] Things = ["围巾", "手套", "衬衫", "被子", "袜子", "保温杯", "背包", "台灯", "餐盘", "收纳盒", "面霜", "洗发水"];

    private readonly Article[] _articles;
    private readonly Zipf _popularity;

    public Catalogue(int count, int seed, double skew = 0.99)
    {
        _popularity = new Zipf(count, skew);
        _articles = new Article[count];
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
            _articles[i] = Make(i, random);
    }

    /// <summary>The best-selling first.</summary>
    public IReadOnlyList<Article> Articles => _articles;

    public Article Pick(Random random) => _articles[_popularity.Next(random)];

    // From 9.90 to 499.90 yuan, most of them cheap.
    private static Article Make(int i, Random random)
    {
        var name = Materials[random.Next(Materials.Length)] + Things[random.Next(Things.Length)];
        var price = 990 + ((long)(random.NextDouble() * random.NextDouble() * 490) * 100);
        return new Article(string.Create(CultureInfo.InvariantCulture, $"SKU-{i:D5}"), FirstPlatformSku + i, name, price);
    }
}
