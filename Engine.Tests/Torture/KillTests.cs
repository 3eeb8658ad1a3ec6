using System.Diagnostics;
using Engine.Actors;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Sqlite;
using Engine.Load.Torture;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>FAULTS 1, 2, 3: the real process killed in the middle of real load; what clients were told must still be so.</summary>
[Collection(nameof(OneAtATime))]
public sealed class KillTests(ITestOutputHelper output)
{
    static int Kills => Often.Rounds(50, full: 200, "ENGINE_TORTURE_KILLS");

    [Fact]
    public async Task Nothing_that_was_acknowledged_is_lost_doubled_or_oversold_by_kills_at_random_instants()
    {
        using var folder = new TempFolder();
        var random = new Random(1);
        await using var host = new HostProcess(folder.Path);
        Assert.True(await host.StartAsync());
        using var load = new TortureLoad(host.Url, seed: 1);
        await load.PrepareAsync();
        load.Start();
        var longest = TimeSpan.Zero;
        for (var kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(random.Next(200, 1200));
            await host.KillAsync();
            var start = Stopwatch.GetTimestamp();
            Assert.True(await host.StartAsync(), host.Said);
            longest = longest > Stopwatch.GetElapsedTime(start) ? longest : Stopwatch.GetElapsedTime(start);
        }
        await load.StopAsync();
        Assert.Equal([], await load.AuditAsync());
        output.WriteLine(load.Score($"{Kills} kills", longest));
        await VerifyAsync(host, folder.Path);
    }

    [Theory]
    [InlineData("AfterDecide", 1)]
    [InlineData("AfterDecide", 120)]
    [InlineData("BeforeAppend", 2)]
    [InlineData("BeforeAppend", 100)]
    [InlineData("AfterCommit", 3)]
    [InlineData("AfterCommit", 90)]
    [InlineData("DuringAnswer", 1)]
    [InlineData("DuringAnswer", 150)]
    public async Task A_crash_at_a_named_step_loses_nothing(string point, int passing)
    {
        using var folder = new TempFolder();
        await using var host = new HostProcess(folder.Path);
        using var load = new TortureLoad(host.Url, passing);
        await PrepareAsync(host, load);
        await host.StartAsync($"{point}:{passing}");
        load.Start();
        await host.EndAsync(TimeSpan.FromSeconds(60));
        Assert.True(await host.StartAsync(), host.Said);
        await load.StopAsync();
        Assert.Equal([], await load.AuditAsync());
        await VerifyAsync(host, folder.Path);
    }

    [Fact]
    public async Task Crashes_while_opening_and_while_writing_a_checkpoint_are_survived_twice_in_a_row()
    {
        using var folder = new TempFolder();
        await using var host = new HostProcess(folder.Path);
        using var load = new TortureLoad(host.Url, 3);
        await PrepareAsync(host, load);
        Assert.True(await host.StartAsync("DuringCheckpoint:1"));
        load.Start();
        await Task.Delay(500);
        await load.StopAsync();
        for (var time = 1; time <= 2; time++)
        {
            await host.TerminateAsync();
            Assert.NotEqual(0, await host.EndAsync(TimeSpan.FromSeconds(60)));
            Assert.True(await host.StartAsync($"DuringCheckpoint:{time}"));
        }
        await host.KillAsync();
        for (var time = 1; time <= 2; time++) Assert.False(await host.StartAsync($"DuringOpen:{time + 1}"));
        Assert.True(await host.StartAsync(), host.Said);
        Assert.Equal([], await load.AuditAsync());
        await VerifyAsync(host, folder.Path);
    }

    [Fact]
    public async Task An_engine_that_answers_before_it_has_written_is_found_out()
    {
        for (var attempt = 1; attempt <= 10; attempt++)
        {
            using var folder = new TempFolder();
            await using var host = new HostProcess(folder.Path);
            using var load = new TortureLoad(host.Url, attempt);
            await PrepareAsync(host, load);
            await host.StartAsync($"BeforeAppend:{attempt * 40}", kernelFault: "AnswerBeforeAppend");
            load.Start();
            await host.EndAsync(TimeSpan.FromSeconds(60));
            Assert.True(await host.StartAsync(), host.Said);
            await load.StopAsync();
            if ((await load.AuditAsync()).Count > 0) return;
        }
        Assert.Fail("ten engines that answer before they write were believed");
    }

    [Fact]
    public async Task Trials_are_refused_where_others_could_reach_the_engine()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Engine.Host.dll"), "--Engine:Urls=http://0.0.0.0:0"])
        {
            UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true, Environment = { ["ENGINE_FAULT_POINT"] = "AfterDecide" },
        };
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("loopback", said);
    }

    static async Task PrepareAsync(HostProcess host, TortureLoad load)
    {
        Assert.True(await host.StartAsync());
        await load.PrepareAsync();
        await host.KillAsync();
    }

    /// <summary>Beside the audit from outside: the journal itself, after an orderly end.</summary>
    static async Task VerifyAsync(HostProcess host, string directory)
    {
        await host.TerminateAsync();
        Assert.Equal(0, await host.EndAsync(TimeSpan.FromSeconds(60)));
        using var reader = new SqliteReader(directory);
        Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run().First);
    }
}

/// <summary>One at a time: each takes the whole machine.</summary>
[CollectionDefinition(nameof(OneAtATime), DisableParallelization = true)]
public sealed class OneAtATime;
