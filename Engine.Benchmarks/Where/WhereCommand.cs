using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Engine.Adapters;
using Engine.Benchmarks.InProcess;
using Engine.Benchmarks.Peers;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Workloads;
using Engine.Host.Cli;

namespace Engine.Benchmarks.Where;

/// <summary>
/// Where the time goes: the engine in a process of its own, looked at by <c>perf</c> some hundred times a second, and what it
/// was doing told by part.
/// </summary>
static class WhereCommand
{
    const int Hertz = 499;
    const int WarmUp = 5;

    public static Command Create()
    {
        var work = new Option<Work>("--work") { Description = "As of engine", DefaultValueFactory = _ => Work.W1 };
        var store = new Option<StoreKind>("--store") { Description = "As of engine", DefaultValueFactory = _ => StoreKind.Sqlite };
        var callers = Options.Count("--callers", 1024, "As of engine");
        var views = new Option<string>("--views") { Description = "As of engine", DefaultValueFactory = _ => "on" };
        views.AcceptOnlyFromAmong("on", "off");
        var seconds = Options.Count("--seconds", 10, "How long it is looked at");
        var output = Options.Output("--out", "Writes a picture there (SVG)");
        var command = new Command("where", "Where the CPU time of the engine in process goes, by part; needs perf (Debian: linux-perf)") { work, store, callers, views, seconds, output };
        command.SetAction(async (parsed, stop) =>
        {
            DebianPackages.Need("linux-perf", () => DebianPackages.IsOnPath("perf"));
            var folder = BenchStore.NewFolder("where");
            try
            {
                string[] engine = ["engine", "--work", $"{parsed.GetValue(work)}", "--store", $"{parsed.GetValue(store)}", "--callers", Text(parsed.GetValue(callers)), "--views", parsed.GetValue(views)!];
                var (figures, samples) = await RunAsync(folder, engine, parsed.GetValue(seconds), stop);
                var parts = Parts.Of(samples, figures.CpuMicrosPerOrder);
                figures.Show(Console.Out);
                foreach (var (part, micros) in parts) Console.WriteLine(FormattableString.Invariant($"{micros,7:F1} µs  {100 * micros / figures.CpuMicrosPerOrder,5:F1} %  {part}"));
                if (parsed.GetValue(output) is { } file) await File.WriteAllTextAsync(file.FullName, WherePicture.Svg(figures, parts) + "\n", stop);
                return 0;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    static async Task<(EngineFigures Figures, string[] Samples)> RunAsync(string folder, string[] engine, int seconds, CancellationToken stop)
    {
        var (json, data) = (Path.Combine(folder, "engine.json"), Path.Combine(folder, "perf.data"));
        var start = new ProcessStartInfo("dotnet", [typeof(WhereCommand).Assembly.Location, .. engine, "--warmup", Text(WarmUp), "--seconds", Text(seconds + WarmUp), "--json", json]) { UseShellExecute = false, RedirectStandardOutput = true };
        // Tells perf the names of compiled methods, and keeps them where it looks for them.
        (start.Environment["DOTNET_PerfMapEnabled"], start.Environment["DOTNET_EnableWriteXorExecute"]) = ("1", "0");
        using var process = Process.Start(start)!;
        // Until it has warmed up and what is looked at is the run itself: stocking and callers alone come before.
        await Task.Delay(TimeSpan.FromSeconds(2.5 * WarmUp), stop);
        await PerfAsync("record", "-q", "-F", Text(Hertz), "-p", Text(process.Id), "-o", data, "--", "sleep", Text(seconds));
        await process.StandardOutput.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0) throw new StartupException("The engine has failed; run the command engine to see how.");
        var report = await PerfAsync("report", "-i", data, "--stdio", "--no-children", "-g", "none", "-F", "overhead,comm,dso,sym", "-t", "|", "--percent-limit", "0");
        File.Delete($"/tmp/perf-{process.Id}.map");
        return (EngineFigures.FromJson(await File.ReadAllTextAsync(json, stop)), report.Split('\n'));
    }

    static async Task<string> PerfAsync(params string[] arguments)
    {
        using var perf = Process.Start(new ProcessStartInfo("perf", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, wrong) = (perf.StandardOutput.ReadToEndAsync(), perf.StandardError.ReadToEndAsync());
        await perf.WaitForExitAsync();
        return perf.ExitCode == 0 ? await said : throw new StartupException($"perf {arguments[0]} failed: {await wrong}");
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
