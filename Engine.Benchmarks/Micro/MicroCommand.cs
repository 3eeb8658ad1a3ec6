using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Engine.Benchmarks.Micro;

/// <summary>Single steps of the hot path, by BenchmarkDotNet, with the bytes they allocate.</summary>
static class MicroCommand
{
    public static Command Create()
    {
        var filter = new Option<string>("--filter") { Description = "Which, by a part of their names with *", DefaultValueFactory = _ => "*" };
        var command = new Command("micro", "Single steps of the hot path: deciders, encodings, signatures, parsers; time and bytes allocated") { filter };
        command.SetAction((parsed, _) => Task.FromResult(Run(parsed.GetValue(filter)!)));
        return command;
    }

    static int Run(string filter)
    {
        // In this process: the project that BenchmarkDotNet would generate does not build under pinned packages and lock files.
        var config = ManualConfig.Create(DefaultConfig.Instance).AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        var summaries = BenchmarkSwitcher.FromTypes(
            [typeof(DecideBenchmarks), typeof(OrderDecideBenchmarks), typeof(FrameBenchmarks), typeof(MailboxBenchmarks), typeof(KeyBenchmarks), typeof(PlatformBenchmarks), typeof(JsonBenchmarks)]).Run(["--filter", filter], config).ToArray();
        // One that could not be run is no more than a line of its table.
        return summaries.Length > 0 && summaries.All(s => s.Reports.Length > 0 && s.Reports.All(r => r.Success)) ? 0 : 1;
    }
}
