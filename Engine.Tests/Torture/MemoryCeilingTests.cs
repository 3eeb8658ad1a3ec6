using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Engine.Actors;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Sqlite;
using Engine.Load.Torture;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 7: the real process under a ceiling of memory not far above what it takes when idle, with clients that are slow, and killed
/// for want of memory. Where groups with a ceiling can't be made (cgroup version 1, root), the collector's heap has one instead, and
/// the process is killed by the test.
/// </summary>
[Collection(nameof(OneAtATime))]
public sealed class MemoryCeilingTests(ITestOutputHelper output)
{
    const long Ceiling = 256L << 20;
    const int SlowClients = 200;
    /// <summary>What is open is in memory, and this load closes nothing: what 90,000 calls leave open fills the ceiling, and a calm machine takes 5,000 a second.</summary>
    const int SecondsAtFullSpeed = 6;
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Under_a_ceiling_it_serves_beside_slow_clients_and_killed_for_want_of_memory_it_loses_nothing()
    {
        using var trial = new Trial();
        await using var host = trial.NewHost();
        Assert.True(await host.StartAsync(), host.Said);
        using var load = new TortureLoad(host.Url, seed: 7);
        await load.PrepareAsync();
        load.Start();
        using (var slow = new Slow(host.Url))
        {
            for (var second = 0; second < Often.Rounds(SecondsAtFullSpeed, full: 60); second++)
            {
                if (second == SecondsAtFullSpeed) load.Rest = Rest;
                await slow.DribbleAsync();
                await Task.Delay(1000);
                Assert.False(host.HasExited, $"it did not keep below {Ceiling >> 20} MB: {host.Said}");
            }
        }
        var (before, most) = (load.Acknowledged, trial.Most);
        Assert.True(before > 100, "it serves nobody");
        load.Rest = TimeSpan.Zero;
        await trial.SqueezeAsync(host);
        Assert.True(await host.StartAsync(), host.Said);
        await Task.Delay(1000);
        await load.StopAsync();
        var wrong = await load.AuditAsync();
        output.WriteLine(load.Score($"{trial.Kind} of {Ceiling >> 20} MB, {most >> 20} MB used, 1 kill for want of memory", TimeSpan.Zero));
        Assert.Equal([], wrong);
        await host.TerminateAsync();
        Assert.Equal(0, await host.EndAsync(TimeSpan.FromSeconds(60)));
        using var reader = new SqliteReader(trial.Data);
        Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()) { Settled = true }.Run().First);
    }

    [Fact]
    public async Task An_engine_that_answers_before_it_has_written_is_found_out_when_it_is_killed_for_want_of_memory()
    {
        for (var attempt = 1; attempt <= 10; attempt++)
        {
            using var trial = new Trial();
            await using var host = trial.NewHost();
            using var load = new TortureLoad(host.Url, attempt);
            Assert.True(await host.StartAsync(), host.Said);
            await load.PrepareAsync();
            await host.TerminateAsync();
            await host.EndAsync(TimeSpan.FromSeconds(60));
            Assert.True(await host.StartAsync(kernelFault: "AnswerBeforeAppend"), host.Said);
            load.Start();
            await Task.Delay(700);
            await trial.SqueezeAsync(host);
            Assert.True(await host.StartAsync(), host.Said);
            await load.StopAsync();
            if ((await load.AuditAsync()).Count > 0) return;
        }
        Assert.Fail("engines that answer before they write were believed");
    }

    /// <summary>A folder, and a group of processes with a ceiling where there can be one.</summary>
    sealed class Trial : IDisposable
    {
        const string Groups = "/sys/fs/cgroup/memory";

        readonly TempFolder _folder = new();
        readonly string? _group;

        public Trial()
        {
            if (!Environment.IsPrivilegedProcess || !File.Exists($"{Groups}/memory.limit_in_bytes")) return;
            _group = Directory.CreateDirectory($"{Groups}/{Path.GetFileName(_folder.Path)}").FullName;
            Limit = Ceiling;
        }

        public string Data => _folder.Path;
        public string Kind => _group is null ? "no group could be made: a ceiling for the collector's heap" : "a ceiling for the group of processes";

        /// <summary>The most that was used.</summary>
        public long Most => _group is null ? 0 : Number("memory.max_usage_in_bytes");

        long Limit
        {
            set => File.WriteAllText($"{_group}/memory.limit_in_bytes", value.ToString(CultureInfo.InvariantCulture));
        }

        long Number(string name) => long.Parse(File.ReadAllText($"{_group}/{name}"), CultureInfo.InvariantCulture);

        public HostProcess NewHost() => new(Data)
        {
            Through = _group is null ? [] : ["sh", "-c", $"echo $$ > {_group}/cgroup.procs; exec \"$@\"", "through"],
            Variables = _group is null ? new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = $"{Ceiling / 2:x}" } : new Dictionary<string, string>(),
        };

        /// <summary>Lowers the ceiling until the system kills the process, and lifts it again.</summary>
        public async Task SqueezeAsync(HostProcess host)
        {
            if (_group is null)
            {
                await host.KillAsync();
                return;
            }
            for (var limit = Number("memory.usage_in_bytes"); !host.HasExited && limit > 0; limit -= 2 << 20)
            {
                try
                {
                    Limit = limit;
                }
                catch (IOException)
                {
                    // It can't be had at once; whoever wants the next page is killed.
                }
                await Task.Delay(10);
            }
            Assert.NotEqual(0, await host.EndAsync(TimeSpan.FromSeconds(30)));
            Limit = Ceiling;
        }

        public void Dispose()
        {
            if (_group is not null) Directory.Delete(_group);
            _folder.Dispose();
        }
    }

    /// <summary>Clients that announce large bodies and send them bit by bit.</summary>
    sealed class Slow : IDisposable
    {
        readonly List<Socket> _sockets = [];
        readonly Uri _url;

        public Slow(Uri url) => _url = url;

        /// <summary>Each sends a piece; those that were turned away come again.</summary>
        public async Task DribbleAsync()
        {
            foreach (var gone in _sockets.Where(s => !TrySend(s, new byte[20_000])).ToArray())
            {
                gone.Dispose();
                _sockets.Remove(gone);
            }
            while (_sockets.Count < SlowClients)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { SendTimeout = 100 };
                _sockets.Add(socket);
                await socket.ConnectAsync(_url.Host, _url.Port);
                TrySend(socket, Encoding.ASCII.GetBytes($"POST /webhooks/standard/torture HTTP/1.1\r\nHost: {_url.Authority}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"));
            }
        }

        static bool TrySend(Socket socket, byte[] bytes)
        {
            try
            {
                return socket.Send(bytes) > 0;
            }
            catch (SocketException)
            {
                return false;
            }
        }

        public void Dispose()
        {
            foreach (var socket in _sockets) socket.Dispose();
        }
    }
}
