using System.CommandLine;
using Engine.Actors;
using Engine.Actors.Kernel;
using Engine.Actors.WhatIf;
using Engine.Adapters;

namespace Engine.Host.Cli;

/// <summary>Decides a journal again with this build and prints what it would decide otherwise. The exit code says whether anything differs.</summary>
static class ReplayCommand
{
    const int Shown = 20;
    static readonly TimeSpan ShowEvery = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var from = new Option<string?>("--from") { Description = "An embedded journal: its folder or its file journal.db; the configured store where none is given. It is only read, also beside the engine that writes it" };
        var all = new Option<bool>("--all") { Description = "Also tell the differences that follow from others" };
        var command = new Command("replay", "Takes what came from outside (orders, payments, adjustments, steps, the passing of time) through this build and prints every decision that would differ; exits with 1 where any does") { from, all };
        command.SetAction((parsed, stop) => RunAsync(parsed.GetValue(from), parsed.GetValue(all), stop));
        return command;
    }

    static async Task<int> RunAsync(string? from, bool all, CancellationToken stop)
    {
        try
        {
            using var reader = Stores.Read(Stores.Configured(File.Exists(from) ? Path.GetDirectoryName(Path.GetFullPath(from)) : from));
            var replay = new Replay(reader, EngineDomain.Instance, ScratchFile.Create);
            var time = TimeProvider.System;
            var start = time.GetTimestamp();
            var running = Task.Factory.StartNew(() => replay.Run(stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            while (await Task.WhenAny(running, Task.Delay(ShowEvery, time, CancellationToken.None)) != running)
                Console.WriteLine($"  {Terminal.Number(replay.FramesDone)} frames decided again after {time.GetElapsedTime(start).TotalSeconds:0} s");
            Show(await running, all, time.GetElapsedTime(start));
            if (stop.IsCancellationRequested) Console.WriteLine("Interrupted: what stands behind was not decided again.");
            return (await running).Differing == 0 && !stop.IsCancellationRequested ? 0 : 1;
        }
        catch (Exception e) when (e is StoreUnavailableException or InvalidDataException)
        {
            throw new StartupException($"The journal can't be replayed: {e.Message}", e);
        }
    }

    static void Show(ReplayReport report, bool all, TimeSpan elapsed)
    {
        var shown = report.Differences.Where(d => all || !d.Follows).Take(all ? int.MaxValue : Shown).ToArray();
        foreach (var difference in shown)
        {
            Console.WriteLine($"{DateTimeOffset.FromUnixTimeMilliseconds(difference.At):yyyy-MM-ddTHH:mm:ss.fffZ} {difference.Actor} on {difference.Cause} (partition {difference.Partition}, frame {difference.Sequence}{(difference.Follows ? ", follows" : "")})");
            Tell("was  ", difference.Was);
            Tell("would", difference.Would);
        }
        if (shown.Length < report.Differing) Console.WriteLine($"  … and {Terminal.Number(report.Differing - shown.Length)} more");
        Console.WriteLine($"{Terminal.Number(report.Frames)} frames, {Terminal.Number(report.Decisions)} decisions made again in {elapsed.TotalSeconds:0.0} s");
        foreach (var (kind, count) in report.Facts.OrderBy(f => f.Key, StringComparer.Ordinal)) Console.WriteLine($"  {kind,-22} {Terminal.Number(count),12}");
        Console.WriteLine($"  taken as recorded      {Terminal.Number(report.TakenAsRecorded),12}");
        Console.WriteLine(report.Differing == 0 ? "No decision differs." : $"{Terminal.Number(report.Differing)} decisions differ, {Terminal.Number(report.Following)} more follow from them.");
    }

    static void Tell(string when, IReadOnlyList<string> said)
    {
        if (said.Count == 0) Console.WriteLine($"  {when}  nothing");
        foreach (var line in said) Console.WriteLine($"  {when}  {line}");
    }
}
