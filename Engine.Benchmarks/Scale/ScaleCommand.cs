using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Host.Cli;

namespace Engine.Benchmarks.Scale;

/// <summary>The command line of <see cref="ScaleRun"/>.</summary>
static class ScaleCommand
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static Command Create()
    {
        var skus = Sizes("--skus", [1_000, 10_000, 100_000, 1_000_000], "SKUs in the catalogue");
        var orders = Sizes("--orders", [10_000, 100_000, 1_000_000], "Open orders of two lines");
        var partitions = Sizes("--partitions", [1, 4, 16, 64], "Partitions");
        var locks = Sizes("--locks", [10_000, 100_000, 1_000_000], "Open locks of callers");
        var storm = new Option<int>("--storm") { Description = "Locks that end in one moment, beside the most open orders; 0 for none", DefaultValueFactory = _ => 100_000 };
        var small = new Option<bool>("--small") { Description = "Sizes that take about a minute" };
        var callers = Options.Count("--callers", 256, "Callers of the closed loop");
        var seconds = Options.Count("--seconds", 5, "Of each point");
        var output = Options.Output("--out", "Writes the report there, as Markdown, and beside it the pictures and all figures as JSON");
        var command = new Command("scale", "What the engine costs as work grows: SKUs, open orders, partitions, locks; throughput, latency, memory, recovery") { skus, orders, partitions, locks, storm, small, callers, seconds, output };
        command.SetAction(async (parsed, stop) =>
        {
            var options = parsed.GetValue(small)
                ? new ScaleOptions([1_000, 10_000], [10_000, 30_000], [1, 16], [10_000, 30_000], 5_000, parsed.GetValue(callers), TimeSpan.FromSeconds(2))
                : new ScaleOptions(parsed.GetValue(skus)!, parsed.GetValue(orders)!, parsed.GetValue(partitions)!, parsed.GetValue(locks)!, parsed.GetValue(storm), parsed.GetValue(callers), TimeSpan.FromSeconds(parsed.GetValue(seconds)));
            var results = await new ScaleRun(options, Console.Out, stop).RunAsync();
            if (parsed.GetValue(output) is not { } file) return 0;
            var (folder, name) = (file.Directory!, Path.GetFileNameWithoutExtension(file.Name));
            await File.WriteAllTextAsync(file.FullName, ScaleReport.Markdown(results, name), stop);
            await File.WriteAllTextAsync(Path.ChangeExtension(file.FullName, ".json"), JsonSerializer.Serialize(results, Json) + "\n", stop);
            foreach (var (picture, svg) in ScaleReport.Pictures(results, name)) await File.WriteAllTextAsync(Path.Combine(folder.FullName, picture), svg + "\n", stop);
            return 0;
        });
        return command;
    }

    static Option<int[]> Sizes(string name, int[] usual, string description)
    {
        var option = new Option<int[]>(name) { Description = $"{description}, one size or several; 0 for none", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => usual, CustomParser = result => [.. result.Tokens.Select(t => Size(t.Value, result)).Where(n => n > 0)] };
        return option;
    }

    static int Size(string text, System.CommandLine.Parsing.ArgumentResult result)
    {
        if (int.TryParse(text, out var size) && size >= 0) return size;
        result.AddError($"{text} is no size: whole numbers are wanted, separated by spaces");
        return 0;
    }
}
