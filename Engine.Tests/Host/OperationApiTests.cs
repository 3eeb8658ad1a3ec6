using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Engine.Actors.Asking;
using Engine.Adapters.Keys;
using Engine.Host.Upkeep;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Engine.Tests.Host;

public sealed class OperationApiTests
{
    [Fact]
    public async Task Health_metrics_and_description_need_no_key_on_loopback()
    {
        await using var host = await ApiHost.StartAsync();
        var nobody = host.As(null);
        Assert.Equal((200, "live"), ((await nobody.Get("/health/live")).Status, (await nobody.Get("/health/live")).Text("status")));
        Assert.Equal((200, "ready"), ((await nobody.Get("/health/ready")).Status, (await nobody.Get("/health/ready")).Text("status")));
        Assert.Equal("text/plain", (await nobody.Get("/metrics")).Message.Content.Headers.ContentType!.MediaType);
        Assert.Equal(200, (await nobody.Get("/openapi/v1.json")).Status);
    }

    [Fact]
    public async Task The_description_names_every_call_with_parameters_bodies_and_answers()
    {
        await using var host = await ApiHost.StartAsync();
        var document = (await host.As(null).Get("/openapi/v1.json")).Body!;
        string[] calls =
        [
            "put /v1/warehouses/{warehouse}", "get /v1/warehouses", "get /v1/warehouses/{warehouse}", "put /v1/skus/{sku}", "post /v1/stock/adjustments", "get /v1/skus/{sku}",
            "post /v1/skus/{sku}/snapshots", "post /v1/skus/{sku}/reservations", "post /v1/skus/{sku}/reservations/{reservationId}/paying", "post /v1/skus/{sku}/reservations/{reservationId}/commit",
            "post /v1/skus/{sku}/reservations/{reservationId}/release", "post /v1/skus/{sku}/reservations/{reservationId}/ship", "get /v1/skus/{sku}/reservations/{reservationId}",
            "get /v1/skus/{sku}/reservations", "get /v1/replenishments", "get /v1/audit/locks", "post /v1/orders", "get /v1/orders/{orderId}", "get /v1/orders/{orderId}/history", "get /v1/orders", "get /v1/orders/counts", "get /v1/skus/{sku}/history", "get /v1/views", "post /v1/views/rebuild",
            "post /v1/orders/{orderId}/payments", "post /v1/orders/{orderId}/cancellation", "post /v1/orders/{orderId}/unhold", "post /v1/orders/{orderId}/forget", "post /v1/orders/{orderId}/steps",
            "post /webhooks/{platform}/{shop}", "get /v1/quarantine", "post /v1/quarantine/{id}/replay", "get /v1/keys", "post /v1/keys/rotation", "get /health/live", "get /health/ready", "get /metrics",
        ];
        foreach (var call in calls)
        {
            var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
            var operation = document["paths"]?[path]?[method];
            Assert.True(operation is not null, $"{call} is not described");
            Assert.NotNull(operation["summary"]);
            var parameters = operation["parameters"]?.AsArray().Where(p => p!["in"]!.ToString() == "path").Select(p => p!["name"]!.ToString()).ToArray() ?? [];
            Assert.Equal(path.Split('/').Where(p => p.StartsWith('{')).Select(p => p.Trim('{', '}')), parameters);
            Assert.Contains(operation["responses"]!.AsObject(), r => r.Key is "200" or "201" or "202");
        }
        // Where no natural key serves (API.md, Idempotency), and nowhere else.
        Assert.Equal(
            [
                "/v1/archive", "/v1/carts/snapshots", "/v1/keys/rotation", "/v1/orders/{orderId}/cancellation", "/v1/orders/{orderId}/forget", "/v1/orders/{orderId}/payments", "/v1/orders/{orderId}/steps",
                "/v1/orders/{orderId}/unhold", "/v1/quarantine/{id}/replay", "/v1/skus/{sku}/snapshots", "/v1/views/rebuild",
            ],
            document["paths"]!.AsObject().Where(p => p.Value!["post"]?["parameters"]?.AsArray().Any(o => o!["name"]!.ToString() == "Idempotency-Key") == true).Select(p => p.Key).Order(StringComparer.Ordinal));
        var order = Schema(document, document["paths"]!["/v1/orders"]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!);
        Assert.Superset(new HashSet<string> { "platform", "shop", "platformOrderId", "placedAt", "lines", "amounts", "buyer", "address", "payment" }, order["properties"]!.AsObject().Select(p => p.Key).ToHashSet());
        var answer = Schema(document, document["paths"]!["/v1/skus/{sku}"]!["get"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!);
        Assert.Equal("integer", answer["properties"]!["available"]!["type"]!.ToString());
        var reserved = Schema(document, document["paths"]!["/v1/skus/{sku}/snapshots"]!["post"]!["responses"]!["201"]!["content"]!["application/json"]!["schema"]!);
        var issuedAt = Schema(document, reserved["properties"]!["issuedAt"]!);
        Assert.Equal(("string", "date-time"), (issuedAt["type"]!.ToString(), issuedAt["format"]!.ToString()));
        Assert.DoesNotContain("byPlatformSku", document.ToJsonString());
        foreach (var reference in Regex.Matches(document.ToJsonString(), "\"#/components/schemas/([^\"]+)\"").Select(m => m.Groups[1].Value)) Assert.NotNull(document["components"]!["schemas"]![reference]);

        static JsonNode Schema(JsonNode document, JsonNode schema) => schema["$ref"] is { } reference ? document["components"]!["schemas"]![reference.ToString().Split('/')[^1]]! : schema;
    }

    [Fact]
    public async Task What_is_not_there_and_what_is_too_large_are_problems_too()
    {
        await using var host = await ApiHost.StartAsync();
        var admin = host.Admin;
        Assert.Equal((404, "not_found"), await Refusal(admin.Get("/v1/nothing")));
        Assert.Equal((404, "not_found"), await Refusal(host.As(null).Get("/nothing")));
        Assert.Equal((405, "method_not_allowed"), await Refusal(admin.Send(HttpMethod.Delete, "/v1/orders", null)));
        var large = await admin.Post("/v1/orders", new string(' ', 1 << 20) + "{}");
        Assert.Equal((413, "body_too_large"), (large.Status, large.Code));
        Assert.False((await admin.Get("/v1/orders")).Message.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData(AnswerKind.Overloaded, 429, "overloaded", 429)]
    [InlineData(AnswerKind.StoreUnavailable, 503, "store_unavailable", 503)]
    [InlineData(AnswerKind.OutcomeUnknown, 503, "outcome_unknown", 503)]
    [InlineData(AnswerKind.Stopped, 503, "partition_stopped", 503)]
    public async Task A_failing_engine_is_told_with_when_to_come_again(AnswerKind kind, int status, string code, int webhookStatus)
    {
        await using var host = await ApiHost.StartAsync(replace: s => s.AddSingleton<IEngine, FailingEngine>());
        var admin = host.Admin;
        await admin.Stock("A", 10);
        var token = await admin.Token("A");
        var ticket = (await admin.Reserve("A", "r", 1)).Text("token");
        ((FailingEngine)host.Services.GetRequiredService<IEngine>()).Fails = kind;
        Reply[] replies =
        [
            await admin.Get("/v1/skus/A"), await admin.Put("/v1/skus/A", "{}"), await admin.Post("/v1/skus/A/snapshots"), await admin.Reserve("A", "r-2", 1, token),
            await admin.Post("/v1/skus/A/reservations/r/commit", $$"""{"token":"{{ticket}}"}"""), await admin.Get("/v1/skus/A/reservations"), await admin.Get("/v1/skus/A/reservations/r"),
            await admin.Post("/v1/stock/adjustments", """{"reference":"x","lines":[{"sku":"A","warehouse":"gz","delta":1,"reason":"receiving"}]}"""),
            await admin.Put("/v1/warehouses/gz", """{"name":"x"}"""), await admin.Get("/v1/warehouses"), await admin.Post("/v1/orders", Orders.New("1", ("A", 1)).ToJsonString()), await admin.Get(Orders.Path("1")),
            await admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p")), await admin.Post($"{Orders.Path("1")}/unhold", """{"by":"x","reason":"y"}"""), await admin.Post("/v1/quarantine/x/replay"),
            await admin.Post("/v1/keys/rotation", "", key: "k"),
        ];
        Assert.All(replies, r => Assert.Equal((status, code, "1"), (r.Status, r.Code, r.Message.Headers.RetryAfter!.ToString())));

        var body = """{"type":"order.cancelled","data":{"platformOrderId":"1","reason":"x"}}"""u8.ToArray();
        var now = TimeProvider.System.GetUtcNow();
        var push = await host.As(null).Push("/webhooks/standard/main", new Dictionary<string, string>
        {
            ["webhook-id"] = "m", ["webhook-timestamp"] = now.ToUnixTimeSeconds().ToString(), ["webhook-signature"] = Engine.Load.Signers.Standard(ApiHost.StandardSecret, "m", now, body),
        }, body);
        Assert.Equal((webhookStatus, "1"), (push.Status, push.Message.Headers.RetryAfter!.ToString()));
        foreach (var list in new[] { "/v1/orders", "/v1/replenishments", "/v1/quarantine", "/v1/audit/locks" }) Assert.Equal("true", (await admin.Get(list)).Text("incomplete"));
        Assert.Equal((503, "not_ready"), ((await admin.Get("/health/ready")).Status, (await admin.Get("/health/ready")).Text("status")));
    }

    [Fact]
    public async Task Everything_is_there_after_a_restart()
    {
        using var folder = new TempFolder();
        string ticket, order;
        await using (var host = await ApiHost.StartAsync(folder: folder))
        {
            await host.Admin.Stock("A", 10);
            ticket = (await host.Admin.Reserve("A", "r", 2)).Text("token")!;
            await host.Admin.Post("/v1/orders", Orders.New("1", ("A", 3)).ToJsonString());
            await host.Admin.Post($"{Orders.Path("1")}/payments", Orders.Pay("p"));
            order = (await host.Admin.Get(Orders.Path("1"))).Body!.ToJsonString();
        }
        await using (var host = await ApiHost.StartAsync(folder: folder))
        {
            Assert.Equal(order, (await host.Admin.Get(Orders.Path("1"))).Body!.ToJsonString());
            Assert.Equal("committed", (await host.Admin.Post("/v1/skus/A/reservations/r/commit", $$"""{"token":"{{ticket}}"}""")).Text("state"));
            Assert.Equal(("5", "5"), ((await host.Admin.Get("/v1/skus/A")).Text("available"), (await host.Admin.Get("/v1/skus/A")).Text("committed")));
            Assert.Equal("gz", (await host.Admin.Get("/v1/warehouses")).Text("items[0].warehouse"));
        }
    }

    [Fact]
    public async Task A_second_engine_on_the_same_folder_does_not_start()
    {
        await using var host = await ApiHost.StartAsync();
        var refusal = await Assert.ThrowsAsync<Adapters.StartupException>(() => ApiHost.StartAsync(folder: host.Folder));
        Assert.Contains("in use by another engine", refusal.Message);
    }

    [Fact]
    public async Task A_rotated_key_goes_on_verifying_and_leaves_once_nothing_alive_names_it()
    {
        var time = new ManualTime();
        await using var host = await ApiHost.StartAsync(time);
        var admin = host.Admin;
        await admin.Stock("A", 10);
        var (token, ticket) = (await admin.Token("A"), (await admin.Reserve("A", "r", 1)).Text("token"));
        var old = (await admin.Get("/v1/keys")).Text("items[0].id")!;

        var rotated = await admin.Post("/v1/keys/rotation", "", key: "k-1");
        Assert.Equal(201, rotated.Status);
        Assert.Null(rotated.At("retiredAt"));
        var again = await admin.Post("/v1/keys/rotation", "", key: "k-1");
        Assert.Equal((200, rotated.Text("id")), (again.Status, again.Text("id")));
        Assert.Equal((422, "idempotency_conflict"), await Refusal(admin.Post("/v1/keys/rotation", "{}", key: "k-1")));
        Assert.Equal(2, (await admin.Get("/v1/keys")).Body!["items"]!.AsArray().Count);
        Assert.Equal(201, (await admin.Reserve("A", "r-2", 1, token)).Status);

        var keys = host.Services.GetRequiredService<SigningKeys>();
        var upkeep = new RetiredKeys(host.Services.GetRequiredService<IEngine>(), new Engine.Host.Cluster.Scans(host.Services.GetRequiredService<IEngine>()), keys, host.Services.GetRequiredService<Engine.Host.Settings.EngineSettings>(), time, NullLogger<RetiredKeys>.Instance);
        time.Advance(TimeSpan.FromMinutes(3));
        await upkeep.RemoveAsync();
        Assert.Equal(2, keys.All.Count);
        Assert.Equal("committed", (await admin.Post("/v1/skus/A/reservations/r/commit", $$"""{"token":"{{ticket}}"}""")).Text("state"));
        await admin.Post("/v1/skus/A/reservations/r/release", $$"""{"token":"{{ticket}}"}""");
        await upkeep.RemoveAsync();
        Assert.False(keys.TryGet(old, out _));
        Assert.Equal((403, "invalid_token"), await Refusal(admin.Post("/v1/skus/A/reservations/r/release", $$"""{"token":"{{ticket}}"}""")));

        // A repeat tells of the key that its call made, whatever came since.
        Assert.NotEqual(rotated.Text("id"), (await admin.Post("/v1/keys/rotation", "", key: "k-2")).Text("id"));
        Assert.Equal(rotated.Text("id"), (await admin.Post("/v1/keys/rotation", "", key: "k-1")).Text("id"));
    }

    [Fact]
    public async Task One_idempotency_key_is_one_body_and_one_answer_also_of_calls_that_change_nothing()
    {
        await using var host = await ApiHost.StartAsync();
        var admin = host.Admin;
        await admin.Stock("A", 10);
        await admin.Post("/v1/orders", Orders.New("1", ("A", 1)).ToJsonString());
        await admin.Post($"{Orders.Path("1")}/cancellation", """{"reason":"x","by":"cs"}""");
        // A refusal is not remembered.
        Assert.Equal(404, (await admin.Post("/v1/carts/snapshots", "{\"lines\":[{\"sku\":\"A1\",\"quantity\":1}]}", key: "k")).Status);
        foreach (var (path, body, other, status) in new[]
        {
            ("/v1/skus/A/snapshots", """{"orderId":"o-1"}""", """{"orderId":"o-2"}""", 201),
            ("/v1/carts/snapshots", """{"lines":[{"sku":"A","quantity":1}]}""", """{"lines":[{"sku":"A","quantity":2}]}""", 201),
            ($"{Orders.Path("1")}/forget", """{"reason":"asked for"}""", """{"reason":"asked for again"}""", 200),
        })
        {
            var first = await admin.Post(path, body, key: "k");
            Assert.Equal(status, first.Status);
            await admin.Stock("A", 10, reference: path);
            var repeat = await admin.Post(path, body, key: "k");
            Assert.Equal(status, repeat.Status);
            Assert.True(JsonNode.DeepEquals(first.Body, repeat.Body), $"{first.Body} {repeat.Body}");
            Assert.Equal((422, "idempotency_conflict"), await Refusal(admin.Post(path, other, key: "k")));
            Assert.Equal(status, (await admin.Post(path, other, key: "another")).Status);
        }
    }

    [Fact]
    public async Task A_call_that_may_be_made_twice_is_made_once_for_a_key_and_answered_the_same_after_a_restart()
    {
        using var folder = new TempFolder();
        string rebuilt, archived;
        await using (var host = await ApiHost.StartAsync(folder: folder))
        {
            await host.Admin.Stock("A", 10);
            var begun = await host.Admin.Post("/v1/views/rebuild", key: "k");
            Assert.Equal(202, begun.Status);
            rebuilt = begun.Body!.ToJsonString();
            archived = (await host.Admin.Post("/v1/archive?olderThanDays=0", key: "k")).Body!.ToJsonString();
            await host.Admin.Until("/v1/views", r => r.Text("rebuilds") == "1");
            await RepeatedAsync(host, "1");
        }
        await using (var host = await ApiHost.StartAsync(folder: folder))
        {
            await RepeatedAsync(host, "0");
            Assert.Equal(202, (await host.Admin.Post("/v1/views/rebuild", key: "another")).Status);
            await host.Admin.Until("/v1/views", r => r.Text("rebuilds") == "1");
        }

        async Task RepeatedAsync(ApiHost host, string rebuilds)
        {
            var again = await host.Admin.Post("/v1/views/rebuild", key: "k");
            Assert.Equal((202, rebuilt), (again.Status, again.Body!.ToJsonString()));
            var views = await host.Admin.Get("/v1/views");
            Assert.Equal((rebuilds, null), (views.Text("rebuilds"), views.At("rebuilding")));
            Assert.Equal(archived, (await host.Admin.Post("/v1/archive?olderThanDays=0", key: "k")).Body!.ToJsonString());
            Assert.Equal((422, "idempotency_conflict"), await Refusal(host.Admin.Post("/v1/archive?olderThanDays=1", key: "k")));
            Assert.Equal((422, "idempotency_conflict"), await Refusal(host.Admin.Post("/v1/views/rebuild", "{}", key: "k")));
            // A refusal is not remembered, so what would be another call under a key that was used is decided afresh.
            Assert.Equal((404, "unknown_message"), await Refusal(host.Admin.Post("/v1/quarantine/x/replay", "{}", key: "k")));
            Assert.Equal((404, "unknown_message"), await Refusal(host.Admin.Post("/v1/quarantine/x/replay", key: "k")));
            Assert.Equal((400, "invalid_request"), await Refusal(host.Admin.Post("/v1/quarantine/x/replay", key: new string('k', 256))));
        }
    }

    [Fact]
    public async Task A_lock_whose_order_denies_it_twice_is_freed_and_told_of()
    {
        var time = new ManualTime();
        await using var host = await ApiHost.StartAsync(time);
        var (admin, engine) = (host.Admin, host.Services.GetRequiredService<IEngine>());
        await admin.Stock("A", 10);
        await admin.Post("/v1/orders", Orders.New("1", ("A", 2)).ToJsonString());
        var metrics = host.Services.GetRequiredService<Engine.Host.Metrics.EngineMetrics>();
        // An orphan can't be made through the engine; an order that denies a lock it has stands for one.
        var auditor = new LockAuditor(new DenyingEngine(engine), time, metrics, NullLogger<LockAuditor>.Instance);
        time.Advance(TimeSpan.FromSeconds(31));
        for (var round = 0; round < 10; round++) await auditor.RoundAsync();
        Assert.Equal("8", (await admin.Get("/v1/skus/A")).Text("available"));
        time.Advance(TimeSpan.FromSeconds(5));
        await auditor.RoundAsync();
        Assert.Equal("10", (await admin.Get("/v1/skus/A")).Text("available"));
        var freed = await admin.Get("/v1/audit/locks");
        Assert.Equal(("A", "erp:main:1~L1", "erp:main:1", "2"), (freed.Text("items[0].sku"), freed.Text("items[0].reservationId"), freed.Text("items[0].orderId"), freed.Text("items[0].quantity")));
        Assert.Contains("engine_audit_locks_freed_total 1", metrics.Write());
    }

    [Fact]
    public async Task A_lock_with_an_owner_is_left_alone()
    {
        var time = new ManualTime();
        await using var host = await ApiHost.StartAsync(time);
        await host.Admin.Stock("A", 10);
        await host.Admin.Post("/v1/orders", Orders.New("1", ("A", 2)).ToJsonString());
        var auditor = new LockAuditor(host.Services.GetRequiredService<IEngine>(), time, host.Services.GetRequiredService<Engine.Host.Metrics.EngineMetrics>(), NullLogger<LockAuditor>.Instance);
        for (var round = 0; round < 30; round++)
        {
            time.Advance(TimeSpan.FromSeconds(6));
            await auditor.RoundAsync();
        }
        Assert.Equal("8", (await host.Admin.Get("/v1/skus/A")).Text("available"));
    }

    [Fact]
    public async Task Who_waits_beside_the_stock_of_a_warehouse_that_has_opened_is_served_by_the_auditor()
    {
        var time = new ManualTime();
        await using var host = await ApiHost.StartAsync(time);
        var admin = host.Admin;
        await admin.Stock("A", 10);
        await admin.Stock("B", 1, "sh");
        await admin.Put("/v1/warehouses/gz", """{"state":"paused"}""");
        Assert.Equal("backordered", (await admin.Post("/v1/orders", Orders.New("1", ("A", 2)).ToJsonString())).Text("state"));
        await admin.Put("/v1/warehouses/gz", """{"state":"open"}""");
        var auditor = new LockAuditor(host.Services.GetRequiredService<IEngine>(), time, host.Services.GetRequiredService<Engine.Host.Metrics.EngineMetrics>(), NullLogger<LockAuditor>.Instance);
        for (var round = 0; round < 10; round++) await auditor.RoundAsync();
        Assert.Equal("awaiting_payment", (await admin.Until(Orders.Path("1"), r => r.Text("state") == "awaiting_payment")).Text("state"));
    }

    /// <summary>Every order denies its locks.</summary>
    sealed class DenyingEngine(IEngine engine) : IEngine
    {
        public int Partitions => engine.Partitions;
        public bool IsReady => engine.IsReady;
        public bool IsWritable => engine.IsWritable;
        public IReadOnlyList<PartitionStatus> Status => engine.Status;

        public ValueTask<Answer> AskAsync(Actors.Deciders.ActorId to, Actors.Deciders.Command command, AskOptions options = default) => command is Actors.Inventory.AskOwnership
            ? new(new Answer(AnswerKind.Reply, new Actors.Inventory.Ownership(false)))
            : engine.AskAsync(to, command, options);

        public ValueTask<Answer> ReadAsync<TActor>(Actors.Deciders.ActorId id, Func<TActor, long, object?> read) where TActor : Actors.Deciders.Actor => engine.ReadAsync(id, read);

        public Task<IReadOnlyList<T>> ScanAsync<TActor, T>(Actors.Deciders.ActorKind kind, Func<TActor, long, T?> pick, bool orFail = false) where TActor : Actors.Deciders.Actor where T : class => engine.ScanAsync(kind, pick, orFail);
    }

    static async Task<(int, string?)> Refusal(Task<Reply> call)
    {
        var reply = await call;
        return (reply.Status, reply.Code);
    }
}
