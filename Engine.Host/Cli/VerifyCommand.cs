using System.CommandLine;
using Engine.Actors;
using Engine.Actors.Kernel;
using Engine.Actors.Verification;
using Engine.Adapters;
using Spectre.Console;

namespace Engine.Host.Cli;

/// <summary>Proves a store from its journal alone, also beside the engine that writes it. The exit code says whether it holds.</summary>
static class VerifyCommand
{
    static readonly TimeSpan ShowEvery = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Folder of an embedded store; the configured store where none is given" };
        var settled = new Option<bool>("--settled") { Description = "The engine was stopped in peace: also no message may be on its way" };
        var command = new Command("verify", "Replays the whole journal and checks every promise; exits with 1 and the first breach where one is broken") { data, settled };
        command.SetAction(async (parsed, stop) => await RunAsync(parsed.GetValue(data), parsed.GetValue(settled), stop));
        return command;
    }

    static async Task<int> RunAsync(string? directory, bool settled, CancellationToken stop)
    {
        try
        {
            using var reader = Stores.Read(Stores.Configured(directory));
            var verifier = new Verifier(reader, EngineDomain.Instance, ScratchFile.Create) { Settled = settled };
            var console = Terminal.Open();
            var (report, elapsed) = await RunAsync(verifier, console, TimeProvider.System, stop);
            Show(report, elapsed, console);
            return report.First is null ? 0 : 1;
        }
        catch (StoreUnavailableException e)
        {
            throw new StartupException(e.Message, e);
        }
    }

    /// <summary>Runs it on a thread of its own and tells every second how far it is.</summary>
    /// <exception cref="OperationCanceledException">It was interrupted; it only reads, so it is left alone.</exception>
    public static async Task<(VerifyReport Report, TimeSpan Elapsed)> RunAsync(Verifier verifier, IAnsiConsole console, TimeProvider time, CancellationToken stop)
    {
        var start = time.GetTimestamp();
        var running = Task.Factory.StartNew(verifier.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (await Task.WhenAny(running, Task.Delay(ShowEvery, time, stop)) != running)
        {
            stop.ThrowIfCancellationRequested();
            console.WriteLine($"  {Terminal.Number(verifier.FramesRead)} frames read after {time.GetElapsedTime(start).TotalSeconds:0} s");
        }
        return (await running, time.GetElapsedTime(start));
    }

    public static void Show(VerifyReport report, TimeSpan elapsed, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn("journal").AddColumn(new TableColumn("").RightAligned());
        Row("partitions", report.Partitions);
        Row("frames", report.Frames);
        Row("bytes", report.Bytes);
        Row("events", report.Events);
        Row("messages", report.Messages);
        Row("messages on their way", report.MessagesInFlight);
        Row("orders", report.Orders);
        Row("SKUs", report.Skus);
        Row("snapshots", report.Snapshots);
        Row("reservations granted", report.Grants);
        Row("units received", report.Stock.Received);
        Row("units on hand", report.Stock.OnHand);
        Row("units shipped", report.Stock.Shipped);
        Row("units written off", report.Stock.WrittenOff);
        Row("units reserved", report.Stock.Reserved);
        Row("units committed", report.Stock.Committed);
        Row("units short", report.Stock.Shortage);
        console.Write(table);
        foreach (var breach in report.Breaches) console.WriteLine($"BREACH: {breach}");
        if (report.First is null) console.WriteLine($"Every promise holds ({elapsed.TotalSeconds:0.0} s).");

        void Row(string name, long value) => table.AddRow(name, Terminal.Number(value));
    }
}

/// <summary>A file for what does not fit in memory; it is gone when it is closed, also by a crash.</summary>
static class ScratchFile
{
    public static Stream Create() => new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), new FileStreamOptions
    {
        Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, Options = FileOptions.DeleteOnClose | FileOptions.RandomAccess,
    });
}
