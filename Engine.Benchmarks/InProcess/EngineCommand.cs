using System.CommandLine;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Workloads;
using Engine.Host.Cli;

namespace Engine.Benchmarks.InProcess;

/// <summary>The command line of <see cref="EngineRun"/>.</summary>
static class EngineCommand
{
    public static Command Create()
    {
        var work = new Option<Work>("--work") { Description = "w1: orders of 1 to 3 lines (1.8 on average) over all SKUs, Zipf 0.99; w2: the same and their payment; w3: one line of one hot SKU; w4: reservations of a SKU", DefaultValueFactory = _ => Work.W1 };
        var store = new Option<StoreKind>("--store") { Description = "Where the journal is kept", DefaultValueFactory = _ => StoreKind.Sqlite };
        var callers = Options.Count("--callers", 256, "Callers of the closed loop");
        var rate = new Option<string?>("--rate") { Description = "Open loop instead: orders a second, or a part of what the closed loop comes to while it warms up (50%)" };
        rate.Validators.Add(result => { if (result.GetValueOrDefault<string?>() is { } text && Rate(text).Rate is not > 0) result.AddError("--rate is a number of orders a second, or a percentage"); });
        var seconds = Options.Count("--seconds", 30, "How long is measured; of each round with --overload");
        var warmup = Options.Count("--warmup", 5, "Seconds before that");
        var overload = new Option<double>("--overload") { Description = "Alternates rounds at the closed loop's maximum and at so many times that" };
        var rounds = Options.Count("--rounds", 5, "Rounds of --overload");
        var views = new Option<string>("--views") { Description = "Read models kept beside", DefaultValueFactory = _ => "on" };
        views.AcceptOnlyFromAmong("on", "off");
        var sealing = new Option<string>("--seal") { Description = "Whether callers seal the personal part of each order, as the edge does, or some thousand sealed ahead go round", DefaultValueFactory = _ => "each" };
        sealing.AcceptOnlyFromAmong("each", "ahead");
        var partitions = Options.Count("--partitions", 16, "Of the engine");
        var skus = Options.Count("--skus", World.SkusUsual, "In the catalogue");
        var tier = Options.Count("--tier", 900, "Seconds that an unpaid order holds its stock");
        var json = Options.Output("--json", "Writes the figures there too");

        var command = new Command("engine", "The engine in process: full orders through mailboxes, deciders and journal; throughput, latency, CPU, bytes and allocations per order")
        {
            work, store, callers, rate, seconds, warmup, overload, rounds, views, sealing, partitions, skus, tier, json,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var (wanted, isShare) = parsed.GetValue(rate) is { } text ? Rate(text) : (0, false);
            var run = new EngineRun(new EngineRunOptions(
                parsed.GetValue(work), parsed.GetValue(store), parsed.GetValue(callers), wanted!.Value, isShare,
                TimeSpan.FromSeconds(parsed.GetValue(warmup)), TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(views) == "on", parsed.GetValue(sealing) == "ahead",
                parsed.GetValue(partitions), parsed.GetValue(skus), TimeSpan.FromSeconds(parsed.GetValue(tier))), stop);
            if (parsed.GetValue(overload) is > 0 and var times) return await run.OverloadAsync(times, parsed.GetValue(rounds), Console.Out) ? 0 : 1;
            if (await run.RunAsync(Console.Out) is not { } figures) return 1;
            figures.Show(Console.Out);
            if (parsed.GetValue(json) is { } file) await File.WriteAllTextAsync(file.FullName, figures.ToJson(), stop);
            return 0;
        });
        return command;
    }

    static (double? Rate, bool IsShare) Rate(string text)
    {
        var isShare = text.EndsWith('%');
        return double.TryParse(isShare ? text[..^1] : text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? (isShare ? number / 100 : number, isShare) : (null, isShare);
    }
}
