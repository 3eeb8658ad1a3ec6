using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Engine.Host;
using Xunit;

namespace Engine.Tests.Host;

/// <summary>The process itself: what it says, how it ends.</summary>
public sealed class ProcessTests
{
    static Process Start(string folder, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(EngineHost).Assembly.Location, .. args])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder,
        };
        return Process.Start(start)!;
    }

    [Fact]
    public async Task Settings_that_cannot_be_used_end_the_start_with_all_of_them_named()
    {
        using var folder = new TempFolder();
        using var process = Start(folder.Path, "--Engine:Foo=1", "--Engine:Store=oracle");
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("Engine:Foo is no setting", said);
        Assert.Contains("Engine:Store is sqlite or postgres", said);
        Assert.DoesNotContain("   at ", said);
        Assert.False(Directory.Exists(folder.File("data")));
    }

    [Theory]
    [InlineData("http://127.0.0.1", "address already in use")]
    [InlineData("http://192.0.2.1", "assign requested address")]
    // Without a certificate, or with one the address is in use.
    [InlineData("https://127.0.0.1", "can't be listened on")]
    public async Task An_address_that_cannot_be_listened_on_ends_the_start_in_a_line(string address, string why)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        using var folder = new TempFolder();
        using var process = Start(folder.Path, $"--Engine:Urls={address}:{((IPEndPoint)other.LocalEndpoint).Port}");
        var log = process.StandardOutput.ReadToEndAsync();
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("Engine:Urls", said);
        Assert.Contains(why, said);
        Assert.DoesNotContain("   at ", said + await log);
    }

    [Theory]
    [InlineData("--orders is 1 or more", "demo", "--orders", "0")]
    [InlineData("--seeds is 1 or more", "simulate", "--seeds", "-1")]
    [InlineData("--url: nonsense is no address", "import", "stock", "stock.csv", "--url", "nonsense")]
    [InlineData("--url: ftp://127.0.0.1 is no address", "views", "rebuild", "--url", "ftp://127.0.0.1")]
    [InlineData("--url wants --key-file", "views", "rebuild", "--url", "http://127.0.0.1:1")]
    [InlineData("no.key can't be read", "views", "rebuild", "--url", "http://127.0.0.1:1", "--key-file", "no.key")]
    [InlineData("There is no store in ", "verify")]
    [InlineData("There is no store in ", "export", "stock")]
    public async Task What_a_command_cannot_work_with_is_told_in_a_line(string why, params string[] args)
    {
        using var folder = new TempFolder();
        using var process = Start(folder.Path, args);
        var help = process.StandardOutput.ReadToEndAsync();
        var said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains(why, said);
        Assert.DoesNotContain("   at ", said + await help);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Help_tells_of_commands_and_settings()
    {
        using var folder = new TempFolder();
        foreach (var command in new[] { Array.Empty<string>(), ["serve"], ["migrate"], ["import", "stock"], ["rekey"] })
        {
            using var process = Start(folder.Path, [.. command, "--help"]);
            var said = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            foreach (var word in new[] { "serve", "Engine:Urls", "Engine:Keys", "Engine:Node", "admin.key" }) Assert.Contains(word, said);
            if (command is []) Assert.Contains("rekey", said);
        }
    }

    [Fact]
    public async Task A_signal_drains_writes_checkpoints_and_ends_well()
    {
        using var folder = new TempFolder();
        var said = await ServeAndEndAsync(folder, partitions: 1);
        Assert.Contains("Settings in force", said);
        Assert.Contains("Stopped", said);
        var key = (await File.ReadAllTextAsync(folder.File("data/admin.key"))).Trim();
        Assert.DoesNotContain(key, said);
    }

    [Fact]
    public async Task A_number_of_partitions_that_the_store_was_not_made_with_is_told()
    {
        using var folder = new TempFolder();
        Assert.DoesNotContain("made with", await ServeAndEndAsync(folder, partitions: 2));
        Assert.Contains("Engine:Partitions is 3, but the store was made with 2", await ServeAndEndAsync(folder, partitions: 3));
    }

    static async Task<string> ServeAndEndAsync(TempFolder folder, int partitions)
    {
        using var process = Start(folder.Path, "serve", "--Engine:Urls=http://127.0.0.1:0", $"--Engine:Partitions={partitions}");
        var said = "";
        while (!said.Contains("All partitions are open", StringComparison.Ordinal) || !said.Contains("Now listening on", StringComparison.Ordinal))
            said += await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException(said + await process.StandardError.ReadToEndAsync());
        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString()])) await kill.WaitForExitAsync();
        said += await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return said;
    }
}
