using System.Net;
using System.Net.Sockets;
using Engine.Load.Torture;
using Engine.Tests.Host;
using Xunit;

namespace Engine.Tests.Torture;

/// <summary>That the torture's processes are reached where they are looked for, and nobody else is.</summary>
public sealed class PortsTests
{
    [Fact]
    public void A_port_is_given_once_and_is_none_that_the_system_gives_to_others()
    {
        var given = Enumerable.Range(0, 1000).Select(_ => Ports.Free()).ToHashSet();
        Assert.Equal(1000, given.Count);
        for (var i = 0; i < 1000; i++)
        {
            using var anybody = new TcpListener(IPAddress.Loopback, 0);
            anybody.Start();
            Assert.NotInRange(((IPEndPoint)anybody.LocalEndpoint).Port, Ports.First, Ports.First + Ports.Count - 1);
        }
    }

    [Fact]
    public async Task A_process_is_not_taken_for_ready_because_another_engine_answers_at_its_address()
    {
        await using var other = await ApiHost.StartAsync();
        using var folder = new TempFolder();
        await using var process = new HostProcess(folder.File("data"), url: other.Address);
        Assert.Contains("answers", (await Assert.ThrowsAsync<InvalidOperationException>(() => process.StartAsync())).Message);
        Assert.True(process.HasExited);
    }
}
