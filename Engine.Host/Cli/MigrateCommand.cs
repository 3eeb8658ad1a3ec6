using System.CommandLine;
using Engine.Actors;
using Engine.Actors.Kernel;
using Engine.Actors.Verification;
using Engine.Adapters;
using Engine.Adapters.Journals;
using Engine.Host.Settings;

namespace Engine.Host.Cli;

/// <summary>Moves an embedded store to PostgreSQL and proves both sides before the one becomes the other.</summary>
static class MigrateCommand
{
    public static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Folder of the embedded store; the configured one where none is given. No engine may be running on it" };
        var command = new Command("migrate", "Moves an embedded store to the PostgreSQL database in Engine:Postgres: journal, snapshots and keys, proved on both sides. Then the embedded store is closed for good. Interrupted, the same command goes on") { data };
        command.SetAction((parsed, stop) => RunAsync(parsed.GetValue(data), stop));
        return command;
    }

    static async Task<int> RunAsync(string? data, CancellationToken stop)
    {
        var settings = SettingsReader.Read(EngineHost.Configuration(new Dictionary<string, string?>()));
        if (string.IsNullOrEmpty(settings.Postgres)) throw new StartupException("Engine:Postgres is required: the connection string of the database to move to.");
        var time = TimeProvider.System;
        using var interrupting = stop.Register(() => Console.WriteLine("Interrupting: what is being written is finished first …"));
        try
        {
            using var migration = new Migration(data ?? settings.DataDirectory, Stores.Postgres(settings, time), settings.PostgresShards);
            Console.WriteLine($"To {migration.Target}.");
            var (shown, start) = (0L, time.GetTimestamp());
            await Task.Run(() => migration.Copy(
                frames =>
                {
                    if (frames - shown < 5_000) return;
                    shown = frames;
                    Console.WriteLine($"  {Terminal.Number(frames)} frames copied after {time.GetElapsedTime(start).TotalSeconds:0} s");
                },
                stop), CancellationToken.None);
            if (stop.IsCancellationRequested) return Interrupted();
            Console.WriteLine($"{Terminal.Number(migration.FramesCopied)} frames copied in {time.GetElapsedTime(start).TotalSeconds:0.0} s. Proving both …");
            using var target = migration.OpenTarget([settings.Postgres, .. settings.PostgresShards]);
            await ProveAsync(migration.Source, target, stop);
            if (stop.IsCancellationRequested) return Interrupted();
            migration.Complete();
            Console.WriteLine($"Moved. The store in {data ?? settings.DataDirectory} is closed for good; it can be verified and exported, and no engine starts on it.");
            Console.WriteLine("Serve with Engine:Store=postgres and the same master key.");
            return 0;
        }
        catch (OperationCanceledException)
        {
            return Interrupted();
        }
        catch (Exception e) when (e is StoreUnavailableException or InvalidDataException)
        {
            throw new StartupException($"{e.Message} Nothing is lost: the same command goes on.", e);
        }
    }

    static int Interrupted()
    {
        Console.WriteLine("Interrupted. Nothing is moved yet: the embedded store is as it was and can be served from. The same command goes on where this one ended.");
        return 1;
    }

    /// <exception cref="StartupException">A promise is broken on one side, or the sides differ.</exception>
    static async Task ProveAsync(IJournalReader source, IJournalReader target, CancellationToken stop)
    {
        var reports = new List<VerifyReport>();
        foreach (var (side, reader) in new[] { ("the embedded store", source), ("PostgreSQL", target) })
        {
            var (report, elapsed) = await VerifyCommand.RunAsync(new Verifier(reader, EngineDomain.Instance, ScratchFile.Create), Terminal.Open(), TimeProvider.System, stop);
            if (report.First is { } breach) throw new StartupException($"A promise does not hold in {side}, so nothing is moved: {breach}");
            Console.WriteLine($"  {side}: {Terminal.Number(report.Frames)} frames, {Terminal.Number(report.Orders)} orders, {Terminal.Number(report.Skus)} SKUs, {Terminal.Number(report.Snapshots)} snapshots; every promise holds ({elapsed.TotalSeconds:0.0} s)");
            reports.Add(report);
        }
        if (Figures(reports[0]) != Figures(reports[1])) throw new StartupException("Both sides hold their promises and are not the same: nothing is moved.");
        // Each frame names the hash of the one before it, so the last one stands for all.
        for (var partition = 0; partition < source.Partitions; partition++)
        {
            var (theirs, ours) = (Last(source, partition), Last(target, partition));
            if (!theirs.AsSpan().SequenceEqual(ours)) throw new StartupException($"Partition {partition} does not end alike on both sides: nothing is moved.");
        }
    }

    static (long, long, long, long, long, long, long, long, StockTotals) Figures(VerifyReport r) =>
        (r.Frames, r.Bytes, r.Events, r.Messages, r.Orders, r.Skus, r.Snapshots, r.Grants, r.Stock);

    static byte[] Last(IJournalReader reader, int partition) => reader.ReadFrames(partition, Math.Max(0, Count(reader, partition) - 1)).LastOrDefault().Bytes ?? [];

    static long Count(IJournalReader reader, int partition) => reader.ReadCheckpoint(partition) is { } checkpoint ? Checkpoint.SequenceOf(checkpoint) : 0;
}
