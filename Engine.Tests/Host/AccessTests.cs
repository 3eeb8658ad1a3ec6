using Engine.Adapters;
using Engine.Host.Security;
using Xunit;

namespace Engine.Tests.Host;

/// <summary>Who may do what: the table of roles, and that nobody learns from a refusal what there is.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    static readonly string[] Roles = ["admin", "ops", "service", "cs", "warehouse"];

    /// <summary>Each call with the roles that may make it.</summary>
    static readonly (string Method, string Path, string May)[] Calls =
    [
        ("PUT", "/v1/warehouses/gz", "admin ops"),
        ("GET", "/v1/warehouses", "admin ops service cs warehouse"),
        ("GET", "/v1/warehouses/gz", "admin ops service cs warehouse"),
        ("PUT", "/v1/skus/A", "admin"),
        ("GET", "/v1/skus/A", "admin ops service cs warehouse"),
        ("GET", "/v1/skus/A/history", "admin ops service cs warehouse"),
        ("POST", "/v1/stock/adjustments", "admin service warehouse"),
        ("POST", "/v1/skus/A/snapshots", "admin service"),
        ("POST", "/v1/skus/A/reservations", "admin service"),
        ("POST", "/v1/skus/A/reservations/r/paying", "admin service"),
        ("POST", "/v1/skus/A/reservations/r/commit", "admin service"),
        ("POST", "/v1/skus/A/reservations/r/release", "admin service"),
        ("POST", "/v1/skus/A/reservations/r/ship", "admin service"),
        ("GET", "/v1/skus/A/reservations", "admin ops service cs warehouse"),
        ("GET", "/v1/replenishments", "admin ops service cs"),
        ("POST", "/v1/orders", "admin service"),
        ("GET", "/v1/orders", "admin ops service cs warehouse"),
        ("GET", "/v1/orders/counts", "admin ops service cs warehouse"),
        ("GET", "/v1/views", "admin ops"),
        ("POST", "/v1/views/rebuild", "admin"),
        ("POST", "/v1/orders/a:b:c/payments", "admin service"),
        ("POST", "/v1/orders/a:b:c/cancellation", "admin service cs"),
        ("POST", "/v1/orders/a:b:c/unhold", "admin ops cs"),
        ("POST", "/v1/orders/a:b:c/forget", "admin"),
        ("POST", "/v1/orders/a:b:c/steps", "admin warehouse"),
        ("GET", "/v1/quarantine", "admin ops"),
        ("POST", "/v1/quarantine/x/replay", "admin ops"),
        ("GET", "/v1/audit/locks", "admin ops"),
        ("GET", "/v1/keys", "admin ops"),
        ("POST", "/v1/keys/rotation", "admin"),
    ];

    ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Every_call_is_open_to_its_roles_and_to_no_other()
    {
        foreach (var (method, path, may) in Calls)
        {
            foreach (var role in Roles)
            {
                var reply = await _host.As(role).Send(new HttpMethod(method), path, method == "GET" ? null : """{"lines":[]}""");
                // Behind the gate anything may be said of the empty body, but not that the role is wrong.
                if (may.Split(' ').Contains(role)) Assert.False(reply.Status is 401 || reply.Text("detail")?.Contains("the role") == true, $"{role} {method} {path}: {reply.Body}");
                else Assert.Equal((403, "forbidden"), (reply.Status, reply.Code));
            }
        }
    }

    [Fact]
    public async Task Without_a_key_or_with_a_wrong_one_there_is_nothing_to_learn()
    {
        var known = await Nobody(_host.As(null), "/v1/skus/A");
        foreach (var path in new[] { "/v1/skus/none", "/v1/nothing/here", "/v1/orders/a:b:c", "/v1" }) Assert.Equal(known, await Nobody(_host.As(null), path));
        Assert.Equal(known, await Nobody(_host.As("stranger"), "/v1/skus/A"));

        static async Task<string> Nobody(ApiClient client, string path)
        {
            var reply = await client.Get(path);
            Assert.Equal((401, "unauthorized", "Bearer"), (reply.Status, reply.Code, reply.Message.Headers.WwwAuthenticate.ToString()));
            return reply.Body!.ToJsonString();
        }
    }

    [Fact]
    public async Task A_wrong_role_is_told_the_same_whether_the_thing_exists_or_not()
    {
        await _host.Admin.Stock("A", 1);
        Assert.Equal((await _host.As("cs").Post("/v1/skus/A/snapshots")).Body!.ToJsonString(), (await _host.As("cs").Post("/v1/skus/none/snapshots")).Body!.ToJsonString());
    }

    [Fact]
    public async Task A_warehouse_key_sees_and_moves_what_is_in_its_warehouses_only()
    {
        var (admin, gz) = (_host.Admin, _host.As("warehouse"));
        await admin.Stock("A", 5, "gz");
        await admin.Stock("A", 7, "sh");
        await admin.Stock("B", 7, "sh");
        var stock = await gz.Get("/v1/skus/A");
        Assert.Equal(("5", "5", "gz", 1), (stock.Text("onHand"), stock.Text("available"), stock.Text("warehouses[0].warehouse"), stock.Body!["warehouses"]!.AsArray().Count));
        Assert.Equal("gz", Assert.Single((await gz.Get("/v1/warehouses")).Body!["items"]!.AsArray())!["warehouse"]!.ToString());
        Assert.Equal((403, 403), ((await gz.Get("/v1/warehouses/sh")).Status, (await gz.Get("/v1/warehouses/none")).Status));

        await admin.Reserve("A", "here", 1, await admin.Token("A"), warehouse: "gz");
        await admin.Reserve("A", "there", 1, await admin.Token("A"), warehouse: "sh");
        Assert.Equal("here", Assert.Single((await gz.Get("/v1/skus/A/reservations")).Body!["items"]!.AsArray())!["reservationId"]!.ToString());
        Assert.Equal((200, 403, 403), ((await gz.Get("/v1/skus/A/reservations/here")).Status, (await gz.Get("/v1/skus/A/reservations/there")).Status, (await gz.Get("/v1/skus/A/reservations/none")).Status));

        var away = await gz.Post("/v1/stock/adjustments", """{"reference":"x","lines":[{"sku":"A","warehouse":"gz","delta":1,"reason":"receiving"},{"sku":"A","warehouse":"sh","delta":1,"reason":"receiving"}]}""");
        Assert.Equal((403, "forbidden"), (away.Status, away.Code));
        await gz.Stock("A", 1, "gz");
        Assert.Equal("13", (await admin.Get("/v1/skus/A")).Text("onHand"));

        await admin.Post("/v1/orders", Orders.New("1", ("A", 1)).ToJsonString());
        await admin.Post("/v1/orders", Orders.New("2", ("B", 1)).ToJsonString());
        foreach (var id in new[] { "1", "2" }) await admin.Post($"{Orders.Path(id)}/payments", Orders.Pay("p"));
        Assert.Equal("erp:main:1", Assert.Single((await gz.Get("/v1/orders")).Body!["items"]!.AsArray())!["orderId"]!.ToString());
        Assert.Equal((200, "picking"), ((await gz.Get(Orders.Path("1"))).Status, (await gz.Post($"{Orders.Path("1")}/steps", Orders.Step("picking"))).Text("state")));
        foreach (var id in new[] { "2", "none" })
        {
            Assert.Equal("forbidden", (await gz.Get(Orders.Path(id))).Code);
            Assert.Equal("forbidden", (await gz.Get($"{Orders.Path(id)}/history")).Code);
            Assert.Equal("forbidden", (await gz.Post($"{Orders.Path(id)}/steps", Orders.Step("picking"))).Code);
        }
        Assert.Equal("paid", (await admin.Get(Orders.Path("2"))).Text("state"));
    }

    [Fact]
    public async Task Ops_may_pause_a_warehouse_and_change_nothing_else_of_it()
    {
        await _host.Admin.Put("/v1/warehouses/gz", """{"name":"广州","location":{"lat":23.13,"lon":113.26},"coldChain":false}""");
        Assert.Equal((200, "paused"), (await _host.As("ops").Put("/v1/warehouses/gz", """{"state":"paused"}""") is var reply ? reply.Status : 0, (await _host.Admin.Get("/v1/warehouses/gz")).Text("state")));
        Assert.Equal("forbidden", (await _host.As("ops").Put("/v1/warehouses/gz", """{"name":"x","state":"open"}""")).Code);
        Assert.Equal("forbidden", (await _host.As("ops").Put("/v1/warehouses/new", """{"name":"x"}""")).Code);
        Assert.Equal("广州", (await _host.Admin.Get("/v1/warehouses/gz")).Text("name"));
    }

    [Fact]
    public async Task Two_authorization_headers_or_another_scheme_are_no_key()
    {
        using var http = new HttpClient { BaseAddress = _host.Address };
        foreach (var value in new[] { "Basic key-of-admin", "key-of-admin", "Bearer", "Bearer  ", "Bearer key-of-admin, Bearer key-of-ops" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/orders");
            request.Headers.TryAddWithoutValidation("Authorization", value);
            Assert.Equal(401, (int)(await http.SendAsync(request)).StatusCode);
        }
    }

    [Fact]
    public async Task Without_configured_keys_the_first_start_makes_one_and_the_next_takes_it()
    {
        using var folder = new TempFolder();
        var settings = new Dictionary<string, string?> { ["Engine:Urls"] = "http://127.0.0.1:0", ["Engine:DataDirectory"] = folder.File("data"), ["Engine:Partitions"] = "1", ["Serilog:MinimumLevel:Default"] = "Error" };
        string? first = null;
        for (var start = 0; start < 2; start++)
        {
            var configuration = Microsoft.Extensions.Configuration.MemoryConfigurationBuilderExtensions.AddInMemoryCollection(new Microsoft.Extensions.Configuration.ConfigurationBuilder(), settings).Build();
            await using var app = Engine.Host.EngineHost.Build(configuration);
            await app.StartAsync();
            var file = folder.File("data/admin.key");
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            var key = (await File.ReadAllTextAsync(file)).Trim();
            Assert.Equal(first ?? key, key);
            first = key;
            using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
            http.DefaultRequestHeaders.Add("Authorization", $"Bearer {key}");
            Assert.Equal(200, (int)(await http.GetAsync("/v1/keys")).StatusCode);
            await app.StopAsync();
        }
    }

    [Fact]
    public void An_admin_key_file_without_a_key_ends_the_start()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File(AdminKeyFile.Name), "\n");
        Assert.Contains("holds no key", Assert.Throws<StartupException>(() => AdminKeyFile.LoadOrCreate(folder.Path, out _, out _)).Message);
    }
}
