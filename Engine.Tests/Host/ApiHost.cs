using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Engine.Actors.Asking;
using Engine.Actors.Kernel;
using Engine.Host;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Engine.Tests.Host;

/// <summary>The whole process as a client sees it: real Kestrel on a free loopback port, a real store in a folder of its own.</summary>
sealed class ApiHost : IAsyncDisposable
{
    public const string ShopifySecret = "shopify-secret";
    public const string StandardSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZg==";

    readonly WebApplication _app;
    readonly TempFolder _folder;
    readonly bool _ownsFolder;

    ApiHost(WebApplication app, TempFolder folder, bool ownsFolder) => (_app, _folder, _ownsFolder) = (app, folder, ownsFolder);

    public static async Task<ApiHost> StartAsync(
        TimeProvider? time = null, TempFolder? folder = null, Dictionary<string, string?>? settings = null, Action<IServiceCollection>? replace = null)
    {
        var own = folder ?? new TempFolder();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Settings(own)).AddInMemoryCollection(settings).Build();
        var app = EngineHost.Build(configuration, time, replace);
        await app.StartAsync();
        await app.Services.GetRequiredService<EngineLifetime>().Opening;
        return new ApiHost(app, own, folder is null);
    }

    static Dictionary<string, string?> Settings(TempFolder folder)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Engine:Urls"] = "http://127.0.0.1:0",
            ["Engine:DataDirectory"] = folder.File("data"),
            ["Engine:Partitions"] = "4",
            ["Serilog:MinimumLevel:Default"] = "Error",
            ["Engine:Shops:0:Platform"] = "shopify",
            ["Engine:Shops:0:Shop"] = "main",
            ["Engine:Shops:0:Secret"] = ShopifySecret,
            ["Engine:Shops:1:Platform"] = "standard",
            ["Engine:Shops:1:Shop"] = "main",
            ["Engine:Shops:1:Secret"] = StandardSecret,
            ["Engine:Shops:2:Platform"] = "youzan",
            ["Engine:Shops:2:Shop"] = "strict",
            ["Engine:Shops:2:AppKey"] = "client",
            ["Engine:Shops:2:Secret"] = "youzan-secret",
            ["Engine:Shops:2:OnShortage"] = "reject",
        };
        var keys = new[] { "admin", "ops", "service", "cs", "warehouse" };
        for (var i = 0; i < keys.Length; i++)
        {
            settings[$"Engine:Keys:{i}:Name"] = keys[i];
            settings[$"Engine:Keys:{i}:Role"] = keys[i];
            settings[$"Engine:Keys:{i}:Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"key-of-{keys[i]}")));
        }
        settings["Engine:Keys:4:Warehouses:0"] = "gz";
        return settings;
    }

    public IServiceProvider Services => _app.Services;
    public TempFolder Folder => _folder;
    public Uri Address => new(_app.Urls.First());

    /// <summary>A client with the key of a role; none for nobody.</summary>
    public ApiClient As(string? role)
    {
        var http = new HttpClient { BaseAddress = Address };
        if (role is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", $"key-of-{role}");
        return new ApiClient(http);
    }

    public ApiClient Admin => As("admin");

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownsFolder) _folder.Dispose();
    }
}

/// <summary>What a call was answered.</summary>
sealed record Reply(int Status, JsonNode? Body, HttpResponseMessage Message)
{
    public string? Code => Body is JsonObject ? Text("code") : null;

    public string? Text(string path) => At(path)?.ToString();

    /// <summary>A value by its path, as <c>lines[0].state</c>; null where there is none.</summary>
    public JsonNode? At(string path)
    {
        var node = Body;
        foreach (var part in path.Replace("[", ".[").Split('.', StringSplitOptions.RemoveEmptyEntries))
            node = part[0] == '[' ? (node as JsonArray) is { } list && int.Parse(part[1..^1]) < list.Count ? list[int.Parse(part[1..^1])] : null : (node as JsonObject)?[part];
        return node;
    }

    /// <summary>The faults of a bad request, as path and code.</summary>
    public IEnumerable<string> Faults => (Body!["errors"] as JsonArray ?? []).Select(e => $"{e!["path"]}:{e["code"]}").Order(StringComparer.Ordinal);
}

/// <summary>Calls as outside clients make them: nothing of the engine's own types is used on the way.</summary>
sealed class ApiClient(HttpClient http)
{
    static readonly TimeSpan UntilMax = TimeSpan.FromSeconds(60);

    public Task<Reply> Get(string path) => Send(HttpMethod.Get, path, null);

    public Task<Reply> Put(string path, string json) => Send(HttpMethod.Put, path, json);

    public Task<Reply> Post(string path, string? json = null, string? key = null) => Send(HttpMethod.Post, path, json, key);

    public async Task<Reply> Send(HttpMethod method, string path, string? json, string? key = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(http.BaseAddress!.ToString().TrimEnd('/') + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        // A body that is refused for its size is refused before it is sent: without this the client might see only a closed connection.
        if (json?.Length > 100_000) request.Headers.ExpectContinue = true;
        return await Read(await http.SendAsync(request));
    }

    public async Task<Reply> Push(string path, IReadOnlyDictionary<string, string> headers, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in headers)
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content.Headers.TryAddWithoutValidation(name, value);
        return await Read(await http.SendAsync(request));
    }

    static async Task<Reply> Read(HttpResponseMessage message)
    {
        var text = await message.Content.ReadAsStringAsync();
        var isJson = message.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
        return new Reply((int)message.StatusCode, isJson ? JsonNode.Parse(text) : JsonValue.Create(text), message);
    }

    /// <summary>Asks until the answer is as it should be in the end, and returns the last one either way.</summary>
    public async Task<Reply> Until(string path, Func<Reply, bool> isSo)
    {
        var start = TimeProvider.System.GetTimestamp();
        for (var reply = await Get(path); ; reply = await Get(path))
        {
            if (isSo(reply) || TimeProvider.System.GetElapsedTime(start) > UntilMax) return reply;
            // On a busy machine what is waited for needs the time more than whoever asks.
            await Task.Delay(5);
        }
    }

    // ── what many tests need first ──

    public async Task Stock(string sku, int quantity, string warehouse = "gz", string? reference = null)
    {
        var line = new JsonObject { ["sku"] = sku, ["warehouse"] = warehouse, ["delta"] = quantity, ["reason"] = "receiving" };
        var reply = await Post("/v1/stock/adjustments", new JsonObject { ["reference"] = reference ?? $"stock {sku} {warehouse} {quantity}", ["lines"] = new JsonArray(line) }.ToJsonString());
        if (reply.Status != (int)HttpStatusCode.OK) throw new InvalidOperationException(reply.Body?.ToString());
    }

    public async Task<string> Token(string sku, string? orderId = null)
    {
        var reply = await Post($"/v1/skus/{Uri.EscapeDataString(sku)}/snapshots", orderId is null ? null : new JsonObject { ["orderId"] = orderId }.ToJsonString());
        return reply.Text("token") ?? throw new InvalidOperationException(reply.Body?.ToString());
    }

    public Task<Reply> Reserve(string sku, string id, int quantity, string? token, string orderId = "o-1", string? warehouse = null)
    {
        var body = new JsonObject { ["reservationId"] = id, ["orderId"] = orderId, ["quantity"] = quantity, ["token"] = token };
        if (warehouse is not null) body["warehouse"] = warehouse;
        return Post($"/v1/skus/{Uri.EscapeDataString(sku)}/reservations", body.ToJsonString());
    }

    public Task<Reply> Snapshots(string? orderId, params (string Sku, int Quantity)[] lines) => Post("/v1/carts/snapshots", new JsonObject
    {
        ["orderId"] = orderId, ["lines"] = new JsonArray([.. lines.Select(l => new JsonObject { ["sku"] = l.Sku, ["quantity"] = l.Quantity })]),
    }.ToJsonString());

    public async Task<Reply> ReserveCart(string id, string orderId, params (string Sku, int Quantity)[] lines) => await ReserveCart(id, orderId, await Snapshots(orderId, lines));

    public Task<Reply> ReserveCart(string id, string orderId, Reply snapshots) =>
        ReserveCart(id, orderId, [.. ((JsonArray)snapshots.At("lines")!).Select(l => (l!["sku"]!.ToString(), (int)l["quantity"]!, (string?)l["token"]!.ToString()))]);

    public Task<Reply> ReserveCart(string id, string orderId, params (string Sku, int Quantity, string? Token)[] lines) => Post("/v1/carts/reservations", new JsonObject
    {
        ["reservationId"] = id, ["orderId"] = orderId,
        ["lines"] = new JsonArray([.. lines.Select(l => new JsonObject { ["sku"] = l.Sku, ["quantity"] = l.Quantity, ["token"] = l.Token })]),
    }.ToJsonString());

    public async Task<Reply> Reserve(string sku, string id, int quantity) => await Reserve(sku, id, quantity, await Token(sku));
}

/// <summary>An engine that answers nothing but a failure, once it is told to.</summary>
sealed class FailingEngine(EngineNode node) : IEngine
{
    public AnswerKind? Fails { get; set; }

    public int Partitions => node.Partitions;
    public bool IsReady => Fails is null && node.IsReady;
    public bool IsWritable => Fails is null && node.IsWritable;
    public IReadOnlyList<PartitionStatus> Status => Fails is null ? node.Status : [.. node.Status.Select(p => p with { State = "stopped" })];

    public ValueTask<Answer> AskAsync(Actors.Deciders.ActorId to, Actors.Deciders.Command command, AskOptions options = default) =>
        Fails is { } kind ? new(new Answer(kind)) : node.AskAsync(to, command, options);

    public ValueTask<Answer> ReadAsync<TActor>(Actors.Deciders.ActorId id, Func<TActor, long, object?> read) where TActor : Actors.Deciders.Actor =>
        Fails is { } kind ? new(new Answer(kind)) : node.ReadAsync(id, read);

    public Task<IReadOnlyList<T>> ScanAsync<TActor, T>(Actors.Deciders.ActorKind kind, Func<TActor, long, T?> pick, bool orFail = false) where TActor : Actors.Deciders.Actor where T : class => node.ScanAsync(kind, pick, orFail);
}
