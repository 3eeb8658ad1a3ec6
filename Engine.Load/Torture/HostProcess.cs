using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Engine.Load.Torture;

/// <summary>The real program as a process of its own on a store in a folder, to be killed, told to end, and started again.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    /// <summary>An admin key that every such process takes.</summary>
    public const string Key = "key-of-the-torture";
    /// <summary>A shop that every such process takes.</summary>
    public static readonly LoadShop Shop = new("standard", "torture", "", "whsec_MDEyMzQ1Njc4OWFiY2RlZg==");
    static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);

    readonly Dictionary<string, string> _settings;
    readonly StringBuilder _said = new();
    Process? _process;

    /// <param name="settings">Beyond those that the torture needs.</param>
    /// <param name="keys">Keys that are configured already: the torture's comes behind them.</param>
    /// <param name="shops">Shops that are.</param>
    /// <param name="url">Where it listens; a free port of this machine where none is given.</param>
    public HostProcess(string data, IReadOnlyDictionary<string, string>? settings = null, int keys = 0, int shops = 0, Uri? url = null)
    {
        // The same port after every start, so that clients find the engine again.
        Url = url ?? new Uri($"http://127.0.0.1:{Ports.Free()}");
        _settings = new Dictionary<string, string>(settings ?? new Dictionary<string, string>(), StringComparer.OrdinalIgnoreCase)
        {
            ["Engine:Urls"] = Url.ToString(),
            ["Engine:DataDirectory"] = data,
            ["Serilog:MinimumLevel:Default"] = "Warning",
            [$"Engine:Keys:{keys}:Name"] = "torture",
            [$"Engine:Keys:{keys}:Role"] = "admin",
            [$"Engine:Keys:{keys}:Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key))),
            [$"Engine:Shops:{shops}:Platform"] = Shop.Platform,
            [$"Engine:Shops:{shops}:Shop"] = Shop.Shop,
            [$"Engine:Shops:{shops}:Secret"] = Shop.Secret,
        };
        _settings.TryAdd("Engine:Partitions", "4");
    }

    /// <summary>A command that becomes the program, as a shell with <c>exec "$@"</c> does.</summary>
    public IReadOnlyList<string> Through { get; init; } = [];
    /// <summary>Of its environment.</summary>
    public Dictionary<string, string> Variables { get; init; } = [];

    public Uri Url { get; }
    public int Id => _process!.Id;
    public bool HasExited => _process is null or { HasExited: true };

    /// <summary>All it has written.</summary>
    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>Starts it and waits until it is ready, or until it has ended at a fault point.</summary>
    /// <exception cref="InvalidOperationException">Somebody else answers at its address.</exception>
    public async Task<bool> StartAsync(string? faultPoint = null, string? kernelFault = null, string? storeFault = null)
    {
        using var http = Client();
        await RefuseTakenAsync(http);
        Launch(faultPoint, kernelFault, storeFault);
        return await WaitAsync(http, "/health/ready");
    }

    /// <summary>Starts it and waits until it answers, ready or not.</summary>
    /// <exception cref="InvalidOperationException">Somebody else answers at its address.</exception>
    public async Task<bool> StartUnreadyAsync()
    {
        using var http = Client();
        await RefuseTakenAsync(http);
        Launch(null, null, null);
        return await WaitAsync(http, "/health/live");
    }

    HttpClient Client()
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(2) };
        // Off this machine's own addresses nobody is told anything without a key.
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return http;
    }

    /// <summary>What another engine says there would be taken for this one's word, while this one ends because it can't listen.</summary>
    async Task RefuseTakenAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("/health/live");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return;
        }
        throw new InvalidOperationException($"another answers at {Url} already");
    }

    void Launch(string? faultPoint, string? kernelFault, string? storeFault)
    {
        string[] command = [.. Through, "dotnet", Path.Combine(AppContext.BaseDirectory, "Engine.Host.dll"), .. _settings.Select(s => $"--{s.Key}={s.Value}")];
        var start = new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Variables) start.Environment[name] = value;
        if (faultPoint is not null) start.Environment["ENGINE_FAULT_POINT"] = faultPoint;
        if (kernelFault is not null) start.Environment["ENGINE_KERNEL_FAULT"] = kernelFault;
        if (storeFault is not null) start.Environment["ENGINE_STORE_FAULT"] = storeFault;
        _process?.Dispose();
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Hear;
        _process.ErrorDataReceived += Hear;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    async Task<bool> WaitAsync(HttpClient http, string health)
    {
        var waited = Stopwatch.StartNew();
        while (!HasExited)
        {
            try
            {
                if ((await http.GetAsync(health)).IsSuccessStatusCode) return true;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }
            if (waited.Elapsed > StartMax) throw new TimeoutException($"it is not ready after {StartMax}: {Said}");
            await Task.Delay(20);
        }
        return false;
    }

    /// <summary>As <c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>It stands still, and does not know it, until <see cref="GoOnAsync"/>.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    public Task GoOnAsync() => SignalAsync("CONT");

    async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{Id}"]);
        await kill!.WaitForExitAsync();
    }

    /// <summary>The exit code, once it has ended.</summary>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        await _process!.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    void Hear(object sender, DataReceivedEventArgs line)
    {
        lock (_said) _said.AppendLine(line.Data);
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited) await KillAsync();
        _process?.Dispose();
    }
}
