using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Engine.Adapters;
using Engine.Host.Bulk;

namespace Engine.Host.Cli;

/// <summary>Takes files of stock in: into the store of this folder, or through an engine that runs.</summary>
static class ImportCommand
{
    static readonly TimeSpan ShowEvery = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = ".csv with a header (sku, warehouse, delta or set, reason) or .ndjson with the same names" };
        var data = new Option<string?>("--data") { Description = "Folder of an embedded store; the configured store where none is given. No engine may be running on it" };
        var url = Options.Address("--url", "Address of an engine that runs, to import through it");
        var key = new Option<string?>("--key-file") { Description = "File with the API key for --url" };
        var reference = new Option<string?>("--reference") { Description = "What the import is known by, so that doing it again books nothing twice (for 7 days); a hash of the file where none is given" };
        var report = new Option<string?>("--report") { Description = "Where lines that were not applied are told, as NDJSON (FILE.report.ndjson)" };
        var stock = new Command("stock", "Books the stock of a file; exits with 1 where a line could not be applied. Interrupted, it goes on where it was when it is started again") { file, data, url, key, reference, report };
        stock.SetAction((parsed, stop) => RunAsync(new Wish(
            parsed.GetRequiredValue(file), parsed.GetValue(data), parsed.GetValue(url), parsed.GetValue(key), parsed.GetValue(reference), parsed.GetValue(report)), stop));
        return new Command("import", "Takes files in") { stock };
    }

    sealed record Wish(string File, string? Data, Uri? Url, string? KeyFile, string? Reference, string? Report)
    {
        public string ReportPath => Report ?? File + ".report.ndjson";
        public string ProgressPath => File + ".progress.json";
    }

    static async Task<int> RunAsync(Wish wish, CancellationToken stop)
    {
        var time = TimeProvider.System;
        var size = Size(wish.File);
        var reference = wish.Reference ?? await HashAsync(wish.File);
        var before = Before(wish, reference);
        await using var target = await OpenAsync(wish);
        await using var report = new StreamWriter(wish.ReportPath, append: before is not null);
        var import = new StockImport(reference, target, report, progress => Save(wish, progress), time);
        if (before is not null) Console.WriteLine($"Going on behind line {Terminal.Number(before.Line)}.");

        var start = time.GetTimestamp();
        var running = Task.Run(() => import.RunAsync(StockRows.Read(wish.File), before, stop), CancellationToken.None);
        while (await Task.WhenAny(running, Task.Delay(ShowEvery, time, CancellationToken.None)) != running)
            Show(import.Progress, before, size, time.GetElapsedTime(start));
        await running;
        return Finish(wish, import.Progress, before, time.GetElapsedTime(start), stop.IsCancellationRequested);
    }

    static int Finish(Wish wish, ImportProgress done, ImportProgress? before, TimeSpan elapsed, bool interrupted)
    {
        Console.WriteLine($"{Terminal.Number(done.Applied)} lines applied, {Terminal.Number(done.Refused)} refused, {Terminal.Number(done.Bad)} not understood ({elapsed.TotalSeconds:0.0} s, {Terminal.Number(Rate(done, before, elapsed))} lines/s).");
        if (done.Refused + done.Bad > 0) Console.WriteLine($"{wish.ReportPath} tells of each line that was not applied.");
        else File.Delete(wish.ReportPath);
        if (interrupted)
        {
            Console.WriteLine("Interrupted. The same command goes on from here.");
            return 1;
        }
        File.Delete(wish.ProgressPath);
        return done.Refused + done.Bad > 0 ? 1 : 0;
    }

    static long Rate(ImportProgress done, ImportProgress? before, TimeSpan elapsed) => (long)((done.Lines - (before?.Lines ?? 0)) / Math.Max(0.001, elapsed.TotalSeconds));

    static void Show(ImportProgress progress, ImportProgress? before, long size, TimeSpan elapsed) =>
        Console.WriteLine($"  {Terminal.Number(progress.Lines)} lines ({(size == 0 ? 100 : Math.Min(100, 100 * progress.Bytes / size))} %), {Terminal.Number(Rate(progress, before, elapsed))} lines/s, {Terminal.Number(progress.Refused + progress.Bad)} not applied");

    static async Task<IStockTarget> OpenAsync(Wish wish)
    {
        if (wish.Url is { } url)
        {
            if (wish.KeyFile is not { } path) throw new StartupException("--url wants --key-file: a file with an API key that may adjust stock.");
            return new RemoteTarget(url, await Options.ReadKeyAsync(path));
        }
        return await LocalTarget.OpenAsync(Stores.Configured(wish.Data));
    }

    /// <summary>What an interrupted attempt at the same import has done.</summary>
    static ImportProgress? Before(Wish wish, string reference)
    {
        if (!File.Exists(wish.ProgressPath)) return null;
        try
        {
            var progress = JsonSerializer.Deserialize(File.ReadAllText(wish.ProgressPath), BulkJson.Default.ImportProgress);
            return progress?.Reference == reference ? progress : null;
        }
        catch (JsonException)
        {
            // Cut off in the middle: from the beginning, then; what is there is known by its reference.
            return null;
        }
    }

    static void Save(Wish wish, ImportProgress progress)
    {
        var next = wish.ProgressPath + ".next";
        File.WriteAllText(next, JsonSerializer.Serialize(progress, BulkJson.Default.ImportProgress));
        File.Move(next, wish.ProgressPath, overwrite: true);
    }

    static long Size(string path) => File.Exists(path) ? new FileInfo(path).Length : throw new StartupException($"There is no file {path}.");

    static async Task<string> HashAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return $"import:{Convert.ToHexStringLower(await SHA256.HashDataAsync(file))[..24]}";
    }
}
