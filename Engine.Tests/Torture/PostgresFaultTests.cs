using System.Diagnostics;
using System.Globalization;
using Engine.Actors;
using Engine.Actors.Kernel;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Postgres;
using Engine.Load.Torture;
using Engine.Tests.Kernel;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 9 to 14, 18, 19: the real program on a real PostgreSQL server that is killed, held up, cut off, filled up, failed over.
/// Clients that know only HTTP keep an account of what they were told; the journal is proved at the end. Few rounds by default,
/// as many as <c>ENGINE_TORTURE_ROUNDS</c> says.
/// </summary>
[Collection(nameof(OneAtATime))]
public sealed class PostgresFaultTests(ITestOutputHelper output)
{
    static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(60);

    static int Rounds(int usual) => int.TryParse(Environment.GetEnvironmentVariable("ENGINE_TORTURE_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : usual;

    /// <summary>A server, what stands in front of it, and a host under load.</summary>
    sealed class Rig : IAsyncDisposable
    {
        public TempFolder Folder { get; private init; } = null!;
        public string MasterKey => Folder.File("keys/master.key");
        public PostgresServer Server { get; private init; } = null!;
        public TcpProxy Proxy { get; private init; } = null!;
        public HostProcess Host { get; private init; } = null!;
        public TortureLoad Load { get; private init; } = null!;
        public TimeSpan LongestRecovery { get; private set; }
        public int Harms { get; private set; }

        public static async Task<Rig> StartAsync(int seed, IReadOnlyDictionary<string, string>? settings = null, string? parent = null, string? kernelFault = null, string? storeFault = null)
        {
            var server = await PostgresServer.StartNewAsync(settings, parent);
            var proxy = new TcpProxy(server.Port);
            var folder = new TempFolder();
            var host = new HostProcess(folder.Path, new Dictionary<string, string> { ["Engine:Store"] = "postgres", ["Engine:Postgres"] = server.ConnectionString(port: proxy.Port) });
            var load = new TortureLoad(host.Url, seed);
            var rig = new Rig { Server = server, Proxy = proxy, Host = host, Load = load, Folder = folder };
            if (kernelFault is null && storeFault is null)
            {
                Assert.True(await host.StartAsync(), host.Said);
                await load.PrepareAsync();
            }
            else
            {
                // Stock is put in honestly.
                Assert.True(await host.StartAsync(), host.Said);
                await load.PrepareAsync();
                await host.TerminateAsync();
                await host.EndAsync(ReadyMax);
                Assert.True(await host.StartAsync(kernelFault: kernelFault, storeFault: storeFault), host.Said);
            }
            load.Start();
            return rig;
        }

        /// <summary>Does harm, undoes it, and waits until the engine serves again by itself.</summary>
        public async Task HarmAsync(Func<Task> harm)
        {
            await harm();
            Harms++;
            var start = Stopwatch.GetTimestamp();
            await ReadyAsync();
            var recovery = Stopwatch.GetElapsedTime(start);
            if (recovery > LongestRecovery) LongestRecovery = recovery;
        }

        public async Task ReadyAsync()
        {
            using var http = new HttpClient { BaseAddress = Host.Url, Timeout = TimeSpan.FromSeconds(5) };
            for (var start = Stopwatch.GetTimestamp(); ;)
            {
                var said = await http.GetAsync("/health/ready");
                if (said.IsSuccessStatusCode) return;
                if (Stopwatch.GetElapsedTime(start) > ReadyMax) Assert.Fail($"it does not come back: {await said.Content.ReadAsStringAsync()}\n{Host.Said}");
                await Task.Delay(50);
            }
        }

        /// <summary>Ends the load, holds every client's account against the engine, ends it in peace and proves the journal.</summary>
        public async Task AuditAsync(string what, ITestOutputHelper output)
        {
            await Load.StopAsync();
            var wrong = await Load.AuditAsync();
            var served = Host.Id;
            output.WriteLine($"{what}: {Harms} harms, {Load.Acknowledged} calls acknowledged, {wrong.Count} lost or doubled, {Load.Unclear} calls unclear and asked again, longest recovery {LongestRecovery.TotalSeconds:0.0} s");
            Assert.Equal([], wrong);
            Assert.False(Host.HasExited);
            await Host.TerminateAsync();
            Assert.Equal(0, await Host.EndAsync(ReadyMax));
            using var reader = new PostgresReader(Server.ConnectionString(port: Proxy.Port));
            Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()) { Settled = true }.Run().First);
        }

        public async ValueTask DisposeAsync()
        {
            Load.Dispose();
            await Host.DisposeAsync();
            Proxy.Dispose();
            await Server.DisposeAsync();
            Folder.Dispose();
        }
    }

    [Fact]
    public async Task F09_The_server_killed_and_started_again_loses_nothing()
    {
        await using var rig = await Rig.StartAsync(9);
        var random = new Random(9);
        for (var round = 0; round < Rounds(4); round++)
        {
            await Task.Delay(random.Next(300, 1500));
            await rig.HarmAsync(async () =>
            {
                await rig.Server.KillAsync();
                await Task.Delay(random.Next(0, 1500));
                await rig.Server.StartAsync();
            });
        }
        await rig.AuditAsync("server killed", output);
    }

    [Fact]
    public async Task F09_An_engine_that_answers_before_it_has_written_is_found_out()
    {
        for (var attempt = 1; attempt <= 8; attempt++)
        {
            await using var rig = await Rig.StartAsync(attempt, kernelFault: "AnswerBeforeAppend");
            await Task.Delay(700);
            // Held up, then killed: what was answered meanwhile is nowhere.
            rig.Proxy.Hold();
            await Task.Delay(150);
            rig.Proxy.Cut();
            rig.Proxy.Resume();
            await rig.Host.KillAsync();
            Assert.True(await rig.Host.StartAsync(), rig.Host.Said);
            await rig.Load.StopAsync();
            if ((await rig.Load.AuditAsync()).Count > 0) return;
        }
        Assert.Fail("engines that answer before they write were believed");
    }

    [Fact]
    public async Task F10_Answers_to_commits_that_are_lost_are_settled_to_what_has_happened()
    {
        await using var rig = await Rig.StartAsync(10);
        var random = new Random(10);
        for (var round = 0; round < Rounds(30); round++)
        {
            var lost = rig.Proxy.Lost;
            if (round % 3 == 2) rig.Proxy.LoseRequest(random.Next(1, 12));
            else rig.Proxy.LoseAnswer(random.Next(1, 12));
            for (var wait = 0; wait < 1000 && rig.Proxy.Lost == lost; wait++) await Task.Delay(5);
            Assert.True(rig.Proxy.Lost > lost, "nothing was committed any more");
            await rig.HarmAsync(() => Task.CompletedTask);
        }
        Assert.True(rig.Load.Unclear > 0);
        await rig.AuditAsync("answers lost", output);
    }

    [Fact]
    public async Task F10_An_engine_that_takes_a_lost_answer_for_success_is_found_out()
    {
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            await using var rig = await Rig.StartAsync(attempt, storeFault: "LostIsDurable");
            await Task.Delay(500);
            rig.Proxy.LoseRequest(3);
            for (var wait = 0; wait < 1000 && rig.Proxy.Lost == 0; wait++) await Task.Delay(5);
            await rig.Host.KillAsync();
            Assert.True(await rig.Host.StartAsync(), rig.Host.Said);
            await rig.Load.StopAsync();
            if ((await rig.Load.AuditAsync()).Count > 0) return;
        }
        Assert.Fail("engines that take a lost answer for success were believed");
    }

    [Fact]
    public async Task F18_A_server_that_is_stuck_is_waited_for_refused_for_and_come_back_from()
    {
        await using var rig = await Rig.StartAsync(18);
        await Task.Delay(700);
        await rig.HarmAsync(async () =>
        {
            var stopped = rig.Server.Processes();
            foreach (var process in stopped) await SignalAsync("STOP", process);
            await Task.Delay(3000);
            foreach (var process in stopped) await SignalAsync("CONT", process);
        });
        await Task.Delay(700);
        await rig.HarmAsync(async () =>
        {
            await using var holder = new NpgsqlConnection(rig.Server.ConnectionString() + ";Pooling=false");
            await holder.OpenAsync();
            await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE engine.journal IN EXCLUSIVE MODE; SELECT pg_sleep(3)", holder);
            await hold.ExecuteNonQueryAsync();
        });
        await Task.Delay(700);
        // Longer than an answer is waited for: what was on its way is unclear, and settled.
        await rig.HarmAsync(async () =>
        {
            rig.Proxy.Hold();
            await Task.Delay(13_000);
            rig.Proxy.Resume();
        });
        await Task.Delay(700);
        await rig.AuditAsync("server stuck", output);
    }

    [Fact]
    public async Task F19_All_connections_taken_by_others_stop_nothing_and_keep_nobody_out_for_good()
    {
        await using var rig = await Rig.StartAsync(19, new Dictionary<string, string> { ["max_connections"] = "30", ["superuser_reserved_connections"] = "0" });
        await Task.Delay(500);
        var others = new List<NpgsqlConnection>();
        try
        {
            for (var i = 0; i < 40; i++)
            {
                var other = new NpgsqlConnection(rig.Server.ConnectionString() + ";Pooling=false");
                try
                {
                    await other.OpenAsync();
                    others.Add(other);
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.TooManyConnections)
                {
                    await other.DisposeAsync();
                    break;
                }
            }
            var before = rig.Load.Acknowledged;
            await Task.Delay(1500);
            Assert.True(rig.Load.Acknowledged > before + 20, "the journal's connection is its own, so orders go on");
            // Now that one is lost too, and somebody takes its place.
            rig.Proxy.Cut();
            for (var i = 0; i < 10; i++)
            {
                var other = new NpgsqlConnection(rig.Server.ConnectionString() + ";Pooling=false");
                try
                {
                    await other.OpenAsync();
                    others.Add(other);
                }
                catch (PostgresException)
                {
                    await other.DisposeAsync();
                }
            }
            await Task.Delay(1000);
        }
        finally
        {
            foreach (var other in others) await other.DisposeAsync();
        }
        await rig.HarmAsync(() => Task.CompletedTask);
        await Task.Delay(500);
        await rig.AuditAsync("connections taken", output);
    }

    [Fact]
    public async Task F14_A_full_disk_refuses_writes_with_a_reason_and_heals_without_a_restart()
    {
        var disk = Directory.CreateTempSubdirectory("engine-disk-").FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=220m,mode=755", "tmpfs", disk);
        try
        {
            await using var rig = await Rig.StartAsync(14, new Dictionary<string, string> { ["max_wal_size"] = "64MB", ["min_wal_size"] = "32MB", ["shared_buffers"] = "16MB" }, parent: disk);
            await Task.Delay(500);
            for (var round = 0; round < Rounds(2); round++)
            {
                var ballast = Path.Combine(disk, "ballast");
                await rig.HarmAsync(async () =>
                {
                    await using (var file = File.Create(ballast))
                    {
                        var block = new byte[1 << 20];
                        try
                        {
                            while (true) await file.WriteAsync(block);
                        }
                        catch (IOException)
                        {
                            // Full.
                        }
                    }
                    await Task.Delay(2500);
                    File.Delete(ballast);
                    // Out of room for its log the server ends itself; whoever looks after it starts it again.
                    if (rig.Server.HasEnded) await rig.Server.StartAsync();
                });
                await Task.Delay(500);
            }
            await rig.AuditAsync("disk full", output);
        }
        finally
        {
            await RunAsync("umount", disk);
            Directory.Delete(disk);
        }
    }

    [Fact]
    public async Task F11_A_failover_to_a_synchronous_standby_loses_nothing_also_when_its_word_was_not_waited_for()
    {
        await using var rig = await Rig.StartAsync(11);
        await using var standby = await PostgresServer.StartStandbyAsync(rig.Server);
        await rig.Server.RunToolAsync("psql", "-q", "-d", "postgres", "-c", "ALTER SYSTEM SET synchronous_standby_names = '*'", "-c", "SELECT pg_reload_conf()");
        await Task.Delay(1000);
        // The standby hangs, and somebody cancels the wait for it: the commit is on one machine only, and must not be taken for durable.
        var hanging = standby.Processes();
        foreach (var process in hanging) await SignalAsync("STOP", process);
        await Task.Delay(500);
        await rig.Server.RunToolAsync("psql", "-q", "-d", "postgres", "-c", "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'engine % journal'");
        await Task.Delay(300);
        // The machine is lost with what only it had.
        await rig.HarmAsync(async () =>
        {
            await rig.Server.KillAsync();
            foreach (var process in hanging) await SignalAsync("CONT", process);
            await standby.PromoteAsync();
            await standby.RunToolAsync("psql", "-q", "-d", "postgres", "-c", "ALTER SYSTEM RESET synchronous_standby_names", "-c", "SELECT pg_reload_conf()");
            rig.Proxy.Target = standby.Port;
            rig.Proxy.Cut();
        });
        await Task.Delay(1000);
        await rig.AuditAsync("failed over", output);
    }

    [Fact]
    public async Task F13_A_flush_that_fails_is_no_commit()
    {
        await using var rig = await Rig.StartAsync(13);
        for (var round = 1; round <= Rounds(3); round++)
        {
            await Task.Delay(500);
            await rig.HarmAsync(async () =>
            {
                var before = rig.Server.Processes();
                var start = new ProcessStartInfo("strace", ["-f", "-o", "/dev/null", .. before.SelectMany(process => new[] { "-p", $"{process}" }), "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:error=EIO:when={round}"])
                {
                    UseShellExecute = false, RedirectStandardError = true,
                };
                using var strace = Process.Start(start)!;
                // The server takes a failed flush of its log for the end of everything, and starts again by itself.
                for (var wait = 0; wait < 400 && before.Skip(1).All(process => Directory.Exists($"/proc/{process}")); wait++) await Task.Delay(20);
                if (!strace.HasExited) await SignalAsync("INT", strace.Id);
                await strace.WaitForExitAsync();
                Assert.False(before.Skip(1).All(process => Directory.Exists($"/proc/{process}")), await strace.StandardError.ReadToEndAsync());
                await rig.Server.WaitAsync();
            });
        }
        Assert.Contains("PANIC", await File.ReadAllTextAsync(rig.Server.LogPath));
        await rig.AuditAsync("flush failed", output);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task F12_Of_two_engines_that_believe_they_own_a_partition_the_newest_alone_writes(bool mutant)
    {
        await using var server = await PostgresServer.StartNewAsync();
        var options = new PostgresJournalOptions { ConnectionString = server.ConnectionString(), Partitions = 4, Node = "same" };
        using var one = new PostgresJournal(options);
        using var other = new PostgresJournal(options);
        if (mutant)
        {
            // The same function, without a look at who owns the partition.
            await server.RunToolAsync("psql", "-q", "-d", "postgres", "-c",
                "DO $$ BEGIN EXECUTE replace(pg_get_functiondef('engine.append'::regproc), 'AND o.epoch = in_epoch', ''); END $$");
        }
        var random = new Random(12);
        var (durable, stale) = (new List<(int Partition, long Sequence, byte[] Frame)>(), 0);
        var leases = new Dictionary<(PostgresJournal, int), (long Epoch, long Next)>();
        for (var round = 0; round < Rounds(50) * 8; round++)
        {
            var (engine, partition) = (random.Next(2) == 0 ? one : other, random.Next(4));
            if (random.Next(4) == 0 || !leases.TryGetValue((engine, partition), out var lease))
            {
                var taken = engine.Acquire(partition, "same");
                leases[(engine, partition)] = (taken.Epoch, taken.LastSequence + 1);
                continue;
            }
            var frame = new byte[50];
            random.NextBytes(frame);
            var write = TestWrite.OfFrame(partition, lease.Epoch, lease.Next, frame);
            var newest = leases.Where(l => l.Key.Item2 == partition).Max(l => l.Value.Epoch);
            if (await engine.Write(write) != WriteOutcome.Durable) continue;
            if (lease.Epoch < newest) stale++;
            durable.Add((partition, lease.Next, frame));
            leases[(engine, partition)] = (lease.Epoch, lease.Next + 1);
        }
        output.WriteLine($"two owners{(mutant ? ", unchecked" : "")}: {durable.Count} frames durable, {stale} of them by who was not the owner any more");
        Assert.Equal(mutant, stale > 0);
        foreach (var (partition, sequence, frame) in durable) Assert.Equal(frame, one.ReadFrames(partition, sequence - 1).First().Bytes);
    }

    [Fact]
    public async Task A_dump_taken_under_load_is_a_whole_store_when_it_is_restored()
    {
        await using var rig = await Rig.StartAsync(20);
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

    static Task SignalAsync(string signal, int process) => RunAsync("kill", $"-{signal}", $"{process}");

    static async Task RunAsync(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        var wrong = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{file} {string.Join(' ', arguments)}: {wrong}");
    }
}
