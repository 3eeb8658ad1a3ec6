using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Postgres;
using Engine.Load.Torture;
using Engine.Tests.Kernel;
using Npgsql;
using Xunit;
using Xunit.Abstractions;
using static Engine.Tests.Torture.PostgresRig;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 9, 10, 12, 18, 19: the real program on a real PostgreSQL server that is killed, stuck, out of connections, or whose answers
/// are lost; and two engines that believe they own the same.
/// </summary>
[Collection(nameof(OneAtATime))]
public sealed class PostgresFaultTests(ITestOutputHelper output)
{
    [Fact]
    public async Task F09_The_server_killed_and_started_again_loses_nothing()
    {
        await using var rig = await StartAsync(9);
        var random = new Random(9);
        for (var round = 0; round < Often.Rounds(4, full: 50); round++)
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
            await using var rig = await StartAsync(attempt, kernelFault: "AnswerBeforeAppend");
            await Task.Delay(700);
            // Held up, then killed: what was answered meanwhile is nowhere.
            rig.Proxy.Hold();
            await Task.Delay(150);
            rig.Proxy.Cut();
            rig.Proxy.Resume();
            if (await rig.IsFoundOutAsync()) return;
        }
        Assert.Fail("engines that answer before they write were believed");
    }

    [Fact]
    public async Task F10_Answers_to_commits_that_are_lost_are_settled_to_what_has_happened()
    {
        await using var rig = await StartAsync(10);
        var random = new Random(10);
        for (var round = 0; round < Often.Rounds(30, full: 500); round++)
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
            await using var rig = await StartAsync(attempt, storeFault: "LostIsDurable");
            await Task.Delay(500);
            rig.Proxy.LoseRequest(3);
            for (var wait = 0; wait < 1000 && rig.Proxy.Lost == 0; wait++) await Task.Delay(5);
            // Clients have heard of the success that was none.
            await Task.Delay(500);
            if (await rig.IsFoundOutAsync()) return;
        }
        Assert.Fail("engines that take a lost answer for success were believed");
    }

    [Fact]
    public async Task F18_A_server_that_is_stuck_is_waited_for_refused_for_and_come_back_from()
    {
        await using var rig = await StartAsync(18);
        for (var round = 0; round < Often.Rounds(1, full: 5); round++)
        {
            await Task.Delay(700);
            await rig.HarmAsync(() => WhileStoppedAsync(rig, async () =>
            {
                Assert.False(await rig.AcknowledgesAsync(), "it was booked while nothing could be written");
                await Task.Delay(1000);
            }));
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
        }
        await Task.Delay(700);
        await rig.AuditAsync("server stuck", output);
    }

    [Fact]
    public async Task F18_An_engine_that_does_not_wait_for_a_stuck_server_is_found_out()
    {
        for (var attempt = 1; attempt <= 8; attempt++)
        {
            await using var rig = await StartAsync(attempt, kernelFault: "AnswerBeforeAppend");
            await Task.Delay(700);
            await WhileStoppedAsync(rig, async () =>
            {
                await Task.Delay(500);
                await rig.Host.KillAsync();
            });
            if (await rig.IsFoundOutAsync()) return;
        }
        Assert.Fail("engines that do not wait for a stuck server were believed");
    }

    static async Task WhileStoppedAsync(PostgresRig rig, Func<Task> meanwhile)
    {
        var stopped = rig.Server.Processes();
        foreach (var process in stopped) await SignalAsync("STOP", process);
        try
        {
            await meanwhile();
        }
        finally
        {
            foreach (var process in stopped) await SignalAsync("CONT", process);
        }
    }

    [Fact]
    public async Task F19_All_connections_taken_by_others_stop_nothing_and_keep_nobody_out_for_good()
    {
        await using var rig = await StartAsync(19, FewConnections);
        for (var round = 0; round < Often.Rounds(1, full: 10); round++)
        {
            await Task.Delay(500);
            await rig.HarmAsync(async () =>
            {
                await using var others = new Others(rig.Server);
                await others.TakeAllAsync();
                Assert.True(await GoesOnAsync(rig), "the journal's connection is its own, so orders go on");
                // Now that one is lost too, and somebody takes its place.
                rig.Proxy.Cut();
                await others.TakeAllAsync();
                await Task.Delay(1000);
            });
        }
        await Task.Delay(500);
        await rig.AuditAsync("connections taken", output);
    }

    [Fact]
    public async Task F19_An_engine_without_a_connection_of_its_own_is_found_out()
    {
        await using var rig = await StartAsync(19, FewConnections, storeFault: "KeepsNoConnection");
        await Task.Delay(500);
        await using var others = new Others(rig.Server);
        await others.TakeAllAsync();
        Assert.False(await GoesOnAsync(rig));
    }

    static Dictionary<string, string> FewConnections => new() { ["max_connections"] = "30", ["superuser_reserved_connections"] = "0" };

    static async Task<bool> GoesOnAsync(PostgresRig rig)
    {
        var before = rig.Load.Acknowledged;
        await Task.Delay(1500);
        return rig.Load.Acknowledged > before + 20;
    }

    /// <summary>Whoever else takes connections of the server, until they are given back.</summary>
    sealed class Others(PostgresServer server) : IAsyncDisposable
    {
        readonly List<NpgsqlConnection> _taken = [];

        public async Task TakeAllAsync()
        {
            // Each that is refused may be followed by one that is let go of.
            for (var refused = 0; refused < 10;)
            {
                var one = new NpgsqlConnection(server.ConnectionString() + ";Pooling=false");
                try
                {
                    await one.OpenAsync();
                    _taken.Add(one);
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.TooManyConnections)
                {
                    await one.DisposeAsync();
                    refused++;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var one in _taken) await one.DisposeAsync();
        }
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
        for (var round = 0; round < Often.Rounds(50, full: 500) * 8; round++)
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
}
