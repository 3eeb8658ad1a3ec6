using System.CommandLine;
using Engine.Actors.Kernel;
using Engine.Actors.Verification;
using Engine.Adapters;
using Engine.Adapters.Keys;
using Engine.Host.Api;
using Engine.Host.Bulk;
using Engine.Host.Ingress;
using Engine.Host.Settings;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Host.Cli;

/// <summary>Writes stock, orders or settings as JSON.</summary>
static class ExportCommand
{
    public static Command Create()
    {
        var what = new Argument<string>("WHAT") { Description = "stock, orders or settings" }.AcceptOnlyFromAmong("stock", "orders", "settings");
        var file = new Option<string?>("--out") { Description = "File to write; standard output where none is given" };
        var data = new Option<string?>("--data") { Description = "Folder of an embedded store; the configured store where none is given. It is only read, also beside an engine that runs" };
        var persons = new Option<bool>("--persons") { Description = "For orders: with buyers, addresses and notes in the clear" };
        var command = new Command("export", "Writes what the journal holds as JSON, in the words of the API; the journal is proved on the way") { what, file, data, persons };
        command.SetAction((parsed, stop) => Task.Run(() => Run(parsed.GetRequiredValue(what), parsed.GetValue(file), parsed.GetValue(data), parsed.GetValue(persons)), CancellationToken.None).WaitAsync(stop));
        return command;
    }

    static int Run(string what, string? file, string? directory, bool persons)
    {
        var settings = Stores.Configured(directory);
        try
        {
            using var reader = Stores.Read(settings);
            using var output = file is null ? Console.OpenStandardOutput() : File.Create(file);
            var export = new JournalExport(reader, output, TimeProvider.System);
            var report = Write(export, what, settings, reader, persons);
            if (report.First is { } breach) throw new StartupException($"The journal does not hold what is promised, so it is not exported: {breach}");
            Console.Error.WriteLine($"{export.Written} written.");
            return 0;
        }
        catch (Exception e) when (e is StoreUnavailableException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException(e.Message, e);
        }
    }

    static VerifyReport Write(JournalExport export, string what, EngineSettings settings, IJournalReader reader, bool persons)
    {
        if (what == "stock") return export.Stock();
        if (what == "settings") return export.Settings(settings);
        if (!persons) return export.Orders(new OrderRenderer(null, settings.Sla.Clock()));
        using var seal = new PersonalSeal(MasterKey.Load(settings.MasterKeyPath));
        return export.Orders(new OrderRenderer(new PersonalDesk(seal, reader, NullLogger<PersonalDesk>.Instance), settings.Sla.Clock()));
    }
}
