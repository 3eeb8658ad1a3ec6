using Engine.Actors;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Postgres;
using Engine.Load.Torture;
using Xunit;
using Xunit.Abstractions;
using static Engine.Tests.Torture.PostgresRig;

namespace Engine.Tests.Torture;

/// <summary>FAULTS 11 and what is like it: the server is lost for good, and another takes its place.</summary>
[Collection(nameof(OneAtATime))]
public sealed class PostgresFailoverTests(ITestOutputHelper output)
{
    [Fact]
    public async Task F11_A_failover_to_a_synchronous_standby_loses_nothing_also_when_its_word_was_not_waited_for()
    {
        for (var round = 0; round < Often.Rounds(1, full: 10); round++)
        {
            await using var rig = await StartAsync(11 + round);
            await using var standby = await PostgresServer.StartStandbyAsync(rig.Server);
            await rig.HarmAsync(() => FailOverWhileCancelledAsync(rig, standby));
            await Task.Delay(1000);
            await rig.AuditAsync("failed over to a synchronous standby", output);
        }
    }

    [Fact]
    public async Task F11_An_engine_that_believes_a_commit_no_standby_has_confirmed_is_found_out()
    {
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            await using var rig = await StartAsync(attempt, storeFault: "LostIsDurable");
            await using var standby = await PostgresServer.StartStandbyAsync(rig.Server);
            await FailOverWhileCancelledAsync(rig, standby);
            if (await rig.IsFoundOutAsync()) return;
        }
        Assert.Fail("engines that believe in a standby's word that was not waited for were believed");
    }

    /// <summary>The standby is away, somebody cancels the wait for it, so that the commit is on one machine only, and that machine is lost.</summary>
    static async Task FailOverWhileCancelledAsync(PostgresRig rig, PostgresServer standby)
    {
        await rig.Server.RunToolAsync("psql", "-q", "-d", "postgres", "-c", "ALTER SYSTEM SET synchronous_standby_names = '*'", "-c", "SELECT pg_reload_conf()");
        await Task.Delay(1000);
        await standby.StopAsync();
        await Task.Delay(500);
        await rig.Server.RunToolAsync("psql", "-q", "-d", "postgres", "-c", "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'engine % journal'");
        await Task.Delay(300);
        await FailOverAsync(rig, standby);
        await standby.RunToolAsync("psql", "-q", "-d", "postgres", "-c", "ALTER SYSTEM RESET synchronous_standby_names", "-c", "SELECT pg_reload_conf()");
    }

    /// <summary>The mutant keeps no record of its own: what is lost is lost without a word.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task F11_A_standby_that_was_behind_is_not_believed(bool keepsRecord)
    {
        for (var round = 0; round < (keepsRecord ? Often.Rounds(1, full: 10) : 1); round++)
        {
            await using var rig = await StartAsync(21 + round);
            await using var standby = await PostgresServer.StartStandbyAsync(rig.Server);
            await standby.StopAsync();
            await Task.Delay(1000);
            if (!keepsRecord) await rig.Host.KillAsync();
            await FailOverAsync(rig, standby);
            if (keepsRecord)
            {
                // Not by itself, and not after a restart either.
                for (var start = 0; start < 2; start++)
                {
                    await rig.UntilHealthSaysAsync("the store has lost its tail");
                    await rig.Host.KillAsync();
                    if (start == 0) await rig.Host.StartUnreadyAsync();
                }
            }
            // Whoever decides to go on with what there is removes the record; what is missing then is missing.
            File.Delete(rig.Acknowledged);
            Assert.True(await rig.Host.StartAsync(), rig.Host.Said);
            await rig.Load.StopAsync();
            var wrong = await rig.Load.AuditAsync();
            Assert.NotEmpty(wrong);
            output.WriteLine($"an asynchronous standby in its place: {(keepsRecord ? "refused" : "believed")}, {wrong.Count} acknowledged facts were not there");
        }
    }

    /// <summary>The machine is lost with what only it had: all that came while the standby was away.</summary>
    static async Task FailOverAsync(PostgresRig rig, PostgresServer standby)
    {
        await rig.Server.KillAsync();
        await standby.StartAsync();
        await standby.PromoteAsync();
        rig.Proxy.Target = standby.Port;
        rig.Proxy.Cut();
    }

    [Fact]
    public async Task A_dump_taken_under_load_is_a_whole_store_when_it_is_restored()
    {
        await using var rig = await StartAsync(20);
        await Task.Delay(1500);
        var dump = Path.Combine(Directory.CreateTempSubdirectory("engine-dump-").FullName, "store.dump");
        try
        {
            await File.WriteAllBytesAsync(dump, []);
            await RunAsync("chmod", "-R", "777", Path.GetDirectoryName(dump)!);
            await rig.Server.RunToolAsync("pg_dump", "-Fc", "-n", "engine", "-f", dump, "postgres");
            await rig.Server.RunToolAsync("createdb", "restored");
            await rig.Server.RunToolAsync("pg_restore", "-d", "restored", dump);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(dump)!, recursive: true);
        }
        using (var reader = new PostgresReader(rig.Server.ConnectionString("restored")))
        {
            var report = new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run();
            Assert.Null(report.First);
            Assert.True(report.Orders > 0 && report.Frames > 0);
            output.WriteLine($"restored: {report.Frames} frames, {report.Orders} orders, every promise holds");
        }
        using (var folder = new TempFolder())
        {
            // And an engine goes on from it.
            await using var host = new HostProcess(folder.Path, new Dictionary<string, string>
            {
                ["Engine:Store"] = "postgres", ["Engine:Postgres"] = rig.Server.ConnectionString("restored"), ["Engine:MasterKeyFile"] = rig.MasterKey,
            });
            Assert.True(await host.StartAsync(), host.Said);
        }
        await rig.AuditAsync("dumped", output);
    }
}
