using Xunit;

namespace Engine.Tests.Host;

public sealed class ReservationApiTests : IAsyncLifetime
{
    readonly ManualTime _time = new();
    ApiHost _host = null!;
    ApiClient _admin = null!;

    public async Task InitializeAsync()
    {
        _admin = (_host = await ApiHost.StartAsync(_time)).Admin;
        await _admin.Stock("A", 10);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_reservation_is_made_once_and_a_repeat_has_the_same_body()
    {
        var token = await _admin.Token("A");
        var first = await _admin.Reserve("A", "r-1", 3, token, warehouse: "gz");
        Assert.Equal(201, first.Status);
        Assert.Equal(
            ("r-1", "o-1", "A", "gz", "3", "caller", "reserved", "order", "false"),
            (first.Text("reservationId"), first.Text("orderId"), first.Text("sku"), first.Text("warehouse"), first.Text("quantity"), first.Text("owner"), first.Text("state"), first.Text("tier"), first.Text("revalidated")));
        Assert.Equal(TimeSpan.FromMinutes(15), DateTimeOffset.Parse(first.Text("expiresAt")!) - DateTimeOffset.Parse(first.Text("reservedAt")!));
        Assert.NotEqual(token, first.Text("token"));

        // The token is no part of the call: neither the used one nor a fresh one makes it another.
        foreach (var again in new[] { token, await _admin.Token("A") })
        {
            var second = await _admin.Reserve("A", "r-1", 3, again, warehouse: "gz");
            Assert.Equal((200, first.Body!.ToJsonString()), (second.Status, second.Body!.ToJsonString()));
        }
        Assert.Equal("7", (await _admin.Get("/v1/skus/A")).Text("available"));
    }

    [Fact]
    public async Task A_moved_version_is_checked_again_and_said_so()
    {
        var token = await _admin.Token("A");
        await _admin.Stock("A", 1);
        var reply = await _admin.Reserve("A", "r-1", 3, token);
        Assert.Equal((201, "true"), (reply.Status, reply.Text("revalidated")));
    }

    [Fact]
    public async Task Missing_forged_and_foreign_tokens_are_refused()
    {
        await _admin.Stock("B", 10);
        var token = await _admin.Token("A");
        foreach (var wrong in new[] { null, "", "forged", token[..^1] + (token[^1] == 'A' ? 'B' : 'A'), await _admin.Token("B"), await _admin.Token("A", "o-other") })
        {
            var reply = await _admin.Reserve("A", "r-1", 1, wrong);
            Assert.Equal((403, "invalid_token"), (reply.Status, reply.Code));
        }
        Assert.Equal(201, (await _admin.Reserve("A", "r-1", 1, token)).Status);
        Assert.Equal(201, (await _admin.Reserve("A", "r-2", 1, await _admin.Token("A", "o-1"))).Status);
    }

    [Fact]
    public async Task An_id_that_is_known_with_another_order_or_quantity_is_a_conflict_whatever_else_is_wrong()
    {
        var token = await _admin.Token("A");
        await _admin.Reserve("A", "r-1", 3, token);
        Assert.Equal((422, "idempotency_conflict"), await Refusal(_admin.Reserve("A", "r-1", 4, token)));
        Assert.Equal((422, "idempotency_conflict"), await Refusal(_admin.Reserve("A", "r-1", 3, token, "o-2")));
        // The same id on another SKU is another reservation.
        await _admin.Stock("B", 1);
        Assert.Equal(201, (await _admin.Reserve("B", "r-1", 1)).Status);
    }

    [Fact]
    public async Task A_used_token_makes_no_second_reservation()
    {
        var token = await _admin.Token("A");
        await _admin.Reserve("A", "r-1", 3, token);
        Assert.Equal((409, "token_used"), await Refusal(_admin.Reserve("A", "r-2", 3, token)));
    }

    [Fact]
    public async Task An_expired_token_is_refused_with_a_fresh_one_that_works()
    {
        var token = await _admin.Token("A");
        _time.Advance(TimeSpan.FromSeconds(61));
        var refused = await _admin.Reserve("A", "r-1", 3, token);
        Assert.Equal((410, "token_expired", "A", "10"), (refused.Status, refused.Code, refused.Text("snapshot.sku"), refused.Text("snapshot.available")));
        Assert.Equal(201, (await _admin.Reserve("A", "r-1", 3, refused.Text("snapshot.token"))).Status);
    }

    [Fact]
    public async Task A_strict_sku_refuses_a_moved_version_with_a_fresh_snapshot()
    {
        await _admin.Put("/v1/skus/A", """{"strict":true}""");
        var token = await _admin.Token("A");
        await _admin.Stock("A", 5);
        var refused = await _admin.Reserve("A", "r-1", 3, token);
        Assert.Equal((409, "stale_token", "15"), (refused.Status, refused.Code, refused.Text("snapshot.available")));
        var granted = await _admin.Reserve("A", "r-1", 3, refused.Text("snapshot.token"));
        Assert.Equal((201, "false"), (granted.Status, granted.Text("revalidated")));
    }

    [Fact]
    public async Task Too_little_stock_is_refused_with_what_would_fit_and_what_to_order()
    {
        await _admin.Stock("A", 4, "sh");
        var refused = await _admin.Reserve("A", "r-1", 12);
        Assert.Equal((409, "insufficient_stock", "10", "14"), (refused.Status, refused.Code, refused.Text("wouldFit"), refused.Text("snapshot.available")));
        Assert.Equal(("A", "2", "2", "72", "1.2"), (refused.Text("replenishment.sku"), refused.Text("replenishment.shortfall"), refused.Text("replenishment.suggestedQuantity"), refused.Text("replenishment.expectedShortageHours"), refused.Text("replenishment.safetyStockFactor")));
        Assert.True(refused.Body!["replenishment"]!.AsObject().ContainsKey("dailyTurnover"));
        Assert.Null(refused.At("replenishment.dailyTurnover"));
        Assert.Equal(201, (await _admin.Reserve("A", "r-1", 10, refused.Text("snapshot.token"))).Status);
        Assert.Equal("4", (await _admin.Reserve("A", "r-2", 5, await _admin.Token("A"), warehouse: "sh")).Text("wouldFit"));
        Assert.Equal("0", (await _admin.Reserve("A", "r-3", 5, await _admin.Token("A"), warehouse: "elsewhere")).Text("wouldFit"));
    }

    [Fact]
    public async Task A_reservation_is_paid_for_committed_and_shipped_and_each_step_may_be_repeated()
    {
        var ticket = (await _admin.Reserve("A", "r-1", 3)).Text("token");
        var early = await Move("A", "r-1", "ship", ticket);
        Assert.Equal((409, "transition_not_allowed", "reserved"), (early.Status, early.Code, early.Text("state")));
        foreach (var (step, state, tier) in new[] { ("paying", "reserved", "paying"), ("commit", "committed", "paying"), ("ship", "shipped", "paying") })
        {
            for (var time = 0; time < 2; time++)
            {
                var reply = await Move("A", "r-1", step, ticket);
                Assert.Equal((200, state, tier, ticket), (reply.Status, reply.Text("state"), reply.Text("tier"), reply.Text("token")));
            }
        }
        var stock = await _admin.Get("/v1/skus/A");
        Assert.Equal(("7", "0", "0"), (stock.Text("onHand"), stock.Text("reserved"), stock.Text("committed")));
        var closed = await Move("A", "r-1", "release", ticket);
        Assert.Equal((409, "reservation_closed", "shipped"), (closed.Status, closed.Code, closed.Text("state")));
    }

    [Fact]
    public async Task Paying_holds_the_lock_for_forty_five_minutes_from_its_beginning()
    {
        var made = await _admin.Reserve("A", "r-1", 3);
        _time.Advance(TimeSpan.FromMinutes(14));
        var paying = await Move("A", "r-1", "paying", made.Text("token"));
        Assert.Equal(TimeSpan.FromMinutes(45), DateTimeOffset.Parse(paying.Text("expiresAt")!) - DateTimeOffset.Parse(made.Text("reservedAt")!));
    }

    [Fact]
    public async Task A_lock_ends_by_itself_and_is_shown_after_its_end()
    {
        var ticket = (await _admin.Reserve("A", "r-1", 3)).Text("token");
        _time.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1));
        Assert.Equal("10", (await _admin.Until("/v1/skus/A", r => r.Text("available") == "10")).Text("available"));
        var shown = await _admin.Get("/v1/skus/A/reservations/r-1");
        Assert.Equal((200, "expired"), (shown.Status, shown.Text("state")));
        Assert.False(shown.Body!.AsObject().ContainsKey("token"));
        foreach (var step in new[] { "paying", "commit", "release", "ship" })
        {
            var closed = await Move("A", "r-1", step, ticket);
            Assert.Equal((409, "reservation_closed", "expired"), (closed.Status, closed.Code, closed.Text("state")));
        }
    }

    [Fact]
    public async Task Only_the_ticket_of_the_reservation_moves_it()
    {
        var other = (await _admin.Reserve("A", "r-2", 1)).Text("token");
        await _admin.Reserve("A", "r-1", 3);
        foreach (var wrong in new[] { null, "forged", other, await _admin.Token("A") })
        {
            Assert.Equal((403, "invalid_token"), await Refusal(Move("A", "r-1", "commit", wrong)));
            // Whether the reservation is there is not told either.
            Assert.Equal((403, "invalid_token"), await Refusal(Move("A", "r-none", "commit", wrong)));
        }
    }

    [Fact]
    public async Task The_ids_of_orders_reservations_are_not_for_callers()
    {
        await using var host = await ApiHost.StartAsync();
        await host.Admin.Stock("A", 10);
        var reply = await host.Admin.Reserve("A", "test:main:1~1", 1);
        Assert.Equal((400, "invalid_request"), (reply.Status, reply.Code));
        Assert.Equal(["reservationId:bad_format"], reply.Faults);
    }

    [Theory]
    [InlineData("r/1")]
    [InlineData("r%2F1")]
    [InlineData("订单 7 #?&+")]
    public async Task A_reservation_id_may_hold_any_printable_character(string id)
    {
        var ticket = (await _admin.Reserve("A", id, 1)).Text("token");
        var path = $"/v1/skus/A/reservations/{Uri.EscapeDataString(id)}";
        Assert.Equal(id, (await _admin.Get(path)).Text("reservationId"));
        Assert.Equal("released", (await _admin.Post($"{path}/release", $$"""{"token":"{{ticket}}"}""")).Text("state"));
    }

    [Fact]
    public async Task A_reservation_with_faults_is_refused_with_all_of_them()
    {
        var reply = await _admin.Post("/v1/skus/A/reservations", """{"quantity":0,"warehouse":"g z","reservationId":""}""");
        Assert.Equal(["orderId:required", "quantity:not_positive", "reservationId:required", "warehouse:bad_format"], reply.Faults);
    }

    [Fact]
    public async Task Live_reservations_are_listed_by_warehouse_and_state_without_tickets()
    {
        await _admin.Stock("A", 10, "sh");
        foreach (var (id, warehouse) in new[] { ("r-1", "gz"), ("r-2", "sh"), ("r-3", "gz"), ("r-4", "gz") }) await _admin.Reserve("A", id, 1, await _admin.Token("A"), warehouse: warehouse);
        await Move("A", "r-3", "commit", (await _admin.Reserve("A", "r-3", 1, await _admin.Token("A"))).Text("token"));
        await Move("A", "r-4", "release", (await _admin.Reserve("A", "r-4", 1, await _admin.Token("A"))).Text("token"));

        Assert.Equal(["r-1", "r-2", "r-3"], await Ids(""));
        Assert.Equal(["r-1", "r-3"], await Ids("?warehouse=gz"));
        Assert.Equal(["r-3"], await Ids("?state=committed"));
        Assert.Equal(["r-2"], await Ids("?warehouse=sh&state=reserved"));
        var page = await _admin.Get("/v1/skus/A/reservations?limit=2");
        Assert.Equal(["r-3"], await Ids($"?limit=2&cursor={page.Text("next")}"));
        Assert.False(page.Body!["items"]![0]!.AsObject().ContainsKey("token"));
        Assert.Equal(["state:unknown_value"], (await _admin.Get("/v1/skus/A/reservations?state=lost")).Faults);
        Assert.Equal("unknown_sku", (await _admin.Get("/v1/skus/none/reservations")).Code);
        Assert.Equal((404, "unknown_reservation"), await Refusal(_admin.Get("/v1/skus/A/reservations/none")));

        async Task<IEnumerable<string>> Ids(string query) => (await _admin.Get("/v1/skus/A/reservations" + query)).Body!["items"]!.AsArray().Select(r => r!["reservationId"]!.ToString());
    }

    [Fact]
    public async Task Twenty_buyers_race_for_ten_units_and_ten_win()
    {
        var tokens = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _admin.Token("A")));
        var replies = await Task.WhenAll(tokens.Select((token, i) => _admin.Reserve("A", $"r-{i}", 1, token, $"o-{i}")));
        Assert.Equal(10, replies.Count(r => r.Status == 201));
        Assert.Equal(10, replies.Count(r => r.Code == "insufficient_stock" && r.At("replenishment") is not null));
    }

    Task<Reply> Move(string sku, string id, string step, string? ticket) =>
        _admin.Post($"/v1/skus/{sku}/reservations/{id}/{step}", ticket is null ? "{}" : $$"""{"token":"{{ticket}}"}""");

    static async Task<(int, string?)> Refusal(Task<Reply> call)
    {
        var reply = await call;
        return (reply.Status, reply.Code);
    }
}
