using System.CommandLine;
using Engine.Host.Cli;

namespace Engine.Benchmarks.Peers;

/// <summary>The command line of <see cref="PeersRun"/>.</summary>
static class PeersCommand
{
    public static Command Create()
    {
        var seconds = Options.Count("--seconds", 10, "Of each measurement");
        var rounds = Options.Count("--rounds", 3, "How often everything is measured, one after the other");
        var only = new Option<string[]>("--only") { Description = "Only these: postgresql, redis, engine, http, file", AllowMultipleArgumentsPerToken = true };
        only.AcceptOnlyFromAmong("postgresql", "redis", "engine", "http", "file");
        var output = Options.Output("--out", "Writes the report there, as Markdown, and beside it all figures as JSON");
        var command = new Command("peers", "The same work on the engine and on what a merchant could pick instead, in alternating rounds on this machine; servers are started by it, on loopback") { seconds, rounds, only, output };
        command.SetAction(async (parsed, stop) =>
        {
            var report = parsed.GetValue(output);
            var run = new PeersRun(new PeersOptions(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds), parsed.GetValue(only) ?? []), Console.Out);
            var results = await run.RunAsync(soFar => report is null ? Task.CompletedTask : WriteAsync(soFar, report.FullName), stop);
            await Console.Out.WriteAsync($"\n{PeersReport.Markdown(results)}");
            return 0;
        });
        return command;
    }

    static async Task WriteAsync(Results results, string path)
    {
        await File.WriteAllTextAsync(path, PeersReport.Markdown(results));
        await File.WriteAllTextAsync(Path.ChangeExtension(path, ".json"), results.ToJson() + "\n");
    }
}
