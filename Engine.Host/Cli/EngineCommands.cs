using System.CommandLine;
using Engine.Adapters;

namespace Engine.Host.Cli;

/// <summary>The command line: serves unless a command says otherwise.</summary>
static class EngineCommands
{
    const string Description = """
        Engine: an inventory and order engine. Without a command it serves.

        Settings come from appsettings.json beside the executable, then the environment
        (Engine__Locks__Order=00:00:30), then the command line (--Engine:Locks:Order=00:00:30).

          Engine:Urls            addresses to listen on             http://127.0.0.1:5080
          Engine:DataDirectory   folder of the embedded store       ./data
          Engine:Store           sqlite or postgres                 sqlite
          Engine:Postgres        connection string (Npgsql's) of the store postgres
          Engine:PostgresShards:N      further databases, which share the partitions by range; fixed when the store is made
          Engine:ViewsReader     a role of that database that may read the schema views
          Engine:AllowUnsafePostgres   takes a server that may lose what was acknowledged   false
          Engine:Keys:N          API keys: Name, Role, Sha256, Warehouses:M
          Engine:Shops:N         shops that push: Platform, Shop, AppKey, Secret, OldSecrets:M, OnShortage, Locks
          Engine:Locks           lock tiers: Order, Paying          00:15:00, 00:45:00
          Engine:Tokens:Lifetime of snapshot tokens                 00:01:00
          Engine:Sla             Limits:STATE, Stalled              24:00:00
          Engine:Reminder        After, Coupon                      02:00:00
          Engine:Archive:After   age of frames that are archived    30.00:00:00
          Engine:Archive:Directory     with postgres: a folder that all nodes read; nothing is archived without one
          Engine:MasterKeyFile   wraps the keys of personal data    DataDirectory/keys/master.key
          Engine:Partitions      fixed when the store is created    16

        Where no API keys are configured, the first start makes an admin key in DataDirectory/admin.key.
        """;

    static RootCommand Root()
    {
        var root = new RootCommand(Description)
        {
            ServeCommand.Create(), DemoCommand.Create(), DemoCommand.CreateClient(), VerifyCommand.Create(), ArchiveCommand.Create(), ViewsCommand.Create(),
            ImportCommand.Create(), ExportCommand.Create(), ProveCommand.Create(), ReplayCommand.Create(), MigrateCommand.Create(), SimulateSeeds.Create(),
        };
        root.TreatUnmatchedTokensAsErrors = false;
        root.SetAction((parsed, _) => ServeCommand.RunAsync(parsed.UnmatchedTokens));
        return root;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            // The host has its own way of ending (ServeCommand), and its own words for what goes wrong.
            return await Root().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (StartupException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }
}
