using System.CommandLine;
using System.Runtime.InteropServices;

namespace Engine.Host.Cli;

/// <summary>Serves until it is told to end: the first signal drains and writes checkpoints, the second ends at once.</summary>
static class ServeCommand
{
    const int EndedBySignal = 130;

    public static Command Create()
    {
        var command = new Command("serve", "Serves the HTTP API and the webhooks (the default)") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, _) => RunAsync(parsed.UnmatchedTokens));
        return command;
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> settings)
    {
        await using var app = EngineHost.Build(EngineHost.Configuration(SettingTokens.Read(settings)));
        var signals = 0;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, EndAtOnceOnSecond);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, EndAtOnceOnSecond);
        await app.RunAsync();
        return 0;

        void EndAtOnceOnSecond(PosixSignalContext signal)
        {
            // What is acknowledged is durable: nothing is lost by ending here.
            if (Interlocked.Increment(ref signals) > 1) Environment.Exit(EndedBySignal);
            signal.Cancel = true;
        }
    }
}
