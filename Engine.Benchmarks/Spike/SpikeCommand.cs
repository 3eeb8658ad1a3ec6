using System.CommandLine;
using System.Net;
using Engine.Adapters;
using Engine.Host.Cli;
using Engine.Host.Settings;
using Engine.Load;
using Microsoft.Extensions.Configuration;
using Spectre.Console;

namespace Engine.Benchmarks.Spike;

/// <summary>The command line of <see cref="SpikeRun"/>.</summary>
static class SpikeCommand
{
    public static Command Create()
    {
        var url = new Option<string>("--url") { Description = "The engine", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
        url.Validators.Add(r => { if (!Uri.TryCreate(r.GetValueOrDefault<string>(), UriKind.Absolute, out var given) || given.Scheme != "http") r.AddError("--url is an address like http://127.0.0.1:5080; in front of TLS the generator would measure the encryption"); });
        var remote = new Option<bool>("--allow-remote") { Description = "Also against an engine on another machine" };
        var key = new Option<FileInfo?>("--key-file") { Description = "File with an API key, to compare with what the engine says afterwards (and to book stock)" };
        var settings = new Option<FileInfo>("--shops") { Description = "The shops that push, with their secrets: a settings file of the engine", Required = true };
        var platforms = new Option<string[]>("--platforms") { Description = "Of these shops only those of such platforms", AllowMultipleArgumentsPerToken = true };
        var profile = new Option<Profile>("--profile") { Description = "constant; ramp: from nothing to the rate; spike: a tenth of it, in the middle third all of it; day: 24 hours of a shop", DefaultValueFactory = _ => Profile.Spike };
        var rate = new Option<double>("--rate") { Description = "Orders a second, at most", DefaultValueFactory = _ => 1000 };
        rate.Validators.Add(r => { if (r.GetValueOrDefault<double>() is not (> 0 and <= 1_000_000)) r.AddError("--rate is a number of orders a second above zero"); });
        var seconds = Options.Count("--seconds", 60, "How long orders arrive");
        var pay = Share("--pay", 0.7, "Part of the orders that are paid");
        var payAfter = Seconds("--pay-after", 2, "Seconds from an order to its payment");
        var cancel = Share("--cancel", 0.05, "Part of the orders that are cancelled");
        var cancelAfter = Seconds("--cancel-after", 3, "Seconds from an order to its cancellation");
        var skus = Options.Count("--skus", 5000, "Different articles, SKU-00000 and so on, sold by Zipf's law");
        var stock = new Option<int>("--stock") { Description = "Units of each that are booked in before, in two warehouses; needs --key-file" };
        var connections = Options.Count("--connections", 256, "At most");
        var waiting = Options.Count("--waiting", 100_000, "Messages that may wait for a connection; what is more is dropped and told");
        var seed = Options.Count("--seed", 1, "The same seed makes the same orders");
        var report = Options.Output("--report", "The report, one HTML file");
        report.DefaultValueFactory = _ => new FileInfo("spike.html");

        var command = new Command("spike", "Pushes real signed orders, payments and cancellations at a running engine and reports what came of it; exits with 1 where something acknowledged is not known")
        {
            url, remote, key, settings, platforms, profile, rate, seconds, pay, payAfter, cancel, cancelAfter, skus, stock, connections, waiting, seed, report,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(stock) > 0 && result.GetValue(key) is null) result.AddError("--stock needs --key-file: stock is booked through the API");
            if (result.GetValue(pay) + result.GetValue(cancel) > 1) result.AddError("--pay and --cancel are parts of the same orders: together at most 1");
        });
        command.SetAction(async (parsed, stop) =>
        {
            var target = new Uri(parsed.GetRequiredValue(url));
            if (!parsed.GetValue(remote) && !IsLoopback(target)) throw new StartupException($"{target} is not this machine. Load on somebody's engine is meant only with --allow-remote.");
            var options = new SpikeOptions(
                target, parsed.GetValue(key) is { } file ? await Options.ReadKeyAsync(file.FullName) : null, Shops(parsed.GetRequiredValue(settings), parsed.GetValue(platforms) ?? []), parsed.GetValue(profile), parsed.GetValue(rate),
                TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(seed), parsed.GetValue(skus), parsed.GetValue(stock), parsed.GetValue(connections), parsed.GetValue(waiting),
                parsed.GetValue(pay), TimeSpan.FromSeconds(parsed.GetValue(payAfter)), parsed.GetValue(cancel), TimeSpan.FromSeconds(parsed.GetValue(cancelAfter)));
            var outcome = await new SpikeRun(options, AnsiConsole.Console).RunAsync(stop);
            var path = parsed.GetRequiredValue(report)!.FullName;
            await File.WriteAllTextAsync(path, SpikeReport.Html(outcome), CancellationToken.None);
            SpikeReport.Show(outcome, path, AnsiConsole.Console);
            return outcome.Tally is { Holds: false } ? 1 : 0;
        });
        return command;
    }

    static Option<double> Share(string name, double usual, string description)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(r => { if (r.GetValueOrDefault<double>() is not (>= 0 and <= 1)) r.AddError($"{name} is from 0 to 1"); });
        return option;
    }

    static Option<double> Seconds(string name, double usual, string description)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(r => { if (r.GetValueOrDefault<double>() is not (>= 0 and <= 86_400)) r.AddError($"{name} is a number of seconds, up to a day"); });
        return option;
    }

    static bool IsLoopback(Uri url) => url.IsLoopback || (IPAddress.TryParse(url.Host, out var address) && IPAddress.IsLoopback(address));

    static List<LoadShop> Shops(FileInfo file, string[] platforms)
    {
        if (!file.Exists) throw new StartupException($"The settings file {file} is not there.");
        var settings = SettingsReader.Build(new ConfigurationBuilder().AddJsonFile(file.FullName)).GetSection("Engine:Shops").Get<List<ShopSettings>>() ?? [];
        var shops = settings.Where(s => platforms.Length == 0 || platforms.Contains(s.Platform, StringComparer.OrdinalIgnoreCase)).ToList();
        if (shops.Count == 0) throw new StartupException($"{file} names no shop under Engine:Shops{(platforms.Length > 0 ? $" of {string.Join(", ", platforms)}" : "")}.");
        if (shops.Find(s => s.Platform is not ("youzan" or "shopify" or "standard")) is { } unknown) throw new StartupException($"Messages of {unknown.Platform} can't be made: leave it out with --platforms.");
        return shops.ConvertAll(s => new LoadShop(s.Platform, s.Shop, s.AppKey, s.Secret));
    }
}
