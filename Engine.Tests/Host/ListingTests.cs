using Engine.Adapters.Canonical;
using Engine.Host.Api;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Engine.Tests.Host;

public sealed class ListingTests
{
    [Fact]
    public void Pages_bring_every_item_once_and_in_order() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<int[], PositiveInt>((numbers, size) =>
        {
            var items = numbers.ToHashSet();
            var limit = Math.Min(size.Get, Listing.LimitMax);
            List<string> seen = [];
            string? cursor = null;
            do
            {
                var page = Read($"?limit={limit}{(cursor is null ? "" : $"&cursor={cursor}")}").Page(items.Select(i => $"订单 {i}"), i => i, i => i);
                if (page.Items.Count > limit || (page.Next is not null && page.Items.Count < limit)) return false;
                seen.AddRange(page.Items);
                cursor = page.Next;
            }
            while (cursor is not null);
            return seen.SequenceEqual(items.Select(i => $"订单 {i}").Order(StringComparer.Ordinal));
        }));

    static Listing Read(string query)
    {
        var faults = new Faults();
        var http = new DefaultHttpContext();
        http.Request.QueryString = new QueryString(query);
        var listing = Listing.Read(http, faults);
        Assert.False(faults.Any);
        return listing;
    }
}
