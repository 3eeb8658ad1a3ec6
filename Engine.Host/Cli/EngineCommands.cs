using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Engine.Adapters;
using Engine.Host.Settings;

namespace Engine.Host.Cli;

/// <summary>The command line: serves unless a command says otherwise.</summary>
static class EngineCommands
{
    /// <summary>Some commands can't be broken off at any place: a write to the store is finished before they end.</summary>
    static readonly TimeSpan EndMax = TimeSpan.FromSeconds(20);

    static RootCommand Root()
    {
        var root = new RootCommand("Engine: an inventory and order engine. Without a command it serves.")
        {
            ServeCommand.Create(), DemoCommand.Create(), DemoCommand.CreateClient(), VerifyCommand.Create(), ArchiveCommand.Create(), ViewsCommand.Create(),
            ImportCommand.Create(), ExportCommand.Create(), ProveCommand.Create(), ReplayCommand.Create(), MigrateCommand.Create(), RekeyCommand.Create(), SimulateSeeds.Create(),
        };
        root.TreatUnmatchedTokensAsErrors = false;
        foreach (var help in root.Options.OfType<HelpOption>()) help.Action = new HelpWithSettings((SynchronousCommandLineAction)help.Action!);
        root.SetAction((parsed, _) => ServeCommand.RunAsync(parsed.UnmatchedTokens));
        return root;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var parsed = Root().Parse(args);
            // The host has its own way of ending (ServeCommand), and its own words for what goes wrong.
            var hosts = parsed.CommandResult.Command is RootCommand or { Name: ServeCommand.Name or DemoCommand.Name };
            return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = hosts ? null : EndMax, EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Interrupted.");
            return 1;
        }
        // A file or folder that can't be read or written is named by the message.
        catch (Exception e) when (e is StartupException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }
}

/// <summary>The settings are the same for all commands, and told with each.</summary>
sealed class HelpWithSettings(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var code = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(SettingsHelp.Text);
        return code;
    }
}
