using System.CommandLine;

namespace Engine.Host.Cli;

/// <summary>Serves until it is told to end: the first signal drains and writes checkpoints, the second ends at once.</summary>
static class ServeCommand
{
    public const string Name = "serve";

    public static Command Create()
    {
        var command = new Command(Name, "Serves the HTTP API and the webhooks (the default)") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, _) => RunAsync(parsed.UnmatchedTokens));
        return command;
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> settings)
    {
        await using var app = EngineHost.Build(EngineHost.Configuration(SettingTokens.Read(settings)));
        using var signals = new EndingSignals();
        await app.RunAsync();
        return 0;
    }
}
