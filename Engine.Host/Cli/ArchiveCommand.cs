using System.CommandLine;
using Engine.Actors.Kernel;
using Engine.Adapters;

namespace Engine.Host.Cli;

/// <summary>Moves old frames of a store that no engine runs on to compressed files.</summary>
static class ArchiveCommand
{
    public static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Folder of an embedded store; the configured store where none is given" };
        var days = Options.Count("--older-than", 30, "Days; frames of that age go, once a checkpoint covers them", least: 0);
        var command = new Command("archive", "Moves old frames to compressed files, which verify and the time machine read like the journal. An engine that runs does so by itself (Engine:Archive:After) or on POST /v1/archive") { data, days };
        command.SetAction((parsed, stop) => Task.Run(() => Run(parsed.GetValue(data), parsed.GetValue(days), stop), CancellationToken.None));
        return command;
    }

    static int Run(string? directory, int days, CancellationToken stop)
    {
        var settings = Stores.Configured(directory);
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        try
        {
            // Opening would make a store where there is none.
            using (Stores.Read(settings)) { }
            using var store = Stores.Open(settings, time);
            var report = store.Archive((time.GetUtcNow() - TimeSpan.FromDays(days)).ToUnixTimeMilliseconds(), frames => Console.WriteLine($"  {Terminal.Number(frames)} frames moved"), stop);
            Console.WriteLine(report.Files == 0
                ? "Nothing to archive."
                : $"{Terminal.Number(report.Frames)} frames moved to {report.Files} files: {Terminal.Number(report.Bytes)} bytes became {Terminal.Number(report.PackedBytes)} ({time.GetElapsedTime(start).TotalSeconds:0.0} s).");
            return stop.IsCancellationRequested ? 1 : 0;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or StoreUnavailableException)
        {
            throw new StartupException($"Nothing more is moved: {e.Message}", e);
        }
    }
}
