using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Wire;
using Engine.Benchmarks.Measuring;
using Engine.Benchmarks.Workloads;

namespace Engine.Benchmarks.Peers;

/// <summary>A private Redis on a free loopback port, which flushes its log before every answer.</summary>
sealed class RedisServer : IDisposable
{
    const int UnitsOfEach = 1_000_000_000;
    /// <summary>Watches its standard input, which the operating system closes when the one who started it is gone.</summary>
    const string Keeper = """redis-server "$@" & server=$!; while read -r line; do :; done; kill -KILL $server""";

    // In one call: each would be flushed by itself.
    const string StockText = "for i = 0, ARGV[1] - 1 do redis.call('HSET', string.format('sku:SKU-%05d', i), 'h', ARGV[2], 'r', '0') end return 1";

    static readonly TimeSpan StartMax = TimeSpan.FromSeconds(10);

    readonly string _folder = BenchStore.NewFolder("redis");
    readonly Process _process;
    readonly IPEndPoint _address;
    RedisScripts _scripts = new("", "", "");

    RedisServer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _address = (IPEndPoint)listener.LocalEndpoint;
        listener.Stop();
        _process = Process.Start(new ProcessStartInfo("/bin/sh",
            ["-c", Keeper, "keeper", "--bind", "127.0.0.1", "--port", $"{_address.Port}", "--dir", _folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--logfile", Path.Combine(_folder, "log")])
        { UseShellExecute = false, RedirectStandardInput = true })!;
    }

    public static async Task<RedisServer> StartAsync()
    {
        var server = new RedisServer();
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            try
            {
                server.Ask("PING");
                return server;
            }
            catch (SocketException) when (waited.Elapsed < StartMax)
            {
                // Not listening yet.
            }
        }
    }

    /// <summary>Empties it and stocks the catalogue.</summary>
    public void Reset(World world)
    {
        Ask("FLUSHALL");
        _scripts = new RedisScripts(Ask("SCRIPT", "LOAD", RedisScripts.PlaceText), Ask("SCRIPT", "LOAD", RedisScripts.PayText), Ask("SCRIPT", "LOAD", RedisScripts.ReadText));
        Ask("EVAL", StockText, "0", $"{world.Skus}", $"{UnitsOfEach}");
    }

    public Sample Run(Work work, World world, int clients, int pipelined, TimeSpan time)
    {
        using var loop = new SocketLoop(_address, Enumerable.Range(0, clients).Select(i => new RedisConversation(work, world, i, _scripts, pipelined)));
        return loop.Run(time);
    }

    Socket? _control;

    string Ask(params string[] words)
    {
        if (_control is null)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(_address);
            _control = socket;
        }
        var request = new StringBuilder($"*{words.Length}\r\n");
        foreach (var word in words) request.Append($"${Encoding.ASCII.GetByteCount(word)}\r\n{word}\r\n");
        _control.Send(Encoding.ASCII.GetBytes(request.ToString()));
        var answer = new byte[4096];
        var text = Encoding.ASCII.GetString(answer, 0, _control.Receive(answer));
        if (text[0] == '-') throw new InvalidOperationException($"Redis said {text.Trim()}");
        return text.Trim().Split("\r\n")[^1];
    }

    public void Dispose()
    {
        _control?.Dispose();
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
