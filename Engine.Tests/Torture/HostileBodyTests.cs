using System.IO.Compression;
using System.Text;
using Engine.Host.Api;
using Engine.Load;
using Engine.Tests.Host;
using Engine.Tests.Platforms;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 28: bodies and heads that nobody means well with, over raw sockets against the real server. Always a refusal of the
/// caller's kind, never an error of the engine's, within a bound of memory; nothing is half applied, and it serves on.
/// </summary>
[Collection(nameof(OneAtATime))]
public sealed class HostileBodyTests(HostileBodyTests.Target target, ITestOutputHelper output) : IAsyncLifetime, IClassFixture<HostileBodyTests.Target>
{
    const long AllocatedMax = 24 << 20;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly ApiHost _host = target.Host;

    /// <summary>One server that all of it is thrown at.</summary>
    public sealed class Target : IAsyncLifetime
    {
        internal ApiHost Host { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Host = await ApiHost.StartAsync();
            await Host.Admin.Stock("A", 100);
        }

        public async Task DisposeAsync() => await Host.DisposeAsync();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Whatever came before: it serves, and the stock is as it was.</summary>
    public async Task DisposeAsync()
    {
        Assert.Equal("100", (await _host.Admin.Get("/v1/skus/A")).Text("available"));
        Assert.Equal(200, (await _host.Admin.Get("/health/ready")).Status);
    }

    public static TheoryData<string> Paths => ["/v1/orders", "/v1/stock/adjustments", "/webhooks/standard/main", "/webhooks/shopify/main", "/webhooks/youzan/strict"];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_hundred_megabytes_are_refused_before_they_are_read(string path) =>
        Assert.Equal(413, (await SendAsync(Head(path, $"Content-Length: {100 << 20}\r\n"), Endless(100 << 20))).Status);

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Endless_chunks_are_refused_at_the_limit(string path) =>
        Assert.Equal(413, (await SendAsync(Head(path, "Transfer-Encoding: chunked\r\n"), Chunks(64 << 20))).Status);

    [Fact]
    public async Task A_byte_a_second_is_cut_off_after_a_few_of_them()
    {
        var heard = await SendAsync(Head("/v1/orders", "Content-Length: 1000\r\n"), Drip(25));
        Assert.Equal(408, heard.Status);
    }

    [Fact]
    public async Task A_packed_bomb_is_not_unpacked()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (var i = 0; i < 512; i++) gzip.Write(new byte[1 << 20]);
        }
        var body = packed.ToArray();
        Assert.InRange(body.Length, 1, 1 << 20);
        Assert.Equal(400, (await SendAsync(Head("/v1/orders", $"Content-Encoding: gzip\r\nContent-Length: {body.Length}\r\n"), One(body))).Status);
        Assert.Equal(400, (await SendAsync(Head("/webhooks/shopify/main", $"Content-Encoding: gzip\r\nContent-Length: {body.Length}\r\n"), One(body))).Status);
    }

    public static TheoryData<string, string> Bodies => new()
    {
        { "10,000 nested arrays", new string('[', 10_000) + new string(']', 10_000) },
        { "10,000 nested objects", string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000) },
        { "a field twice", Order().Replace("\"shop\":\"main\"", "\"shop\":\"main\",\"shop\":\"main\"", StringComparison.Ordinal) },
        { "invalid UTF-8", Order().Replace("erp-1", "\u00ff\u00fe", StringComparison.Ordinal) },
        { "half a surrogate", Order().Replace("erp-1", "\\ud800", StringComparison.Ordinal) },
        { "a number beyond decimal", Order(quantity: "99999999999999999999999999999999999999") },
        { "a number beyond double", Order(quantity: "1e999") },
        { "a negative quantity", Order(quantity: "-1") },
        { "a fractional quantity", Order(quantity: "1.5") },
        { "no quantity at all", Order(quantity: "0") },
        { "a quantity as text", Order(quantity: "\"2\"") },
        { "50,000 lines", Order(lines: string.Join(',', Enumerable.Repeat("{}", 50_000))) },
        { "one bad line of three", Order(lines: $"{Line(1)},{Line(2, "-5")},{Line(3)}") },
        { "an unknown currency", Order().Replace("CNY", "XXQ", StringComparison.Ordinal) },
        { "an amount beyond long", Order().Replace("\"total\":100", "\"total\":92233720368547758080", StringComparison.Ordinal) },
        { "a list", "[]" },
        { "a text", "\"order\"" },
        { "a million spaces", new string(' ', 1_000_000) },
        { "a lone byte", "\u0000" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_is_no_order_is_refused_and_nothing_of_it_stays(string what, string body)
    {
        var bytes = Encoding.Latin1.GetBytes(body);
        foreach (var path in new[] { "/v1/orders", "/v1/stock/adjustments", "/v1/skus/A/snapshots" })
        {
            // A snapshot needs nothing of its body: what it does not know it does not look at.
            if (path.EndsWith("snapshots", StringComparison.Ordinal) && body.StartsWith('{') && !what.Contains("nested", StringComparison.Ordinal)) continue;
            var heard = await SendAsync(Head(path, $"Content-Length: {bytes.Length}\r\n"), One(bytes));
            if (heard.Status != 201 || path != "/v1/skus/A/snapshots") Assert.True(heard.Status == 400, $"{what} to {path}: {heard.Text}");
            Assert.InRange(heard.Text.Length, 1, 100_000);
        }
        Assert.Equal(404, (await _host.Admin.Get("/v1/orders/erp%3Amain%3Aerp-1")).Status);
    }

    [Fact]
    public async Task One_bad_line_of_an_adjustment_leaves_the_others_undone()
    {
        const string body = """{"reference":"r","lines":[{"sku":"A","warehouse":"gz","delta":5,"reason":"receiving"},{"sku":"A","warehouse":"gz","delta":1.5,"reason":"receiving"}]}""";
        Assert.Equal(400, (await _host.Admin.Post("/v1/stock/adjustments", body)).Status);
        Assert.Equal("100", (await _host.Admin.Get("/v1/skus/A")).Text("onHand"));
    }

    public static TheoryData<string, string, string> Heads => new()
    {
        { "200 headers", string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: 1\r\n")) + "Content-Length: 2\r\n", "{}" },
        { "a header of 100 KB", $"X-Long: {new string('x', 100_000)}\r\nContent-Length: 2\r\n", "{}" },
        { "two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n", "{} " },
        { "a length that is no number", "Content-Length: 2x\r\n", "{}" },
        { "a negative length", "Content-Length: -2\r\n", "{}" },
        { "a chunk size that is none", "Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n" },
        { "a chunk size beyond all", "Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n" },
        { "a negative chunk", "Transfer-Encoding: chunked\r\n", "-2\r\n{}\r\n0\r\n\r\n" },
        { "an encoding of transfer nobody knows", "Transfer-Encoding: quoted\r\n", "{}" },
    };

    [Theory]
    [MemberData(nameof(Heads))]
    public async Task A_head_that_is_none_is_refused(string what, string headers, string body)
    {
        var heard = await SendAsync(Head("/v1/orders", headers), One(Encoding.Latin1.GetBytes(body)));
        Assert.True(heard.Status is >= 400 and < 500, $"{what}: {heard.Text}");
    }

    /// <summary>Recorded bodies with a few bytes changed, correctly signed: taken, kept in quarantine or refused.</summary>
    [Theory]
    [InlineData("youzan", "strict", "client", "youzan-secret")]
    [InlineData("shopify", "main", "", ApiHost.ShopifySecret)]
    [InlineData("standard", "main", "", ApiHost.StandardSecret)]
    public async Task A_spoiled_message_under_a_good_signature_is_no_error(string platform, string shop, string appKey, string secret)
    {
        var random = new Random(28);
        var world = new Tests.Load.World(platform, new LoadShop(platform, shop, appKey, secret));
        var client = _host.As(null);
        var counts = new SortedDictionary<int, int>();
        var before = GC.GetTotalAllocatedBytes();
        const int rounds = 400;
        for (var round = 0; round < rounds; round++)
        {
            var now = TimeProvider.System.GetUtcNow();
            var made = world.Factory.Make(world.Order, MessageKind.Created, now);
            var body = MutationTests.Mutate(made.Body, random);
            var headers = new Dictionary<string, string>(made.Headers, StringComparer.OrdinalIgnoreCase)
            {
                [world.SignatureHeader] = platform switch
                {
                    "youzan" => Signers.Youzan(appKey, secret, body),
                    "shopify" => Signers.Shopify(secret, body),
                    _ => Signers.Standard(secret, made.Headers["webhook-id"], now, body),
                },
            };
            var reply = await client.Push(world.Shop.Path, headers, body);
            counts[reply.Status] = counts.GetValueOrDefault(reply.Status) + 1;
            Assert.True(reply.Status < 500, $"round {round}: {reply.Status} {reply.Body}");
        }
        // Refused only where the body itself names another app than the one that signs.
        Assert.InRange(counts.GetValueOrDefault(401), 0, rounds / 20);
        Assert.InRange((GC.GetTotalAllocatedBytes() - before) / rounds, 1, 1 << 20);
        output.WriteLine(string.Join(", ", counts.Select(c => $"{c.Value} times {c.Key}")));
    }

    /// <summary>The mutant: a server without a limit of bodies takes all of it in.</summary>
    [Fact]
    public async Task A_server_without_a_limit_is_seen()
    {
        await using var open = await ApiHost.StartAsync(replace: services => services.PostConfigure<KestrelServerOptions>(o => o.Limits.MaxRequestBodySize = null));
        var before = GC.GetTotalAllocatedBytes();
        var heard = await RawClient.SendAsync(open.Address, Head("/v1/orders", "Transfer-Encoding: chunked\r\n"), Chunks(48 << 20), Patience);
        Assert.True(heard.Status != 413 && GC.GetTotalAllocatedBytes() - before > AllocatedMax, heard.Text);
    }

    /// <summary>The mutant: a server that takes in as many large bodies at once as there are.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Large_bodies_that_stand_about_are_bounded_together_and_hold_no_ordinary_call_up(bool mutant)
    {
        const int clients = 60;
        await using var host = await ApiHost.StartAsync(replace: mutant ? services => services.AddSingleton(new BodyBudget(long.MaxValue)) : null);
        var (standing, goOn) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var sent = Enumerable.Range(0, clients).Select(_ => RawClient.SendAsync(host.Address, Head("/webhooks/standard/main", $"Content-Length: {1 << 20}\r\n"), Stand(), Patience)).ToArray();
        for (var start = Environment.TickCount64; Volatile.Read(ref standing) + sent.Count(s => s.IsCompleted) < clients && Environment.TickCount64 - start < Patience.TotalMilliseconds / 2;) await Task.Delay(20);
        await host.Admin.Stock("ORDINARY", 7);
        Assert.Equal("7", (await host.Admin.Get("/v1/skus/ORDINARY")).Text("available"));
        goOn.SetResult();
        var refused = (await Task.WhenAll(sent)).Count(heard => heard.Status == 429);
        output.WriteLine($"{refused} of {clients} refused");
        Assert.InRange(refused, mutant ? 0 : 20, mutant ? 0 : clients - 20);
        // Who is gone leaves room.
        Assert.Equal(401, (await RawClient.SendAsync(host.Address, Head("/webhooks/standard/main", $"Content-Length: {1 << 20}\r\n"), Endless(1 << 20), Patience)).Status);

        async IAsyncEnumerable<byte[]> Stand()
        {
            await foreach (var piece in Endless(15 << 16)) yield return piece;
            Interlocked.Increment(ref standing);
            await goOn.Task;
            await foreach (var piece in Endless(1 << 16)) yield return piece;
        }
    }

    async Task<RawClient.Heard> SendAsync(string head, IAsyncEnumerable<byte[]> body)
    {
        var before = GC.GetTotalAllocatedBytes();
        var heard = await RawClient.SendAsync(_host.Address, head, body, Patience);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, AllocatedMax);
        return heard;
    }

    static string Head(string path, string headers) => $"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer key-of-admin\r\nContent-Type: application/json\r\n{headers}\r\n";

    static async IAsyncEnumerable<byte[]> One(byte[] body)
    {
        yield return body;
        await Task.CompletedTask;
    }

    static async IAsyncEnumerable<byte[]> Endless(long count)
    {
        var piece = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));
        for (var sent = 0L; sent < count; sent += piece.Length)
        {
            yield return piece;
            await Task.Yield();
        }
    }

    static async IAsyncEnumerable<byte[]> Chunks(long count)
    {
        var chunk = Encoding.ASCII.GetBytes($"10000\r\n{new string(' ', 0x10000)}\r\n");
        for (var sent = 0L; sent < count; sent += chunk.Length)
        {
            yield return chunk;
            await Task.Yield();
        }
        yield return "0\r\n\r\n"u8.ToArray();
    }

    static async IAsyncEnumerable<byte[]> Drip(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            yield return " "u8.ToArray();
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    static string Line(int number, string quantity = "1") => $$"""{"lineId":"{{number}}","sku":"A","quantity":{{quantity}},"unitPrice":100}""";

    static string Order(string quantity = "1", string? lines = null) =>
        $$$"""{"platform":"erp","shop":"main","platformOrderId":"erp-1","placedAt":"2026-01-01T00:00:00.000Z","lines":[{{{lines ?? Line(1, quantity)}}}],"amounts":{"goods":100,"total":100,"currency":"CNY"}}""";
}
