using Engine.Actors.Kernel;
using Engine.Adapters.Journals;
using Engine.Adapters.Journals.Archives;
using Engine.Host.Settings;

namespace Engine.Host.Upkeep;

/// <summary>Moves old frames to compressed files now and then, and when somebody asks for it.</summary>
sealed class ArchiveSchedule(IStore store, EngineSettings settings, TimeProvider time, ILogger<ArchiveSchedule> log) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>False where there is no folder that all nodes can read.</summary>
    public bool IsPossible => settings.Store == "sqlite" || settings.Archive.Directory is not null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.Archive.After == TimeSpan.Zero || !IsPossible) return;
        using var timer = new PeriodicTimer(Every, time);
        while (await Census.Next(timer, stoppingToken))
        {
            try
            {
                await RunAsync(settings.Archive.After, stoppingToken);
            }
            catch (Exception e)
            {
                log.UpkeepFailed("archive", e);
            }
        }
    }

    /// <exception cref="StoreUnavailableException" />
    /// <exception cref="InvalidDataException">A frame or a checkpoint is damaged.</exception>
    public async Task<ArchiveReport> RunAsync(TimeSpan age, CancellationToken stop)
    {
        var before = (time.GetUtcNow() - age).ToUnixTimeMilliseconds();
        // On a thread of its own: it reads, packs and waits for the disk for a long time.
        var report = await Task.Factory.StartNew(() => store.Archive(before, stop: stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (report.Files > 0) log.Archived(report.Frames, report.Files, report.Bytes, report.PackedBytes);
        return report;
    }
}
