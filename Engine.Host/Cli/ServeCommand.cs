using System.CommandLine;
using System.Net.Sockets;
using Engine.Adapters;
using Engine.Host.Settings;
using Microsoft.AspNetCore.Connections;

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
        await ListenAsync(app);
        await app.WaitForShutdownAsync();
        return 0;
    }

    static string Urls(WebApplication app) => app.Services.GetRequiredService<EngineSettings>().Urls;

    static async Task ListenAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        // What Kestrel has to say of https is that it has no certificate.
        catch (Exception e) when (e is SocketException or IOException { InnerException: AddressInUseException } || (e is InvalidOperationException && Urls(app).Contains("https:", StringComparison.OrdinalIgnoreCase)))
        {
            await app.StopAsync();
            throw new StartupException($"Engine:Urls={Urls(app)} can't be listened on: {e.Message}");
        }
    }
}
