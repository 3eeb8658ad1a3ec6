using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Engine.Load.Torture;
using Engine.Tests.Postgres;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 30 with three nodes: clients that ask and never read, read models that can't be written, a node that hears nothing for a
/// while. Writing goes on as before, what waits is bounded, and everything catches up alone.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class SlowReaderTests(PostgresFixture postgres, ITestOutputHelper output)
{
    const int Readers = 40;
    const long GrowthMax = 300 << 20;

    [Theory]
    [InlineData(null), InlineData("ReadsAnywhere")]
    public async Task F30_Who_does_not_read_holds_nobody_up(string? mutant)
    {
        await using var rig = await ClusterRig.StartAsync(postgres.NewDatabase(), seed: 30);
        if (mutant is not null)
        {
            await ClusterRig.EndAsync(rig.Nodes[0].Process);
            Assert.True(await rig.Nodes[0].Process.StartAsync(storeFault: mutant), rig.Nodes[0].Process.Said);
            await rig.ServedAsync();
        }
        await rig.LoadAsync();
        await Task.Delay(2000);
        var before = await RateAsync(rig);
        var memory = MemoryOf(rig.Nodes[0].Process);
        var readers = new List<TcpClient>();
        try
        {
            for (var i = 0; i < Readers; i++) readers.Add(await AskAndNotReadAsync(rig.Nodes[0].Process.Url));
            await using var holder = new NpgsqlConnection(rig.Connection + ";Pooling=false");
            await holder.OpenAsync();
            await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE views.orders IN ACCESS EXCLUSIVE MODE", holder);
            await hold.ExecuteNonQueryAsync();
            // Shorter than its lease: it stays the owner, and what others tell it waits at their side.
            await rig.Nodes[1].Process.PauseAsync();
            await Task.Delay(2500);
            await rig.Nodes[1].Process.GoOnAsync();
            var during = await RateAsync(rig);
            var grown = MemoryOf(rig.Nodes[0].Process) - memory;
            await using (var end = new NpgsqlCommand("ROLLBACK", holder)) await end.ExecuteNonQueryAsync();
            output.WriteLine($"{mutant ?? "as it is"}: {before:0} calls acknowledged a second before, {during:0} beside {Readers} who don't read and read models that are locked; {grown >> 20} MB more memory");
            Assert.True(during > before / 3 == mutant is null, $"{during} a second, {before} before");
            if (mutant is not null) return;
            Assert.True(grown < GrowthMax, $"{grown} bytes more");
        }
        finally
        {
            foreach (var reader in readers) reader.Dispose();
        }
        await rig.AuditAsync("slow readers", 1, TimeSpan.FromSeconds(2.5), output);
    }

    /// <summary>Calls that were acknowledged per second, over two of them.</summary>
    static async Task<double> RateAsync(ClusterRig rig)
    {
        var (start, count) = (Stopwatch.StartNew(), rig.Load.Acknowledged);
        await Task.Delay(2000);
        return (rig.Load.Acknowledged - count) / start.Elapsed.TotalSeconds;
    }

    /// <summary>Two hundred times the largest page there is, down a window that is closed.</summary>
    static async Task<TcpClient> AskAndNotReadAsync(Uri node)
    {
        var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(node.Host, node.Port);
        var request = Encoding.ASCII.GetBytes($"GET /v1/orders?limit=500 HTTP/1.1\r\nHost: {node.Authority}\r\nAuthorization: Bearer {HostProcess.Key}\r\n\r\n");
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++) await client.GetStream().WriteAsync(request);
        });
        _ = writing.ContinueWith(static done => done.Exception, TaskScheduler.Default);
        return client;
    }

    static long MemoryOf(HostProcess process) =>
        1024 * long.Parse(File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
