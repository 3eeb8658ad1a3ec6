using System.Diagnostics;
using Xunit;
using Xunit.Abstractions;
using static Engine.Tests.Torture.PostgresRig;

namespace Engine.Tests.Torture;

/// <summary>FAULTS 13, 14: the server's disk does not take what it is given.</summary>
[Collection(nameof(OneAtATime))]
public sealed class PostgresDiskTests(ITestOutputHelper output)
{
    [Fact]
    public async Task F13_A_flush_that_fails_is_no_commit()
    {
        await using var rig = await StartAsync(13);
        for (var round = 1; round <= Often.Rounds(3, full: 12); round++)
        {
            await Task.Delay(500);
            await rig.HarmAsync(() => FailFlushAsync(rig, round));
        }
        Assert.Contains("PANIC", await File.ReadAllTextAsync(rig.Server.LogPath));
        await rig.AuditAsync("flush failed", output);
    }

    [Fact]
    public async Task F13_An_engine_that_answers_before_the_flush_is_found_out()
    {
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            await using var rig = await StartAsync(attempt, kernelFault: "AnswerBeforeAppend");
            await Task.Delay(500);
            await FailFlushAsync(rig, attempt);
            if (await rig.IsFoundOutAsync()) return;
        }
        Assert.Fail("engines that answer before the flush were believed");
    }

    /// <summary>The n-th flush of each of the server's processes fails.</summary>
    static async Task FailFlushAsync(PostgresRig rig, int nth)
    {
        var before = rig.Server.Processes();
        var start = new ProcessStartInfo("strace", ["-f", "-o", "/dev/null", .. before.SelectMany(process => new[] { "-p", $"{process}" }), "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:error=EIO:when={nth}"])
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
    }

    [Fact]
    public Task F14_A_full_disk_refuses_writes_with_a_reason_and_heals_without_a_restart() => OnSmallDiskAsync(async disk =>
    {
        await using var rig = await StartAsync(14, Small, parent: disk);
        await Task.Delay(500);
        for (var round = 0; round < Often.Rounds(2, full: 10); round++)
        {
            await rig.HarmAsync(async () =>
            {
                await FillAsync(disk);
                await rig.UntilHealthSaysAsync("\"storeWritable\":false");
                Assert.False(await rig.AcknowledgesAsync(), "a full disk took a booking");
                Assert.True(await rig.ReadableAsync() > 0, "nothing can be read");
                await Task.Delay(1500);
                await FreeAsync(rig, disk);
            });
            await Task.Delay(500);
        }
        await rig.AuditAsync("disk full", output);
    });

    [Fact]
    public Task F14_An_engine_that_takes_a_failed_write_for_success_is_found_out() => OnSmallDiskAsync(async disk =>
    {
        await using var rig = await StartAsync(15, Small, parent: disk, storeFault: "FailedIsDurable");
        await Task.Delay(500);
        await FillAsync(disk);
        await Task.Delay(2500);
        var told = await rig.AcknowledgesAsync();
        await FreeAsync(rig, disk);
        Assert.True(await rig.IsFoundOutAsync() || told);
    });

    static Dictionary<string, string> Small => new() { ["max_wal_size"] = "64MB", ["min_wal_size"] = "32MB", ["shared_buffers"] = "16MB" };

    static string Ballast(string disk) => Path.Combine(disk, "ballast");

    static async Task FillAsync(string disk)
    {
        await using var file = File.Create(Ballast(disk));
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

    static async Task FreeAsync(PostgresRig rig, string disk)
    {
        File.Delete(Ballast(disk));
        // Out of room for its log the server ends itself; whoever looks after it starts it again.
        if (rig.Server.HasEnded) await rig.Server.StartAsync();
    }

    static async Task OnSmallDiskAsync(Func<string, Task> trial)
    {
        var disk = Directory.CreateTempSubdirectory("engine-disk-").FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=220m,mode=755", "tmpfs", disk);
        try
        {
            await trial(disk);
        }
        finally
        {
            await RunAsync("umount", disk);
            Directory.Delete(disk);
        }
    }
}
