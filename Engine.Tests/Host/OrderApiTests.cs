using System.Text.Json.Nodes;
using Xunit;

namespace Engine.Tests.Host;

public sealed class OrderApiTests : IAsyncLifetime
{
    readonly ManualTime _time = new();
    ApiHost _host = null!;
    ApiClient _admin = null!;

    public async Task InitializeAsync()
    {
        _admin = (_host = await ApiHost.StartAsync(_time)).Admin;
        await _admin.Put("/v1/warehouses/gz", """{"name":"广州","location":{"lat":23.13,"lon":113.26},"coldChain":false}""");
        await _admin.Put("/v1/warehouses/sh", """{"name":"上海","location":{"lat":31.23,"lon":121.47},"coldChain":false}""");
        await _admin.Stock("A", 10, "gz");
        await _admin.Stock("A", 5, "sh");
        await _admin.Stock("B", 3, "gz");
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    Task<Reply> Place(JsonObject order, string query = "") => _admin.Post("/v1/orders" + query, order.ToJsonString());

    static async Task<(int, string?)> Refusal(Task<Reply> call)
    {
        var reply = await call;
        return (reply.Status, reply.Code);
    }

    [Fact]
    public async Task An_order_is_answered_once_it_is_reserved()
    {
        var reply = await Place(Orders.New("1", ("A", 2), ("B", 1)));
        Assert.Equal(201, reply.Status);
        Assert.Equal("/v1/orders/erp%3Amain%3A1", reply.Message.Headers.Location!.OriginalString);
        Assert.Equal(
            ("erp:main:1", "erp", "main", "1", "awaiting_payment", "pending_payment", "order", "high"),
            (reply.Text("orderId"), reply.Text("platform"), reply.Text("shop"), reply.Text("platformOrderId"), reply.Text("state"), reply.Text("status"), reply.Text("lockTier"), reply.Text("urgency")));
        Assert.Equal(("L1", "A", "2", "gz", "erp:main:1~L1", "reserved"), (reply.Text("lines[0].lineId"), reply.Text("lines[0].sku"), reply.Text("lines[0].quantity"), reply.Text("lines[0].warehouse"), reply.Text("lines[0].reservationId"), reply.Text("lines[0].state")));
        Assert.Equal(("300", "CNY", "0"), (reply.Text("amounts.total"), reply.Text("amounts.currency"), reply.Text("amounts.freight")));
        Assert.Equal(("广东省", "天河路 1 号", "23.1357", "张伟", "轻拿轻放", "GB-7"), (reply.Text("address.province"), reply.Text("address.street"), reply.Text("address.lat"), reply.Text("buyer.name"), reply.Text("note"), reply.Text("compliance.filing")));
        Assert.Equal("2026-01-01T00:15:00.000Z", reply.Text("lockExpiresAt"));
        Assert.Equal(("reserved", "nearest_open_warehouse_with_every_line"), (reply.Text("explain[0].decision"), reply.Text("explain[0].rule")));
        Assert.Equal(("gz sh", "live-stream", "cancelled"), (reply.Text("explain[0].inputs.ranked"), reply.Text("tags[0]"), reply.Text("nextSteps[0]")));
        Assert.Null(reply.At("operator"));
        Assert.Equal(reply.Body!.ToJsonString(), (await _admin.Get(Orders.Path("1"))).Body!.ToJsonString());

        var reservation = await _admin.Get("/v1/skus/A/reservations/erp%3Amain%3A1~L1");
        Assert.Equal(("order", "reserved", "erp:main:1"), (reservation.Text("owner"), reservation.Text("state"), reservation.Text("orderId")));
    }

    [Fact]
    public async Task A_repeat_shows_the_order_and_flags_what_differs()
    {
        var order = Orders.New("1", ("A", 2));
        await Place(order);
        var same = await Place(order);
        Assert.Equal((200, 0), (same.Status, same.Body!["flags"]!.AsArray().Count));

        var other = Orders.New("1", ("A", 3));
        other["address"]!["street"] = "别的路 2 号";
        var differs = await Place(other);
        Assert.Equal((200, "2"), (differs.Status, differs.Text("lines[0].quantity")));
        Assert.Equal(["differs:amounts", "differs:lines", "differs:personal"], differs.Body!["flags"]!.AsArray().Select(f => f!.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal("13", (await _admin.Get("/v1/skus/A")).Text("available"));
    }

    [Fact]
    public async Task An_order_may_be_answered_as_soon_as_it_is_received()
    {
        var reply = await Place(Orders.New("1", ("A", 2)), "?wait=received");
        Assert.Equal(201, reply.Status);
        Assert.Contains(reply.Text("state"), (string[])["received", "reserving", "awaiting_payment"]);
        Assert.Equal("awaiting_payment", (await _admin.Until(Orders.Path("1"), r => r.Text("state") == "awaiting_payment")).Text("state"));
    }

    [Fact]
    public async Task An_order_with_faults_is_refused_with_all_of_them()
    {
        var reply = await _admin.Post("/v1/orders?wait=forever", """{"platform":"ERP!","platformOrderId":"1","placedAt":"yesterday","lines":[{"lineId":"1","sku":"A","quantity":0},{"lineId":"1","sku":"a/b","quantity":1}],"amounts":{"currency":"CNY"}}""");
        Assert.Equal((400, "invalid_request"), (reply.Status, reply.Code));
        Assert.Superset(
            new HashSet<string> { "platform:bad_format", "shop:required", "placedAt:bad_format", "lines[0].quantity:not_positive", "lines[1].lineId:duplicate", "lines[1].sku:bad_format", "amounts.total:required", "wait:unknown_value" },
            reply.Faults.ToHashSet());
    }

    [Fact]
    public async Task Payment_moves_an_order_on_and_a_failed_one_releases_at_once()
    {
        await Place(Orders.New("1", ("A", 2)));
        var started = await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p-1", "started"));
        Assert.Equal((200, "paying", "paying", "2026-01-01T00:45:00.000Z"), (started.Status, started.Text("state"), started.Text("lockTier"), started.Text("lockExpiresAt")));
        var paid = await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p-1"));
        Assert.Equal(("paid", "paid", "committed", "200"), (paid.Text("state"), paid.Text("status"), paid.Text("lines[0].state"), paid.Text("payments[0].amount")));
        Assert.Null(paid.At("lockTier"));
        Assert.Null(paid.At("lockExpiresAt"));
        Assert.Equal("2", (await _admin.Get("/v1/skus/A")).Text("committed"));

        await Place(Orders.New("2", ("A", 2)));
        var failed = await _admin.Post($"{Orders.Path("2")}/payments", Orders.Pay("p-2", "failed"));
        Assert.Equal(("expired", "closed", "released"), (failed.Text("state"), failed.Text("status"), failed.Text("lines[0].state")));
        Assert.Equal("13", (await _admin.Get("/v1/skus/A")).Text("available"));
        Assert.Equal("expired", (await _admin.Get("/v1/skus/A/reservations/erp%3Amain%3A2~L1")).Text("state"));
    }

    [Fact]
    public async Task Only_the_whole_sum_makes_an_order_paid()
    {
        await Place(Orders.New("1", ("A", 2)));
        Assert.Equal("paying", (await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p-1", amount: 150))).Text("state"));
        Assert.Equal("paid", (await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p-2", amount: 50))).Text("state"));
    }

    [Fact]
    public async Task A_payment_before_its_order_is_kept_and_applied()
    {
        var kept = await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p-1"));
        Assert.Equal((202, "true"), (kept.Status, kept.Text("kept")));
        Assert.Equal((404, "unknown_order"), await Refusal(_admin.Get(Orders.Path("1"))));
        var order = await Place(Orders.New("1", ("A", 2)));
        Assert.Equal((201, "paid"), (order.Status, order.Text("state")));
        Assert.Equal(["orderId:bad_format", "reference:required"], (await _admin.Post("/v1/orders/nonsense/payments", """{"status":"succeeded","at":"2026-01-01T00:00:05Z"}""")).Faults);
    }

    [Fact]
    public async Task Cash_on_delivery_commits_at_once()
    {
        var order = Orders.New("1", ("A", 2));
        order["payment"] = new JsonObject { ["method"] = "cash_on_delivery" };
        Assert.Equal("paid", (await Place(order)).Text("state"));
    }

    [Fact]
    public async Task A_late_payment_reserves_again_and_is_explained()
    {
        await Place(Orders.New("1", ("A", 2)));
        _time.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal("expired", (await _admin.Until(Orders.Path("1"), r => r.Text("state") == "expired")).Text("state"));
        var late = await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p-1"));
        Assert.Equal(("paid", "erp:main:1~L1~2"), (late.Text("state"), late.Text("lines[0].reservationId")));
        Assert.Contains("reopened", late.Body!["explain"]!.AsArray().Select(e => e!["decision"]!.ToString()));
        Assert.Equal("released", (await _admin.Get("/v1/skus/A/reservations/erp%3Amain%3A1~L1")).Text("state"));
    }

    [Fact]
    public async Task Cancellation_gives_everything_back_and_cancelled_and_paid_is_refunding()
    {
        await Place(Orders.New("1", ("A", 2), ("B", 1)));
        var cancelled = await _admin.Post($"{Orders.Path("1")}/cancellation", """{"reason":"买家取消","by":"李娜"}""");
        Assert.Equal((200, "cancelled", "closed"), (cancelled.Status, cancelled.Text("state"), cancelled.Text("status")));
        Assert.Equal(("15", "3"), ((await _admin.Get("/v1/skus/A")).Text("available"), (await _admin.Get("/v1/skus/B")).Text("available")));

        await Place(Orders.New("2", ("A", 2)));
        await _admin.Post($"{Orders.Path("2")}/payments", Orders.Pay("p-2"));
        var refunding = await _admin.Post($"{Orders.Path("2")}/cancellation", """{"reason":"changed mind","by":"cs"}""");
        Assert.Equal(("refunding", "refunded", "200"), (refunding.Text("state"), refunding.Text("status"), refunding.Text("refundDue")));
        Assert.Equal(["by:required", "reason:required"], (await _admin.Post($"{Orders.Path("2")}/cancellation", "{}")).Faults);
        Assert.Equal((404, "unknown_order"), await Refusal(_admin.Post($"{Orders.Path("none")}/cancellation", """{"reason":"x","by":"y"}""")));
    }

    [Fact]
    public async Task Some_of_the_lines_can_be_cancelled()
    {
        await Place(Orders.New("1", ("A", 4), ("B", 1)));
        var reply = await _admin.Post($"{Orders.Path("1")}/cancellation", """{"reason":"too many","by":"cs","lines":[{"lineId":"L1","quantity":3},{"lineId":"L2","quantity":1}]}""");
        Assert.Equal(("awaiting_payment", "1", "0", "cancelled"), (reply.Text("state"), reply.Text("lines[0].quantity"), reply.Text("lines[1].quantity"), reply.Text("lines[1].state")));
        Assert.Equal(("14", "3"), ((await _admin.Get("/v1/skus/A")).Text("available"), (await _admin.Get("/v1/skus/B")).Text("available")));
        var wrong = await _admin.Post($"{Orders.Path("1")}/cancellation", """{"reason":"x","by":"cs","lines":[{"lineId":"L9","quantity":1}]}""");
        Assert.Equal((400, "lines:invalid"), (wrong.Status, Assert.Single(wrong.Faults)));
    }

    [Fact]
    public async Task Steps_follow_the_table_and_what_it_does_not_allow_is_refused_with_what_it_does()
    {
        await Place(Orders.New("1", ("A", 2)));
        var early = await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step("picking"));
        Assert.Equal((409, "transition_not_allowed", "awaiting_payment", "cancelled"), (early.Status, early.Code, early.Text("state"), early.Text("allowed[0]")));

        await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p-1"));
        foreach (var step in new[] { "allocated", "wave_assigned", "picking", "labelling", "packed", "awaiting_loading" })
        {
            var reply = await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step(step));
            Assert.Equal((200, step, "preparing", "王芳"), (reply.Status, reply.Text("state"), reply.Text("status"), reply.Text("operator")));
        }
        Assert.Equal(["carrier:invalid"], (await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step("shipped"))).Faults);
        var shipped = await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step("shipped", ",\"carrier\":\"SF\",\"trackingNumber\":\"SF1\""));
        Assert.Equal(("shipped", "shipped", "SF", "SF1", "shipped"), (shipped.Text("state"), shipped.Text("status"), shipped.Text("carrier"), shipped.Text("trackingNumber"), shipped.Text("lines[0].state")));
        Assert.Equal(("13", "0"), ((await _admin.Get("/v1/skus/A")).Text("onHand"), (await _admin.Get("/v1/skus/A")).Text("committed")));
        Assert.Equal("shipped", (await _admin.Get("/v1/skus/A/reservations/erp%3Amain%3A1~L1")).Text("state"));
        foreach (var step in new[] { "in_transit", "out_for_delivery", "delivered", "completed", "return_requested", "returning", "inspected", "refunding", "refunded" })
        {
            var reply = await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step(step));
            Assert.Equal((200, step), (reply.Status, reply.Text("state")));
        }

        Assert.Equal((409, "transition_not_allowed"), await Refusal(_admin.Post($"{Orders.Path("1")}/cancellation", """{"reason":"late","by":"cs"}""")));
        Assert.Equal((404, "unknown_order"), await Refusal(_admin.Post($"{Orders.Path("none")}/steps", Orders.Step("picking"))));
        Assert.Equal(["operator:required", "step:unknown_value"], (await _admin.Post($"{Orders.Path("1")}/steps", """{"step":"flying"}""")).Faults);
    }

    [Fact]
    public async Task History_tells_who_did_what_on_which_device()
    {
        await Place(Orders.New("1", ("A", 2)));
        await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p-1"));
        await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step("picking", ",\"at\":\"2026-01-01T00:00:09.123Z\""));
        var items = (await _admin.Get($"{Orders.Path("1")}/history")).Body!["items"]!.AsArray();
        Assert.Equal(("received", "order_received", "api:admin"), (items[0]!["state"]!.ToString(), items[0]!["event"]!.ToString(), items[0]!["source"]!.ToString()));
        var last = items[^1]!;
        Assert.Equal(
            ("picking", "preparing", "picking", "王芳", "PDA-3", "2026-01-01T00:00:09.123Z"),
            (last["state"]!.ToString(), last["status"]!.ToString(), last["event"]!.ToString(), last["operator"]!.ToString(), last["device"]!.ToString(), last["reportedAt"]!.ToString()));
        Assert.Equal((404, "unknown_order"), await Refusal(_admin.Get($"{Orders.Path("none")}/history")));
    }

    [Fact]
    public async Task Calls_with_an_idempotency_key_are_done_once_and_another_body_is_a_conflict()
    {
        await Place(Orders.New("1", ("A", 4)));
        const string Body = """{"reason":"too many","by":"cs","lines":[{"lineId":"L1","quantity":1}]}""";
        for (var time = 0; time < 2; time++)
        {
            var reply = await _admin.Post($"{Orders.Path("1")}/cancellation", Body, key: "k-1");
            Assert.Equal((200, "3"), (reply.Status, reply.Text("lines[0].quantity")));
        }
        Assert.Equal((422, "idempotency_conflict"), await Refusal(_admin.Post($"{Orders.Path("1")}/cancellation", Body.Replace("too", "far too"), key: "k-1")));
        Assert.Equal("2", (await _admin.Post($"{Orders.Path("1")}/cancellation", Body, key: "k-2")).Text("lines[0].quantity"));
        Assert.Equal("1", (await _host.As("service").Post($"{Orders.Path("1")}/cancellation", Body, key: "k-1")).Text("lines[0].quantity"));
        Assert.Equal(["Idempotency-Key:bad_format"], (await _admin.Post($"{Orders.Path("1")}/cancellation", Body, key: new string('k', 256))).Faults);
    }

    [Fact]
    public async Task A_refusal_is_not_remembered()
    {
        await Place(Orders.New("1", ("A", 4)));
        Assert.Equal((409, "transition_not_allowed"), await Refusal(_admin.Post($"{Orders.Path("1")}/steps", Orders.Step("picking"), key: "k")));
        await _admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p"));
        Assert.Equal("picking", (await _admin.Post($"{Orders.Path("1")}/steps", Orders.Step("picking"), key: "k")).Text("state"));
    }

    [Fact]
    public async Task An_unknown_sku_holds_an_order_until_it_is_corrected_or_known()
    {
        var held = await Place(Orders.New("1", ("A", 1), ("X", 1)));
        Assert.Equal(("held", "unknown_sku", "pending_payment"), (held.Text("state"), held.Text("heldReason"), held.Text("status")));
        Assert.Equal(["corrections.lines:invalid"], (await _admin.Post($"{Orders.Path("1")}/unhold", """{"by":"ops","reason":"typo","corrections":{"lines":[{"lineId":"L9","sku":"B"}]}}""")).Faults);
        var freed = await _admin.Post($"{Orders.Path("1")}/unhold", """{"by":"ops","reason":"typo","corrections":{"lines":[{"lineId":"L2","sku":"B"}]}}""");
        Assert.Equal((200, "awaiting_payment", "B", "X"), (freed.Status, freed.Text("state"), freed.Text("lines[1].sku"), freed.Text("lines[1].code")));
        Assert.Equal((409, "transition_not_allowed"), await Refusal(_admin.Post($"{Orders.Path("1")}/unhold", """{"by":"ops","reason":"again"}""")));
        Assert.Equal((404, "unknown_order"), await Refusal(_admin.Post($"{Orders.Path("none")}/unhold", """{"by":"ops","reason":"again"}""")));
        Assert.Equal(["by:required", "corrections.lines[0].sku:bad_format", "reason:required"], (await _admin.Post($"{Orders.Path("1")}/unhold", """{"corrections":{"lines":[{"lineId":"L1","sku":"a/b"}]}}""")).Faults.Select(f => f.Replace("sku:required", "sku:bad_format")));

        await Place(Orders.New("2", ("Y", 1)));
        await _admin.Put("/v1/skus/Z", """{"aliases":[{"platform":"erp","shop":"main","sku":"Y"}]}""");
        await _admin.Stock("Z", 1);
        Assert.Equal("Z", (await _admin.Until(Orders.Path("2"), r => r.Text("lines[0].sku") == "Z")).Text("lines[0].sku"));
    }

    [Fact]
    public async Task A_shortage_waits_or_cancels_as_the_shop_chooses()
    {
        var waits = await Place(Orders.New("1", ("B", 4)));
        Assert.Equal(("backordered", "pending_payment", "waiting"), (waits.Text("state"), waits.Text("status"), waits.Text("lines[0].state")));
        Assert.Null(waits.At("lockTier"));
        await _admin.Stock("B", 1);
        Assert.Equal("awaiting_payment", (await _admin.Until(Orders.Path("1"), r => r.Text("state") == "awaiting_payment")).Text("state"));

        var rejects = Orders.New("2", ("B", 4));
        (rejects["platform"], rejects["shop"]) = ("youzan", "strict");
        Assert.Equal("cancelled", (await Place(rejects)).Text("state"));
    }

    [Fact]
    public async Task A_deviating_device_clock_and_a_near_duplicate_are_flagged()
    {
        var first = Orders.New("1", ("A", 2), ("B", 1));
        first["buyer"]!["phone"] = "13800001111";
        first["clientSubmittedAt"] = "2026-01-01T00:00:03.001Z";
        Assert.Equal(["client_time_deviates"], (await Place(first)).Body!["flags"]!.AsArray().Select(f => f!.ToString()));

        var elsewhere = Orders.New("2", ("B", 1), ("A", 2));
        elsewhere["platform"] = "other";
        // The same phone, with its country; and pushed again and again for twenty minutes before it was taken.
        elsewhere["buyer"]!["phone"] = "+86 " + first["buyer"]!["phone"];
        elsewhere["clientSubmittedAt"] = "2026-01-01T00:00:03.000Z";
        _time.Advance(TimeSpan.FromMinutes(21));
        Assert.Equal(["near_duplicate:erp:main:1"], (await Place(elsewhere)).Body!["flags"]!.AsArray().Select(f => f!.ToString()));

        var later = Orders.New("3", ("B", 1), ("A", 2));
        later["placedAt"] = "2026-01-01T00:11:00.000Z";
        later["buyer"]!["phone"] = first["buyer"]!["phone"]!.ToString();
        Assert.Empty((await Place(later)).Body!["flags"]!.AsArray());
        // What is told again of an order of before is not compared with what was placed since.
        Assert.DoesNotContain("near_duplicate:erp:main:3", (await Place(first)).Body!["flags"]!.AsArray().Select(f => f!.ToString()));
    }

    [Fact]
    public async Task A_repeat_with_another_address_or_in_another_order_of_lines_is_told_by_its_differences()
    {
        var first = Orders.New("1", ("A", 2), ("B", 1));
        await Place(first);
        var again = first.DeepClone().AsObject();
        var lines = again["lines"]!.AsArray();
        var line = lines[0];
        lines.RemoveAt(0);
        lines.Add(line);
        Assert.Empty((await Place(again)).Body!["flags"]!.AsArray());
        (again["address"]!["city"], again["urgency"]) = ("上海市", "urgent");
        Assert.Equal(["differs:address", "differs:urgency"], (await Place(again)).Body!["flags"]!.AsArray().Select(f => f!.ToString()));
    }

    [Fact]
    public async Task One_idempotency_key_is_one_payment_also_before_the_order_comes()
    {
        const string First = """{"status":"succeeded","reference":"p1","at":"2026-01-01T00:00:00Z"}""";
        foreach (var _ in new[] { 1, 2 }) Assert.Equal(202, (await _host.Admin.Post($"{Orders.Path("9")}/payments", First, "key-1")).Status);
        var other = await _host.Admin.Post($"{Orders.Path("9")}/payments", First.Replace("p1", "p2", StringComparison.Ordinal), "key-1");
        Assert.Equal((422, "idempotency_conflict"), (other.Status, other.Code));
    }

    [Fact]
    public async Task A_person_is_forgotten_once_the_order_is_closed_and_a_repeat_restores_nothing()
    {
        await Place(Orders.New("1", ("A", 2)));
        var open = await _admin.Post($"{Orders.Path("1")}/forget", """{"reason":"PIPL"}""");
        Assert.Equal((409, "order_open", "awaiting_payment"), (open.Status, open.Code, open.Text("state")));
        await _admin.Post($"{Orders.Path("1")}/cancellation", """{"reason":"x","by":"cs"}""");
        for (var time = 0; time < 2; time++)
        {
            var forgotten = await _admin.Post($"{Orders.Path("1")}/forget", """{"reason":"PIPL"}""");
            Assert.Equal((200, "cancelled", "200", "广东省"), (forgotten.Status, forgotten.Text("state"), forgotten.Text("amounts.total"), forgotten.Text("address.province")));
            await Place(Orders.New("1", ("A", 2)));
            var text = (await _admin.Get(Orders.Path("1"))).Body!.ToJsonString();
            foreach (var personal in new[] { "张伟", "天河路", "510000", "b-1", "23.1357", "轻拿轻放", "GB-7" }) Assert.DoesNotContain(personal, text);
            Assert.True(forgotten.Body!["address"]!.AsObject().ContainsKey("street"));
        }
        Assert.Equal(["reason:required"], (await _admin.Post($"{Orders.Path("1")}/forget", "{}")).Faults);
        Assert.Equal((404, "unknown_order"), await Refusal(_admin.Post($"{Orders.Path("none")}/forget", """{"reason":"PIPL"}""")));
    }

    [Fact]
    public async Task Personal_data_is_nowhere_in_the_store_in_the_clear()
    {
        await Place(Orders.New("1", ("A", 2)));
        var bytes = Directory.EnumerateFiles(_host.Folder.File("data"), "journal*").SelectMany(f =>
        {
            using var file = new FileStream(f, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var all = new byte[file.Length];
            file.ReadExactly(all);
            return all;
        }).ToArray();
        Assert.True(bytes.AsSpan().IndexOf("erp:main:1"u8) >= 0 || bytes.AsSpan().IndexOf("广东省"u8) >= 0);
        foreach (var personal in new[] { "张伟", "天河路 1 号", "510000", "轻拿轻放" }) Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(personal)));
    }

    [Fact]
    public async Task Limits_per_state_are_settings_and_show_at_once_what_is_overdue_and_what_stalls()
    {
        var time = new ManualTime();
        await using var host = await ApiHost.StartAsync(time, settings: new() { ["Engine:Sla:Limits:paid"] = "00:10:00", ["Engine:Sla:Stalled"] = "00:20:00" });
        await host.Admin.Stock("A", 10);
        await host.Admin.Post("/v1/orders", Orders.New("1", ("A", 1)).ToJsonString());
        var paid = await host.Admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p"));
        Assert.Equal(("false", "false"), (paid.Text("overdue"), paid.Text("stalled")));
        Assert.Equal(Instant(paid, "stateSince").AddMinutes(10), Instant(paid, "dueAt"));
        time.Advance(TimeSpan.FromMinutes(11));
        var late = await host.Admin.Get(Orders.Path("1"));
        Assert.Equal(("true", "false"), (late.Text("overdue"), late.Text("stalled")));
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("true", (await host.Admin.Get(Orders.Path("1"))).Text("stalled"));
        Assert.Equal("erp:main:1", (await host.Admin.Get("/v1/orders?overdue=true")).Text("items[0].orderId"));

        static DateTimeOffset Instant(Reply reply, string name) => DateTimeOffset.Parse(reply.Text(name)!, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("a:b:c")]
    [InlineData("%2F%")]
    [InlineData("单号 9+?#")]
    public async Task A_platform_order_id_may_hold_any_printable_character_but_a_slash(string id)
    {
        await Place(Orders.New(id, ("A", 1)));
        Assert.Equal(id, (await _admin.Get(Orders.Path(id))).Text("platformOrderId"));
    }
}
