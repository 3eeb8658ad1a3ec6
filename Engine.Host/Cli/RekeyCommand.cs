using System.CommandLine;
using Engine.Actors;
using Engine.Actors.Kernel;
using Engine.Adapters;
using Engine.Adapters.Keys;

namespace Engine.Host.Cli;

/// <summary>Puts a new master key in the place of the old one, for a store that no engine runs on.</summary>
static class RekeyCommand
{
    const int ShowEach = 10_000;

    public static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Folder of an embedded store; the configured store where none is given. No engine may be running on it" };
        var command = new Command("rekey", "Makes a new master key (Engine:MasterKeyFile) and wraps every key of the store by it. Interrupted, the same command goes on, and until it is through no engine starts. The old key is kept beside the new one, for backups") { data };
        command.SetAction((parsed, stop) => Task.Run(() => Run(parsed.GetValue(data), stop), CancellationToken.None));
        return command;
    }

    static int Run(string? directory, CancellationToken stop)
    {
        var (settings, time) = (Stores.Configured(directory), TimeProvider.System);
        var (shown, start) = (0L, time.GetTimestamp());
        try
        {
            // Opening would make a store where there is none.
            using (Stores.Read(settings)) { }
            using var store = Stores.Open(settings, time, alone: true);
            var (old, replacement) = MasterKey.BeginReplacement(settings.MasterKeyPath);
            var change = new MasterKeyChange(store, old, replacement, EngineDomain.Instance);
            if (change.Run(Show, stop) is not { } report)
            {
                Console.WriteLine("Interrupted. No engine starts on this store until the same command has gone through.");
                return 1;
            }
            var retired = MasterKey.CompleteReplacement(settings.MasterKeyPath, time.GetUtcNow());
            Console.WriteLine($"{Terminal.Number(report.Wrapped + report.Done)} keys are wrapped by the new master key ({time.GetElapsedTime(start).TotalSeconds:0.0} s).");
            if (report.Unreadable > 0) Console.WriteLine($"{Terminal.Number(report.Unreadable)} keys open by neither key: they are damaged, and were left as they are.");
            Console.WriteLine($"Give {settings.MasterKeyPath} to every node and keep a copy apart from the store. The old one is {retired}: backups taken until now open only by it.");
            return 0;
        }
        catch (Exception e) when (e is StoreUnavailableException or InvalidDataException)
        {
            throw new StartupException($"{e.Message} Nothing is lost: the same command goes on.", e);
        }

        void Show(long keys)
        {
            if (keys - shown < ShowEach) return;
            shown = keys;
            Console.WriteLine($"  {Terminal.Number(keys)} keys after {time.GetElapsedTime(start).TotalSeconds:0} s");
        }
    }
}
