using System.CommandLine;
using Engine.Simulation;

namespace Engine.Host.Cli;

/// <summary>Runs seeds of the simulation: the real kernel and deciders, everything around them simulated.</summary>
static class SimulateSeeds
{
    public static Command Create()
    {
        var seeds = Options.Count("--seeds", 1000, "How many seeds to run");
        var from = new Option<int>("--from") { Description = "The first seed" };
        var plant = new Option<string?>("--plant") { Description = "A fault to plant, to see that it is caught; a wrong name lists them" };
        var command = new Command("simulate", "Runs the kernel on simulated clock, disk and network; a failing seed reproduces exactly") { seeds, from, plant };
        command.SetAction((parsed, stop) => Task.Run(() => SimulateCommand.Run(parsed.GetValue(seeds), parsed.GetValue(from), parsed.GetValue(plant), Console.Out, TimeProvider.System, stop), CancellationToken.None));
        return command;
    }
}
