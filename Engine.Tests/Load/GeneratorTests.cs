using Engine.Load;
using Xunit;

namespace Engine.Tests.Load;

public sealed class GeneratorTests
{
    [Fact]
    public void Picks_follow_Zipfs_frequencies()
    {
        const int Picks = 400_000;
        var zipf = new Zipf(1_000, 0.99);
        var random = new Random(7);
        var counts = new int[1_000];
        for (var i = 0; i < Picks; i++)
            counts[zipf.Next(random)]++;

        var total = Enumerable.Range(1, 1_000).Sum(rank => Math.Pow(rank, -0.99));
        foreach (var rank in new[] { 1, 2, 3, 10, 50 })
        {
            var expected = Math.Pow(rank, -0.99) / total * Picks;
            Assert.InRange(counts[rank - 1], expected * 0.9, expected * 1.1);
        }
        Assert.True(counts[900..].Sum() > 0);
    }

    [Fact]
    public void A_single_article_is_always_picked() => Assert.Equal(0, new Zipf(1).Next(new Random(1)));

    [Theory]
    [InlineData(1.0)]
    [InlineData(1.8)]
    [InlineData(3.0)]
    [InlineData(5.0)]
    public void Orders_have_one_to_five_different_lines_and_the_wanted_mean(double mean)
    {
        var orders = Orders(mean, 5_000);
        Assert.All(orders, order => Assert.InRange(order.Lines.Count, 1, 5));
        Assert.All(orders, order => Assert.Equal(order.Lines.Count, order.Lines.Select(line => line.Sku).Distinct().Count()));
        Assert.InRange(orders.Average(order => order.Lines.Count), mean - 0.05, mean + 0.05);
        Assert.Equal(orders.Count, orders.Select(order => order.Id).Distinct().Count());
        Assert.All(orders, order => Assert.True(order.TotalFen > 0 && order.DiscountFen < order.GoodsFen));
    }

    [Fact]
    public void Buyers_live_in_all_thirty_one_provinces()
    {
        Assert.Equal(31, People.Provinces.Count());
        Assert.Equal(31, Orders(1, 5_000).Select(order => order.Address.Province).Distinct().Count());
    }

    [Fact]
    public void A_small_assortment_bounds_the_lines()
    {
        var generator = new OrderGenerator(new Random(1), new Catalogue(2, 1), meanLines: 5);
        Assert.Equal(2, generator.Next(new LoadShop("youzan", "main", "a", "s"), World.Now).Lines.Count);
    }

    [Theory]
    [InlineData("youzan", "^E[0-9]{23}$")]
    [InlineData("shopify", "^[0-9]{18}$")]
    public void Order_numbers_have_the_form_of_their_platform(string platform, string form) =>
        Assert.Matches(form, new World(platform).Order.Id);

    private static List<LoadOrder> Orders(double mean, int count)
    {
        var generator = new OrderGenerator(new Random(11), new Catalogue(500, 11), mean);
        var shop = new LoadShop("youzan", "main", "a", "s");
        return [.. Enumerable.Range(0, count).Select(_ => generator.Next(shop, World.Now))];
    }
}
