using System.Diagnostics;
using System.Text.Json;
using Engine.Adapters;
using Engine.Load.Auditing;
using Engine.Load.Spike;

namespace Engine.Host.Demo;

/// <summary>
/// The demo's client is a process of its own, so that what it measures and remembers is nothing that the engine could have
/// touched. It tells its progress in lines of JSON and leaves its report in a file.
/// </summary>
static class DemoClient
{
    public const string CommandName = "demo-client";

    public static async Task<int> RunAsync(Uri url, string keyFile, SpikeOptions options, string reportFile)
    {
        using var client = new AuditClient(url, TimeProvider.System, new AuditOptions { Key = await Cli.Options.ReadKeyAsync(keyFile) });
        var player = new SpikePlayer(new SpikeWorld(options), client, TimeProvider.System, progress => Console.Out.WriteLine(JsonSerializer.Serialize(progress)));
        try
        {
            var report = await player.PlayAsync();
            await using var file = File.Create(reportFile);
            await JsonSerializer.SerializeAsync(file, report);
            return 0;
        }
        catch (InvalidOperationException e)
        {
            throw new StartupException(e.Message, e);
        }
    }

    /// <summary>Starts it and hears it out.</summary>
    /// <exception cref="StartupException">It failed; the message says why.</exception>
    public static async Task<SpikeReport> StartAsync(Uri url, string keyFile, SpikeOptions options, string reportFile, Action<SpikeProgress> progress)
    {
        using var process = Process.Start(Command([
            CommandName, "--url", url.ToString(), "--key-file", keyFile, "--orders", $"{options.Orders}", "--seed", $"{options.Seed}", "--report", reportFile,
        ]))!;
        var failure = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line) progress(JsonSerializer.Deserialize<SpikeProgress>(line)!);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new StartupException($"The demo's client failed: {await failure}");
        await using var file = File.OpenRead(reportFile);
        return (await JsonSerializer.DeserializeAsync<SpikeReport>(file))!;
    }

    /// <summary>This program once more, whether it was started by its own executable or by dotnet.</summary>
    static ProcessStartInfo Command(IEnumerable<string> args)
    {
        var self = Environment.ProcessPath!;
        var isDotnet = string.Equals(Path.GetFileNameWithoutExtension(self), "dotnet", StringComparison.OrdinalIgnoreCase);
        return new ProcessStartInfo(self, isDotnet ? [typeof(DemoClient).Assembly.Location, .. args] : args) 
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
    }
}
