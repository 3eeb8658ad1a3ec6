using System.Text;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Host.Api;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Engine.Tests.Host;

public sealed class ReservationPageTests
{
    const long At = 1_760_000_000_000;
    // Quotation marks, what JSON must escape, two and four bytes a letter, and nothing of these.
    static readonly string[] Pieces = ["a", "E2026", "\"", "\\", "\u0001", "é", "订单", "🛒", "~1", "<&'+>"];

    /// <summary>Written by hand, page by page, and by the serializer: the same bytes.</summary>
    [Fact]
    public void A_page_is_written_as_the_serializer_would()
    {
        var seeds = Gen.Choose(0, int.MaxValue - 1);
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Arb.From(seeds), seed =>
        {
            var random = new Random(seed);
            var sku = Made(random);
            var wanted = (ReservationState?)(random.Next(3) == 0 ? ReservationState.Committed : null);
            var (limit, pages) = (random.Next(1, 40), Pages(sku, wanted));
            string? after = null;
            foreach (var page in pages(limit))
            {
                Assert.Equal(
                    Encoding.UTF8.GetString(JsonRoom.Write(page, ApiJson.Default.ListJsonReservationJson)),
                    Encoding.UTF8.GetString(ReservationPage.Write(sku, new Listing(limit, after), r => (wanted ?? r.State) == r.State)));
                after = page.Items.LastOrDefault()?.ReservationId;
            }
            return true;
        }));
    }

    /// <summary>The pages that there should be; one of nothing where there is nothing.</summary>
    static Func<int, IEnumerable<ListJson<ReservationJson>>> Pages(SkuActor sku, ReservationState? wanted)
    {
        var live = sku.Reservations.Where(r => r.IsLive && (wanted ?? r.State) == r.State).OrderBy(r => r.Id, StringComparer.Ordinal).Select(r => ReservationJson.Of(ReservationView.Of(sku.Sku, r))).ToArray();
        return limit => live.Chunk(limit).DefaultIfEmpty([]).Select((items, i) => new ListJson<ReservationJson>(items, (i + 1) * limit < live.Length ? Listing.CursorOf(items[^1].ReservationId) : null));
    }

    static SkuActor Made(Random random)
    {
        var sku = new SkuActor(ActorId.Sku(Text(random)));
        var sequence = 0L;
        string[] warehouses = ["SH1", "广州"];
        foreach (var warehouse in warehouses) Happens(new StockAdjusted { Reference = "r", Warehouse = warehouse, Delta = 1_000_000, Reason = StockReason.Receiving });
        foreach (var id in Enumerable.Range(0, random.Next(100)).Select(_ => Text(random)).Distinct().ToArray())
        {
            Happens(new StockReserved
            {
                ReservationId = id, OrderId = random.Next(2) == 0 && id.Contains('~', StringComparison.Ordinal) ? id[..id.IndexOf('~', StringComparison.Ordinal)] : Text(random), Warehouse = warehouses[random.Next(2)],
                Quantity = random.Next(1, 5000), Owner = (ReservationOwner)random.Next(3), Committed = random.Next(3) == 0, ExpiresAt = At + random.Next(), PayingExpiresAt = At + random.Next(), KeyId = "k1",
                Revalidated = random.Next(2) == 0, Cart = "c",
            });
            if (sku.Reservation(id)!.State == ReservationState.Reserved && random.Next(3) == 0) Happens(new LockExtended { ReservationId = id, ExpiresAt = At + random.Next(), Tier = (LockTier)random.Next(2) });
            if (random.Next(5) == 0) Happens(new ReservationReleased { ReservationId = id, Quantity = sku.Reservation(id)!.Quantity });
        }
        return sku;

        void Happens(Event happened) => sku.Evolve(happened, new Stamp(++sequence, At + random.Next()));
    }

    static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => Pieces[random.Next(Pieces.Length)]));
}
