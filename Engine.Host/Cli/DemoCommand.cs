using System.CommandLine;
using Engine.Host.Demo;

namespace Engine.Host.Cli;

/// <summary>Plays a spike of real platform messages against a real engine and shows what came of it.</summary>
static class DemoCommand
{
    public const string Name = "demo";
    const int Port = 5080;

    public static Command Create()
    {
        var orders = Options.Count("--orders", 20_000, "How many orders are played");
        var seed = new Option<int>("--seed") { Description = "The same seed makes the same orders", DefaultValueFactory = _ => 1 };
        var exit = new Option<bool>("--exit") { Description = "End when all is told, instead of serving on" };
        var command = new Command(Name, "Plays a spike of platform messages against an engine with a fresh store in ./data/demo; exits with 1 where a promise is broken") { orders, seed, exit };
        command.SetAction((parsed, _) => new DemoRun(parsed.GetValue(orders), parsed.GetValue(seed), Port).RunAsync(parsed.GetValue(exit)));
        return command;
    }

    /// <summary>The client of the demo, as a process of its own.</summary>
    public static Command CreateClient()
    {
        var url = new Option<string>("--url") { Required = true };
        var key = new Option<string>("--key-file") { Required = true };
        var orders = new Option<int>("--orders") { Required = true };
        var seed = new Option<int>("--seed") { Required = true };
        var report = new Option<string>("--report") { Required = true };
        var command = new Command(DemoClient.CommandName) { Hidden = true };
        foreach (var option in new Option[] { url, key, orders, seed, report }) command.Options.Add(option);
        command.SetAction((parsed, _) => DemoClient.RunAsync(
            new Uri(parsed.GetRequiredValue(url)), parsed.GetRequiredValue(key), DemoRun.Options(parsed.GetValue(orders), parsed.GetValue(seed)), parsed.GetRequiredValue(report)));
        return command;
    }
}
