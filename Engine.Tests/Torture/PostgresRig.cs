using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Engine.Actors;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Postgres;
using Engine.Load.Torture;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// A PostgreSQL server, what stands in front of it, and the real program under load. Its clients know only HTTP and keep an account
/// of what they were told; the journal is proved at the end.
/// </summary>
sealed class PostgresRig : IAsyncDisposable
{
    static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(60);
    static int _probes;

    readonly TempFolder _folder = new();

    PostgresRig(PostgresServer server, int seed)
    {
        (Server, Proxy) = (server, new TcpProxy(server.Port));
        Host = new HostProcess(_folder.Path, new Dictionary<string, string> { ["Engine:Store"] = "postgres", ["Engine:Postgres"] = server.ConnectionString(port: Proxy.Port) });
        Load = new TortureLoad(Host.Url, seed);
    }

    public PostgresServer Server { get; }
    public TcpProxy Proxy { get; }
    public HostProcess Host { get; }
    public TortureLoad Load { get; }
    public string MasterKey => _folder.File("keys/master.key");
    /// <summary>What the engine notes for itself of what it has acknowledged.</summary>
    public string Acknowledged => _folder.File("acknowledged");
    TimeSpan LongestRecovery { get; set; }
    int Faults { get; set; }

    /// <summary>Starts everything; stock is put in before a fault is planted.</summary>
    public static async Task<PostgresRig> StartAsync(int seed, IReadOnlyDictionary<string, string>? settings = null, string? parent = null, string? kernelFault = null, string? storeFault = null)
    {
        var rig = new PostgresRig(await PostgresServer.StartNewAsync(settings, parent), seed);
        Assert.True(await rig.Host.StartAsync(), rig.Host.Said);
        await rig.Load.PrepareAsync();
        if (kernelFault is not null || storeFault is not null)
        {
            await rig.EndAsync();
            Assert.True(await rig.Host.StartAsync(kernelFault: kernelFault, storeFault: storeFault), rig.Host.Said);
        }
        rig.Load.Start();
        return rig;
    }

    /// <summary>Does harm, undoes it, and waits until the engine serves again by itself.</summary>
    public async Task HarmAsync(Func<Task> harm)
    {
        await harm();
        Faults++;
        var start = Stopwatch.GetTimestamp();
        await ReadyAsync();
        var recovery = Stopwatch.GetElapsedTime(start);
        if (recovery > LongestRecovery) LongestRecovery = recovery;
    }

    async Task ReadyAsync()
    {
        for (var start = Stopwatch.GetTimestamp(); await HealthAsync() is { } fault;)
        {
            if (Stopwatch.GetElapsedTime(start) > ReadyMax) Assert.Fail($"it does not come back: {fault}\n{Host.Said}");
            await Task.Delay(50);
        }
    }

    /// <summary>Null while it is ready, or what it says is wrong.</summary>
    public async Task<string?> HealthAsync()
    {
        using var http = Client(TimeSpan.FromSeconds(5));
        using var said = await http.GetAsync("/health/ready");
        return said.IsSuccessStatusCode ? null : await said.Content.ReadAsStringAsync();
    }

    /// <summary>Waits until health says it, ready or not: partitions that have what they need go on without those that have not.</summary>
    public async Task UntilHealthSaysAsync(string what)
    {
        var last = "";
        using var http = Client(TimeSpan.FromSeconds(5));
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < ReadyMax; await Task.Delay(50))
        {
            using var said = await http.GetAsync("/health/ready");
            if ((last = await said.Content.ReadAsStringAsync()).Contains(what, StringComparison.Ordinal)) return;
        }
        throw new TimeoutException($"it says: {last}\n{Host.Said}");
    }

    /// <summary>Whether somebody who books stock now hears within two seconds that it is booked.</summary>
    public async Task<bool> AcknowledgesAsync()
    {
        using var http = Client(TimeSpan.FromSeconds(2));
        var body = $$"""{"reference":"probe-{{Interlocked.Increment(ref _probes)}}","lines":[{"sku":"PROBE","warehouse":"north","delta":1,"reason":"receiving"}]}""";
        try
        {
            using var answer = await http.PostAsync("/v1/stock/adjustments", new StringContent(body, Encoding.UTF8, "application/json"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>How many of the SKUs that the load reserves can be read now.</summary>
    public async Task<int> ReadableAsync()
    {
        using var http = Client(TimeSpan.FromSeconds(2));
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async sku =>
        {
            using var answer = await http.GetAsync($"/v1/skus/RES-{sku}");
            return answer.IsSuccessStatusCode;
        }));
        return answers.Count(isRead => isRead);
    }

    HttpClient Client(TimeSpan patience) => new() { BaseAddress = Host.Url, Timeout = patience, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", HostProcess.Key) } };

    /// <summary>Ends the load, holds every client's account against the engine, ends it in peace and proves the journal.</summary>
    public async Task AuditAsync(string what, ITestOutputHelper output)
    {
        await Load.StopAsync();
        var wrong = await Load.AuditAsync();
        output.WriteLine(Load.Score($"{what}, {Faults} faults", LongestRecovery));
        Assert.Equal([], wrong);
        Assert.False(Host.HasExited);
        await EndAsync();
        using var reader = new PostgresReader(Server.ConnectionString(port: Proxy.Port));
        Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()) { Settled = true }.Run().First);
    }

    /// <summary>Whether clients of a mutant were told what is not so: it is killed, and an honest engine is asked in its place.</summary>
    public async Task<bool> IsFoundOutAsync()
    {
        if (!Host.HasExited) await Host.KillAsync();
        // It would be found out by that alone.
        File.Delete(Acknowledged);
        Assert.True(await Host.StartAsync(), Host.Said);
        await Load.StopAsync();
        return (await Load.AuditAsync()).Count > 0;
    }

    async Task EndAsync()
    {
        await Host.TerminateAsync();
        Assert.Equal(0, await Host.EndAsync(ReadyMax));
    }

    public async ValueTask DisposeAsync()
    {
        Load.Dispose();
        await Host.DisposeAsync();
        Proxy.Dispose();
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    public static Task SignalAsync(string signal, int process) => RunAsync("kill", $"-{signal}", $"{process}");

    public static async Task RunAsync(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        var wrong = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{file} {string.Join(' ', arguments)}: {wrong}");
    }
}
