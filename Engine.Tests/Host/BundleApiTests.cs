using System.Text.Json.Nodes;
using Engine.Tests.Acceptance;
using Xunit;

namespace Engine.Tests.Host;

public sealed class BundleApiTests : IAsyncLifetime
{
    readonly ManualTime _time = new(Shop.Day);
    ApiHost _host = null!;
    ApiClient _admin = null!;

    public async Task InitializeAsync()
    {
        _admin = (_host = await ApiHost.StartAsync(_time)).Admin;
        await _admin.Stock("A", 10);
        await _admin.Stock("B", 10);
        await _admin.Stock("B", 6, "sh");
        var reply = await _admin.Put("/v1/skus/SET", """{"name":"gift box","bundle":[{"sku":"A","quantity":1},{"sku":"B","quantity":2}]}""");
        Assert.Equal(201, reply.Status);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    Task<Reply> Move(string id, string step, string? ticket) => _admin.Post($"/v1/skus/SET/reservations/{id}/{step}", $$"""{"token":"{{ticket}}"}""");

    [Fact]
    public async Task What_is_available_of_a_bundle_is_what_its_components_allow()
    {
        var shown = await _admin.Get("/v1/skus/SET");
        Assert.Equal(("8", "0", "A", "1", "B", "2"), (shown.Text("available"), shown.Text("onHand"),
            shown.Text("bundle[0].sku"), shown.Text("bundle[0].quantity"), shown.Text("bundle[1].sku"), shown.Text("bundle[1].quantity")));
        Assert.Equal(("gz", "5", "sh", "0"), (shown.Text("warehouses[0].warehouse"), shown.Text("warehouses[0].available"), shown.Text("warehouses[1].warehouse"), shown.Text("warehouses[1].available")));
        var before = await _admin.Post("/v1/skus/SET/snapshots");
        await _admin.Reserve("A", "r", 7);
        var after = await _admin.Post("/v1/skus/SET/snapshots");
        Assert.Equal(("8", "3"), (before.Text("available"), after.Text("available")));
        Assert.True(long.Parse(after.Text("version")!) > long.Parse(before.Text("version")!));
        Assert.Equal(("3", "true"), ((await _admin.Snapshots(null, ("SET", 3))).Text("lines[0].available"), (await _admin.Snapshots(null, ("SET", 3))).Text("lines[0].fits")));
        Assert.False((await _admin.Get("/v1/skus/A")).Body!.AsObject().ContainsKey("bundle"));
    }

    [Fact]
    public async Task A_bundle_is_refused_with_all_its_faults()
    {
        var faulty = await _admin.Put("/v1/skus/X", """{"bundle":[{"sku":"X","quantity":1},{"sku":"SET","quantity":1},{"sku":"A","quantity":1}]}""");
        Assert.Equal(["bundle[0].sku:self_reference", "bundle[1].sku:nested_bundle"], faulty.Faults);
        Assert.Equal(["bundle[1].quantity:too_large", "bundle[1].sku:duplicate", "bundle[2].quantity:required"],
            (await _admin.Put("/v1/skus/X", """{"bundle":[{"sku":"A","quantity":1},{"sku":"A","quantity":10001},{"sku":"B"}]}""")).Faults);
        Assert.Equal(["bundle:required"], (await _admin.Put("/v1/skus/X", """{"bundle":[]}""")).Faults);
        var many = string.Join(',', Enumerable.Range(0, 51).Select(i => $$"""{"sku":"s{{i}}","quantity":1}"""));
        Assert.Equal(["bundle:too_many"], (await _admin.Put("/v1/skus/X", $$"""{"bundle":[{{many}}]}""")).Faults);
        Assert.Equal("unknown_sku", (await _admin.Get("/v1/skus/X")).Code);
    }

    [Fact]
    public async Task A_bundle_is_reserved_and_moved_on_like_any_other_SKU()
    {
        var made = await _admin.Reserve("SET", "r-1", 3);
        Assert.Equal((201, "r-1", "o-1", "SET", "gz", "3", "caller", "reserved", "order", "false"), (made.Status, made.Text("reservationId"), made.Text("orderId"), made.Text("sku"),
            made.Text("warehouse"), made.Text("quantity"), made.Text("owner"), made.Text("state"), made.Text("tier"), made.Text("revalidated")));
        Assert.Equal(["3 A gz", "6 B gz"], ((JsonArray)made.At("components")!).Select(c => $"{c!["quantity"]} {c["sku"]} {c["warehouse"]}"));
        Assert.Equal(TimeSpan.FromMinutes(15), DateTimeOffset.Parse(made.Text("expiresAt")!) - DateTimeOffset.Parse(made.Text("reservedAt")!));
        Assert.Equal((7, 10), ((int)(await _admin.Get("/v1/skus/A")).At("available")!, (int)(await _admin.Get("/v1/skus/B")).At("available")!));
        var again = await _admin.Reserve("SET", "r-1", 3);
        Assert.Equal((200, made.Body!.ToJsonString()), (again.Status, again.Body!.ToJsonString()));
        Assert.Equal("idempotency_conflict", (await _admin.Reserve("SET", "r-1", 2)).Code);
        foreach (var (step, state) in new[] { ("paying", "reserved"), ("commit", "committed"), ("ship", "shipped") })
        {
            for (var time = 0; time < 2; time++)
            {
                var reply = await Move("r-1", step, made.Text("token"));
                Assert.Equal((200, state, "SET"), (reply.Status, reply.Text("state"), reply.Text("sku")));
            }
            Assert.Equal(state, (await _admin.Get("/v1/skus/SET/reservations/r-1")).Text("state"));
        }
        Assert.Equal(("7", "10"), ((await _admin.Get("/v1/skus/A")).Text("onHand"), (await _admin.Get("/v1/skus/B")).Text("onHand")));
        Assert.Equal((409, "reservation_closed"), ((await Move("r-1", "release", made.Text("token"))).Status, (await Move("r-1", "release", made.Text("token"))).Code));
    }

    [Fact]
    public async Task A_bundle_is_refused_like_any_other_SKU()
    {
        var refused = await _admin.Reserve("SET", "r-1", 6);
        Assert.Equal((409, "insufficient_stock", "5", "8", "B", "2"), (refused.Status, refused.Code, refused.Text("wouldFit"), refused.Text("snapshot.available"),
            refused.Text("replenishment.sku"), refused.Text("replenishment.shortfall")));
        Assert.Equal((403, "invalid_token"), ((await _admin.Reserve("SET", "r-1", 1, await _admin.Token("A"))).Status, (await _admin.Reserve("SET", "r-1", 1, await _admin.Token("A"))).Code));
        var token = refused.Text("snapshot.token");
        Assert.Equal(201, (await _admin.Reserve("SET", "r-1", 5, token)).Status);
        Assert.Equal("token_used", (await _admin.Reserve("SET", "r-2", 1, token)).Code);
        var old = await _admin.Token("SET");
        _time.Advance(TimeSpan.FromSeconds(61));
        var expired = await _admin.Reserve("SET", "r-2", 1, old);
        Assert.Equal((410, "token_expired", "3"), (expired.Status, expired.Code, expired.Text("snapshot.available")));
        Assert.Equal((404, "unknown_reservation"), ((await _admin.Get("/v1/skus/SET/reservations/r-2")).Status, (await _admin.Get("/v1/skus/SET/reservations/r-2")).Code));
    }

    [Fact]
    public async Task A_bundle_in_a_cart_is_one_line_with_its_components()
    {
        var made = await _admin.ReserveCart("c-1", "o-1", ("SET", 2), ("A", 1));
        Assert.Equal((201, "SET", "gz", "2"), (made.Status, made.Text("lines[0].sku"), made.Text("lines[0].warehouse"), made.Text("lines[0].quantity")));
        Assert.Equal(2, ((JsonArray)made.At("lines[0].components")!).Count);
        var committed = await _admin.Post("/v1/skus/SET/reservations/c-1/commit", $$"""{"token":"{{made.Text("lines[0].token")}}"}""");
        Assert.Equal((200, "committed", "cart"), (committed.Status, committed.Text("state"), committed.Text("owner")));
        Assert.Equal("3", (await _admin.Get("/v1/skus/A")).Text("committed"));
        var lacking = await _admin.ReserveCart("c-2", "o-2", ("SET", 9), ("A", 1));
        Assert.Equal((409, "insufficient_stock", "SET", "3"), (lacking.Status, lacking.Code, lacking.Text("lines[0].sku"), lacking.Text("lines[0].wouldFit")));
    }

    [Fact]
    public async Task An_order_shows_a_bundle_once_with_its_components()
    {
        var order = await _admin.Place("1", Shop.Day, ("SET", 2), ("A", 1));
        Assert.Equal(("awaiting_payment", "SET", "2", "gz", "reserved"), (order.Text("state"), order.Text("lines[0].sku"), order.Text("lines[0].quantity"), order.Text("lines[0].warehouse"), order.Text("lines[0].state")));
        Assert.Equal(2, ((JsonArray)order.At("lines")!).Count);
        Assert.Equal(["A 2 gz reserved", "B 4 gz reserved"], ((JsonArray)order.At("lines[0].components")!).Select(c => $"{c!["sku"]} {c["quantity"]} {c["warehouse"]} {c["state"]}"));
        var reservation = order.Text("lines[0].components[1].reservationId")!;
        Assert.Equal(("order", "4"), ((await _admin.Get($"/v1/skus/B/reservations/{Uri.EscapeDataString(reservation)}")).Text("owner"), (await _admin.Get($"/v1/skus/B/reservations/{Uri.EscapeDataString(reservation)}")).Text("quantity")));
        await _admin.Cancel("1");
        Assert.Equal("released", (await _admin.Get($"/v1/skus/B/reservations/{Uri.EscapeDataString(reservation)}")).Text("state"));
        Assert.Equal((10, 0, 0, 10), await _admin.Figures("A"));
        Assert.True((await _host.As("warehouse").Get($"/v1/orders/{Uri.EscapeDataString("test:main:1")}")).Status == 200);
    }
}
