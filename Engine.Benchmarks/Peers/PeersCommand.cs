using System.CommandLine;

namespace Engine.Benchmarks.Peers;

/// <summary>The command line of <see cref="PeersRun"/>.</summary>
static class PeersCommand
{
    public static Command Create()
    {
        var seconds = Options.Count("--seconds", 10, "Of each measurement");
        var rounds = Options.Count("--rounds", 3, "How often everything is measured, one after the other");
        var only = new Option<string[]>("--only") { Description = "Only these: postgresql, redis, engine, http, file", AllowMultipleArgumentsPerToken = true };
        var output = new Option<FileInfo?>("--out") { Description = "Writes the report there, as Markdown, and beside it all figures as JSON" };
        var command = new Command("peers", "The same work on the engine and on what a merchant could pick instead, in alternating rounds on this machine; servers are started by it, on loopback") { seconds, rounds, only, output };
        command.SetAction(async (parsed, stop) =>
        {
            var results = await new PeersRun(new PeersOptions(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds), parsed.GetValue(only) ?? []), Console.Out).RunAsync(stop);
            var report = PeersReport.Markdown(results);
            await Console.Out.WriteAsync($"\n{report}");
            if (parsed.GetValue(output) is not { } file) return 0;
            file.Directory!.Create();
            await File.WriteAllTextAsync(file.FullName, report, stop);
            await File.WriteAllTextAsync(Path.ChangeExtension(file.FullName, ".json"), results.ToJson() + "\n", stop);
            return 0;
        });
        return command;
    }
}
