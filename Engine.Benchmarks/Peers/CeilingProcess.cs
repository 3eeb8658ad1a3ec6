using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Engine.Load;

namespace Engine.Benchmarks.Peers;

/// <summary><see cref="KestrelCeiling"/> as a process of its own, as the engine is one.</summary>
sealed class CeilingProcess : IDisposable
{
    const string Name = "kestrel-ceiling";
    readonly Process _process;

    CeilingProcess(Process process, int port) => (_process, Url) = (process, new Uri($"http://127.0.0.1:{port}"));

    public Uri Url { get; }

    public static Command CreateCommand(LoadShop youzan, LoadShop shopify)
    {
        var port = new Option<int>("--port") { Required = true };
        var command = new Command(Name) { port };
        command.Hidden = true;
        command.SetAction((parsed, _) => new KestrelCeiling(youzan, shopify).ServeAsync(parsed.GetValue(port)));
        return command;
    }

    public static async Task<CeilingProcess> StartAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(CeilingProcess).Assembly.Location, Name, "--port", $"{port}"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
        })!;
        if (await process.StandardOutput.ReadLineAsync() != "ready") throw new InvalidOperationException("the bare Kestrel does not start");
        return new CeilingProcess(process, port);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
