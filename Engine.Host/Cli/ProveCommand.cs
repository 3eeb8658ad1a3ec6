using System.CommandLine;
using Engine.Adapters;
using Engine.Host.Proof;
using Engine.Host.Settings;

namespace Engine.Host.Cli;

/// <summary>Runs the fault harness against a copy of the settings and prints the score. The exit code says whether every promise held.</summary>
static class ProveCommand
{
    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "How long, about", DefaultValueFactory = _ => 60 };
        seconds.Validators.Add(result => { if (result.GetValueOrDefault<int>() is < 5 or > 86_400) result.AddError("--seconds is 5 to 86400"); });
        var seed = new Option<int>("--seed") { Description = "Where the simulated lives begin", DefaultValueFactory = _ => 1 };
        var command = new Command("prove", "Kills, torn writes, duplicates and disorder against a copy of your settings, in a folder of its own; prints the score and exits with 1 where a promise is broken") { seconds, seed };
        command.SetAction((parsed, stop) => RunAsync(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(seed), stop));
        return command;
    }

    static async Task<int> RunAsync(TimeSpan duration, int seed, CancellationToken stop)
    {
        var settings = SettingsReader.Read(EngineHost.Configuration(new Dictionary<string, string?>()));
        try
        {
            var score = await new ProofRun(settings, duration, seed, Console.Out, TimeProvider.System, stop).RunAsync();
            score.Show(Terminal.Open());
            return score.Holds ? 0 : 1;
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            throw new StartupException(e.Message, e);
        }
    }
}
