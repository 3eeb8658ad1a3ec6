using Engine.Load.Torture;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>FAULTS 21: between clients and engine calls are reset before and after they are done, held up, and cut all at once.</summary>
[Collection(nameof(OneAtATime))]
public sealed class ClientLinkTests(ITestOutputHelper output)
{
    /// <summary>The mutant is of the clients: they say again what they are not sure of under another reference.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task What_clients_say_again_over_a_bad_link_has_one_effect(bool mutant)
    {
        using var folder = new TempFolder();
        await using var host = new HostProcess(folder.Path);
        Assert.True(await host.StartAsync(), host.Said);
        using var link = new TcpProxy(host.Url.Port, victim: "");
        using var load = new TortureLoad(new Uri($"http://127.0.0.1:{link.Port}"), seed: 21) { SaysItOtherwise = mutant };
        await load.PrepareAsync();
        load.Start();
        var random = new Random(21);
        var rounds = Often.Rounds(60, full: 600);
        for (var round = 0; round < rounds; round++)
        {
            switch (random.Next(4))
            {
                case 0: link.LoseAnswer(random.Next(1, 30)); break;
                case 1: link.LoseRequest(random.Next(1, 30)); break;
                case 2: link.Cut(); break;
                default:
                    link.Hold();
                    await Task.Delay(random.Next(50, 200));
                    link.Resume();
                    break;
            }
            await Task.Delay(random.Next(20, 120));
        }
        await load.StopAsync();
        var wrong = await load.AuditAsync();
        output.WriteLine(load.Score($"bad link, {rounds} faults", TimeSpan.Zero));
        Assert.True(load.Unclear > 0);
        if (mutant) Assert.NotEmpty(wrong);
        else Assert.Equal([], wrong);
    }
}
