using System.Text.Json.Nodes;
using Engine.Host.Upkeep;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Engine.Tests.Host;

public sealed class CartApiTests : IAsyncLifetime
{
    readonly ManualTime _time = new();
    ApiHost _host = null!;
    ApiClient _admin = null!;

    public async Task InitializeAsync()
    {
        _admin = (_host = await ApiHost.StartAsync(_time)).Admin;
        foreach (var sku in new[] { "A", "B", "C" }) await _admin.Stock(sku, 10);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    static async Task<(int, string?)> Refusal(Task<Reply> call)
    {
        var reply = await call;
        return (reply.Status, reply.Code);
    }

    Task<Reply> Move(string id, string step, string? ticket) => _admin.Post($"/v1/carts/reservations/{id}/{step}", ticket is null ? "{}" : $$"""{"token":"{{ticket}}"}""");

    [Fact]
    public async Task A_snapshot_has_a_token_for_each_line_and_says_whether_it_fits()
    {
        var reply = await _admin.Snapshots("o-1", ("A", 3), ("B", 11));
        Assert.Equal((201, "o-1"), (reply.Status, reply.Text("orderId")));
        Assert.Equal(("A", "3", "10", "true"), (reply.Text("lines[0].sku"), reply.Text("lines[0].quantity"), reply.Text("lines[0].available"), reply.Text("lines[0].fits")));
        Assert.Equal(("B", "11", "10", "false"), (reply.Text("lines[1].sku"), reply.Text("lines[1].quantity"), reply.Text("lines[1].available"), reply.Text("lines[1].fits")));
        Assert.NotEqual(reply.Text("lines[0].token"), reply.Text("lines[1].token"));
        Assert.Equal(TimeSpan.FromMinutes(1), DateTimeOffset.Parse(reply.Text("lines[0].expiresAt")!) - DateTimeOffset.Parse(reply.Text("lines[0].issuedAt")!));
        // The stock of one warehouse serves a line; two lines of a SKU need it for both.
        await _admin.Stock("A", 10, "sh");
        Assert.Equal("false", (await _admin.Snapshots(null, ("A", 11))).Text("lines[0].fits"));
        Assert.Equal("false", (await _admin.Snapshots(null, ("B", 6), ("B", 5))).Text("lines[0].fits"));
    }

    [Fact]
    public async Task A_snapshot_of_unknown_SKUs_names_each_of_them()
    {
        var reply = await _admin.Snapshots(null, ("A", 3), ("none", 1), ("nothing", 1));
        Assert.Equal((404, "unknown_sku"), (reply.Status, reply.Code));
        Assert.Equal(["lines[1].sku:unknown_sku", "lines[2].sku:unknown_sku"], reply.Faults);
    }

    [Fact]
    public async Task Bad_input_is_refused_with_all_faults_at_once()
    {
        var snapshot = await _admin.Post("/v1/carts/snapshots", """{"lines":[{"sku":"a/b","quantity":0},{"quantity":1}]}""");
        Assert.Equal(["lines[0].quantity:not_positive", "lines[0].sku:bad_format", "lines[1].sku:required"], snapshot.Faults.Where(f => f != "lines[1].sku:bad_format"));
        var reservation = await _admin.Post("/v1/carts/reservations", """{"reservationId":"a~b","lines":[]}""");
        Assert.Equal(["lines:required", "orderId:required", "reservationId:bad_format"], reservation.Faults.Where(f => f != "orderId:bad_format"));
        var lines = string.Join(',', Enumerable.Repeat("""{"sku":"A","quantity":1}""", 101));
        Assert.Equal(["lines:too_many"], (await _admin.Post("/v1/carts/snapshots", $$"""{"lines":[{{lines}}]}""")).Faults);
    }

    [Fact]
    public async Task A_cart_is_reserved_once_and_a_repeat_has_the_same_body()
    {
        var first = await _admin.ReserveCart("r-1", "o-1", ("A", 3), ("B", 2));
        Assert.Equal((201, "r-1", "o-1", "reserved", "order"), (first.Status, first.Text("reservationId"), first.Text("orderId"), first.Text("state"), first.Text("tier")));
        Assert.Equal(("A", "gz", "3", "r-1", "false"), (first.Text("lines[0].sku"), first.Text("lines[0].warehouse"), first.Text("lines[0].quantity"), first.Text("lines[0].reservationId"), first.Text("lines[0].revalidated")));
        Assert.Equal(TimeSpan.FromMinutes(15), DateTimeOffset.Parse(first.Text("expiresAt")!) - DateTimeOffset.Parse(first.Text("reservedAt")!));
        await Move("r-1", "commit", first.Text("token"));
        var again = await _admin.ReserveCart("r-1", "o-1", ("A", 3), ("B", 2));
        Assert.Equal((200, first.Body!.ToJsonString()), (again.Status, again.Body!.ToJsonString()));
        Assert.Equal((422, "idempotency_conflict"), await Refusal(_admin.ReserveCart("r-1", "o-2", ("A", 3), ("B", 2))));
        Assert.Equal((422, "idempotency_conflict"), await Refusal(_admin.ReserveCart("r-1", "o-1", ("A", 3))));
        Assert.Equal("7", (await _admin.Get("/v1/skus/A")).Text("available"));
    }

    [Fact]
    public async Task A_refusal_names_each_line_that_stood_in_the_way_by_how_much_it_moved_and_what_would_fit()
    {
        var tokens = await _admin.Snapshots("o-1", ("A", 8), ("B", 8), ("C", 8));
        await _admin.Reserve("A", "other", 5);
        await _admin.Stock("C", -4);
        var refused = await _admin.ReserveCart("r-1", "o-1", tokens);
        Assert.Equal((409, "insufficient_stock"), (refused.Status, refused.Code));
        Assert.Equal(2, ((JsonArray)refused.At("lines")!).Count);
        Assert.Equal(("A", "8", "insufficient_stock", "10", "5", "-5", "5"), (refused.Text("lines[0].sku"), refused.Text("lines[0].quantity"), refused.Text("lines[0].code"),
            refused.Text("lines[0].snapshotAvailable"), refused.Text("lines[0].available"), refused.Text("lines[0].moved"), refused.Text("lines[0].wouldFit")));
        Assert.Equal(("A", "3"), (refused.Text("lines[0].replenishment.sku"), refused.Text("lines[0].replenishment.shortfall")));
        Assert.Equal(("C", "-4", "6"), (refused.Text("lines[1].sku"), refused.Text("lines[1].moved"), refused.Text("lines[1].wouldFit")));
        Assert.Equal("10", (await _admin.Get("/v1/skus/B")).Text("available"));
        Assert.Equal((404, "unknown_reservation"), await Refusal(_admin.Get("/v1/carts/reservations/r-1")));
        Assert.Equal((404, "unknown_reservation"), await Refusal(_admin.Get("/v1/skus/B/reservations/r-1")));

        // The lines that did not stand in the way keep their tokens, the others have a fresh one.
        var again = await _admin.ReserveCart("r-1", "o-1",
            ("A", 5, refused.Text("lines[0].snapshot.token")), ("B", 8, tokens.Text("lines[1].token")), ("C", 6, refused.Text("lines[1].snapshot.token")));
        Assert.Equal((201, "false"), (again.Status, again.Text("lines[0].revalidated")));
    }

    [Fact]
    public async Task Tokens_are_refused_in_the_documented_order_naming_their_lines()
    {
        var (a, b, c) = (await _admin.Token("A"), await _admin.Token("B"), await _admin.Token("C"));
        await _admin.Reserve("C", "other", 1, c);
        _time.Advance(TimeSpan.FromSeconds(61));
        var foreign = await _admin.ReserveCart("r-1", "o-1", ("A", 1, "forged"), ("B", 1, await _admin.Token("A")), ("C", 1, await _admin.Token("C")));
        Assert.Equal((403, "invalid_token"), (foreign.Status, foreign.Code));
        Assert.Equal(["A", "B"], ((JsonArray)foreign.At("lines")!).Select(l => l!["sku"]!.ToString()));

        var expired = await _admin.ReserveCart("r-1", "o-1", ("A", 1, a), ("B", 99, await _admin.Token("B")));
        Assert.Equal((410, "token_expired", "insufficient_stock"), (expired.Status, expired.Code, expired.Text("lines[1].code")));
        Assert.NotNull(expired.Text("lines[0].snapshot.token"));

        var used = await _admin.ReserveCart("r-1", "o-1", ("A", 1, await _admin.Token("A")), ("B", 1, b), ("C", 1, c));
        Assert.Equal((409, "token_used"), (used.Status, used.Code));
        Assert.Equal(["B token_expired", "C token_used"], ((JsonArray)used.At("lines")!).Select(l => $"{l!["sku"]} {l["code"]}"));
    }

    [Fact]
    public async Task A_strict_SKU_that_moved_stands_in_the_way_and_others_are_checked_again()
    {
        await _admin.Put("/v1/skus/A", """{"strict":true}""");
        var tokens = await _admin.Snapshots("o-1", ("A", 1), ("B", 1));
        await _admin.Stock("A", 1);
        await _admin.Stock("B", 1);
        var stale = await _admin.ReserveCart("r-1", "o-1", tokens);
        Assert.Equal((409, "stale_token", "A", "1"), (stale.Status, stale.Code, stale.Text("lines[0].sku"), stale.Text("lines[0].moved")));
        var granted = await _admin.ReserveCart("r-1", "o-1", ("A", 1, stale.Text("lines[0].snapshot.token")), ("B", 1, tokens.Text("lines[1].token")));
        Assert.Equal((201, "false", "true"), (granted.Status, granted.Text("lines[0].revalidated"), granted.Text("lines[1].revalidated")));
    }

    [Fact]
    public async Task A_cart_is_paid_for_committed_and_shipped_and_each_step_may_be_repeated()
    {
        var ticket = (await _admin.ReserveCart("r-1", "o-1", ("A", 3), ("B", 2))).Text("token");
        Assert.Equal("transition_not_allowed", (await Move("r-1", "ship", ticket)).Code);
        foreach (var (step, state, tier) in new[] { ("paying", "reserved", "paying"), ("commit", "committed", "paying"), ("ship", "shipped", "paying") })
        {
            for (var time = 0; time < 2; time++)
            {
                var reply = await Move("r-1", step, ticket);
                Assert.Equal((200, state, tier, ticket), (reply.Status, reply.Text("state"), reply.Text("tier"), reply.Text("token")));
            }
            Assert.Equal((state, "cart"), ((await _admin.Get("/v1/skus/B/reservations/r-1")).Text("state"), (await _admin.Get("/v1/skus/B/reservations/r-1")).Text("owner")));
        }
        Assert.Equal(("7", "8"), ((await _admin.Get("/v1/skus/A")).Text("onHand"), (await _admin.Get("/v1/skus/B")).Text("onHand")));
        var closed = await Move("r-1", "release", ticket);
        Assert.Equal((409, "reservation_closed", "shipped"), (closed.Status, closed.Code, closed.Text("state")));
        Assert.Equal("shipped", (await _admin.Get("/v1/carts/reservations/r-1")).Text("state"));
    }

    [Fact]
    public async Task A_client_that_moves_each_line_by_itself_moves_the_cart()
    {
        var made = await _admin.ReserveCart("r-1", "o-1", ("A", 3), ("B", 2));
        foreach (var i in new[] { 0, 1 })
        {
            var sku = made.Text($"lines[{i}].sku");
            var reply = await _admin.Post($"/v1/skus/{sku}/reservations/r-1/commit", $$"""{"token":"{{made.Text($"lines[{i}].token")}}"}""");
            Assert.Equal((200, "committed", sku, made.Text($"lines[{i}].quantity")), (reply.Status, reply.Text("state"), reply.Text("sku"), reply.Text("quantity")));
            Assert.Equal("2", (await _admin.Get("/v1/skus/B")).Text("committed"));
        }
        Assert.Equal((403, "invalid_token"), await Refusal(_admin.Post("/v1/skus/A/reservations/r-1/release", $$"""{"token":"{{made.Text("lines[1].token")}}"}""")));
        Assert.Equal((403, "invalid_token"), await Refusal(Move("r-1", "release", made.Text("lines[0].token"))));
        Assert.Equal((403, "invalid_token"), await Refusal(Move("r-1", "release", null)));
        Assert.Equal(["r-1"], (await _admin.Get("/v1/skus/A/reservations?state=committed")).Body!["items"]!.AsArray().Select(r => r!["reservationId"]!.ToString()));
    }

    [Fact]
    public async Task A_lapsed_cart_gives_back_every_line()
    {
        var ticket = (await _admin.ReserveCart("r-1", "o-1", ("A", 3), ("B", 2))).Text("token");
        _time.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1));
        Assert.Equal("10", (await _admin.Until("/v1/skus/A", r => r.Text("available") == "10")).Text("available"));
        Assert.Equal("10", (await _admin.Until("/v1/skus/B", r => r.Text("available") == "10")).Text("available"));
        var closed = await Move("r-1", "commit", ticket);
        Assert.Equal((409, "reservation_closed", "expired"), (closed.Status, closed.Code, closed.Text("state")));
    }

    [Theory]
    [InlineData("cs", 403)]
    [InlineData("warehouse", 403)]
    [InlineData("service", 201)]
    public async Task Carts_are_for_services(string role, int status)
    {
        Assert.Equal(status, (await _host.As(role).Snapshots(null, ("A", 1))).Status);
    }

    [Fact]
    public async Task Carts_are_counted_by_what_came_of_them()
    {
        var census = _host.Services.GetRequiredService<Census>();
        await _admin.ReserveCart("r-1", "o-1", ("A", 3), ("B", 2));
        await _admin.ReserveCart("r-2", "o-2", ("A", 99));
        Assert.Equal(2, (await census.CountAsync()).Locks[("order", "cart")]);
        var text = (await _admin.Get("/metrics")).Body!.ToString();
        Assert.Contains("engine_carts_reserved_total 1", text, StringComparison.Ordinal);
        Assert.Contains("engine_carts_refused_total{code=\"insufficient_stock\"} 1", text, StringComparison.Ordinal);
    }
}
