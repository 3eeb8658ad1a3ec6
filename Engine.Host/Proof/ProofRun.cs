using Engine.Actors;
using Engine.Actors.Orders;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Sqlite;
using Engine.Host.Cli;
using Engine.Host.Ingress;
using Engine.Host.Settings;
using Engine.Load;
using Engine.Load.Torture;
using Engine.Simulation;

namespace Engine.Host.Proof;

/// <summary>
/// The proof that a merchant can run (FEATURES G1): the engine's own fault harness against a copy of the merchant's settings.
/// First many simulated lives with crashes, torn writes, lost, repeated and reordered messages and clocks that jump; then this
/// very program as a process of its own under load, killed and started again, its log torn, its clients pushing twice and out
/// of order. What clients were told is held against what the engine answers and what its journal proves. The merchant's own
/// store is not touched.
/// </summary>
sealed class ProofRun(EngineSettings settings, TimeSpan duration, int seed, TextWriter output, TimeProvider time, CancellationToken stop)
{
    const double SimulatedPart = 0.3;
    static readonly TimeSpan StepMax = TimeSpan.FromSeconds(2.5);

    readonly Random _random = new(seed);
    readonly ProofScore _score = new();

    public async Task<ProofScore> RunAsync()
    {
        Simulate(duration * SimulatedPart);
        if (!stop.IsCancellationRequested) await RunForRealAsync(duration * (1 - SimulatedPart));
        return _score;
    }

    void Simulate(TimeSpan length)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        end.CancelAfter(length);
        output.WriteLine($"Simulated lives with your lock tiers, for {length.TotalSeconds:0} s …");
        var shops = new Shops(settings);
        ShopPolicy[] policies = [shops.Policy("", ""), .. settings.Shops.Select(s => shops.Policy(s.Platform, s.Shop))];
        _score.Simulated = SimulationRunner.Run(int.MaxValue - seed, seed, policies: policies, stop: end.Token);
    }

    async Task RunForRealAsync(TimeSpan length)
    {
        var folder = Directory.CreateTempSubdirectory("engine-proof-").FullName;
        try
        {
            await using var host = new HostProcess(folder, Copied(folder), settings.Keys.Count, settings.Shops.Count);
            output.WriteLine($"The engine as a process of its own, under load, for {length.TotalSeconds:0} s …");
            await TortureAsync(host, folder, length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Where the merchant's own files and addresses are named, the copy has its own.</summary>
    static Dictionary<string, string> Copied(string folder) => new() { ["Engine:Store"] = "sqlite", ["Engine:MasterKeyFile"] = Path.Combine(folder, "keys", "master.key") };

    async Task TortureAsync(HostProcess host, string folder, TimeSpan length)
    {
        if (!await host.StartAsync()) throw new InvalidOperationException($"the engine does not start with these settings: {host.Said}");
        using var load = new TortureLoad(host.Url, seed, [HostProcess.Shop, .. settings.Shops.Where(s => s.Platform is "youzan" or "shopify" or "standard").Select(s => new LoadShop(s.Platform, s.Shop, s.AppKey, s.Secret))]);
        await load.PrepareAsync();
        load.Start();
        var start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < length && !stop.IsCancellationRequested)
        {
            await Task.Delay(StepMax * (0.1 + 0.9 * _random.NextDouble()), time, CancellationToken.None);
            await HarmAsync(host, folder);
        }
        await load.StopAsync();
        _score.Wrong = await load.AuditAsync();
        (_score.Acknowledged, _score.Unclear, _score.Orders) = (load.Acknowledged, load.Unclear, load.Result!);
        await host.TerminateAsync();
        await host.EndAsync(TimeSpan.FromMinutes(1));
        Verify(folder);
    }

    async Task HarmAsync(HostProcess host, string folder)
    {
        await host.KillAsync();
        _score.Kills++;
        if (_random.Next(2) == 0) Tear(folder);
        var killed = time.GetTimestamp();
        if (!await host.StartAsync()) throw new InvalidOperationException($"the engine did not start again: {host.Said}");
        var back = time.GetElapsedTime(killed);
        if (back > _score.LongestRecovery) _score.LongestRecovery = back;
        output.WriteLine($"  kill {_score.Kills}: back after {back.TotalSeconds:0.0} s");
    }

    /// <summary>What a write that never came to its end may leave behind the last one that did.</summary>
    void Tear(string folder)
    {
        var log = new FileInfo(Path.Combine(folder, "journal.db-wal"));
        if (!log.Exists || log.Length == 0) return;
        var torn = new byte[_random.Next(1, 40_000)];
        _random.NextBytes(torn);
        using var file = log.Open(FileMode.Append, FileAccess.Write);
        file.Write(torn);
        _score.Tears++;
    }

    void Verify(string folder)
    {
        using var reader = new SqliteReader(folder);
        _score.Journal = new Verifier(reader, EngineDomain.Instance, ScratchFile.Create) { Settled = true }.Run();
    }
}
