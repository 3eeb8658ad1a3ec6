using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Engine.Load;
using Engine.Load.Auditing;
using Engine.Load.Torture;
using Xunit;

namespace Engine.Tests.Torture;

/// <summary>FAULTS 5 and 24: told to end under full load, and the same push over and over.</summary>
[Collection(nameof(OneAtATime))]
public sealed class EndingTests
{
    [Fact]
    public async Task Told_to_end_it_answers_what_it_has_accepted_and_ends_in_time()
    {
        using var folder = new TempFolder();
        await using var host = new HostProcess(folder.Path);
        Assert.True(await host.StartAsync());
        using var load = new TortureLoad(host.Url, 5);
        await load.PrepareAsync();
        load.Start();
        await Task.Delay(1000);
        var told = TimeProvider.System.GetUtcNow();
        await host.TerminateAsync();
        Assert.Equal(0, await host.EndAsync(TimeSpan.FromSeconds(45)));

        Assert.True(await host.StartAsync());
        await load.StopAsync();
        Assert.Equal([], await load.AuditAsync());
        // Sent well before the signal and answered at the first try, so by the process that was told to end.
        var accepted = load.History.Where(e => e.SentAt < told - TimeSpan.FromMilliseconds(100)).ToArray();
        Assert.NotEmpty(accepted);
        Assert.All(accepted, exchange => Assert.Equal((1, false), (exchange.Tries, exchange.Status is 0 or 503)));
    }

    [Fact]
    public async Task Told_twice_it_ends_at_once()
    {
        using var folder = new TempFolder();
        await using var host = new HostProcess(folder.Path);
        Assert.True(await host.StartAsync());
        // A request that never comes to its end keeps an orderly stop waiting.
        using var endless = new TcpClient();
        await endless.ConnectAsync("127.0.0.1", host.Url.Port);
        await endless.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /webhooks/standard/torture HTTP/1.1\r\nHost: {host.Url.Authority}\r\nContent-Length: 1000\r\n\r\n{{"));
        await Task.Delay(200);
        await host.TerminateAsync();
        await Task.Delay(1000);
        Assert.False(host.HasExited);
        var start = Stopwatch.GetTimestamp();
        await host.TerminateAsync();
        Assert.NotEqual(0, await host.EndAsync(TimeSpan.FromSeconds(10)));
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task The_same_push_fifty_times_at_once_and_again_after_a_kill_is_one_order()
    {
        using var folder = new TempFolder();
        await using var host = new HostProcess(folder.Path);
        Assert.True(await host.StartAsync());
        using var client = new AuditClient(host.Url, TimeProvider.System, new AuditOptions { Key = HostProcess.Key });
        var now = TimeProvider.System.GetUtcNow();
        var order = new OrderGenerator(new Random(1), new Catalogue(5, 1)).Next(HostProcess.Shop, now);
        var messages = new MessageFactory(new Random(1));
        var (placed, paid) = (messages.Make(order, MessageKind.Created, now), messages.Make(order with { IsPaid = true }, MessageKind.Paid, now));
        var units = order.Lines.GroupBy(l => l.Sku!).ToDictionary(l => l.Key, l => l.Sum(line => line.Quantity));
        var tally = new Tally();
        foreach (var sku in units.Keys) await BookAsync(sku);
        tally.Open(new OrderAccount { OrderId = $"{HostProcess.Shop.Platform}:{HostProcess.Shop.Shop}:{order.Id}", Units = units, Received = true, PaymentsSent = order.TotalFen, Paid = order.TotalFen });

        await FiftyTimesAsync();
        await host.KillAsync();
        Assert.True(await host.StartAsync());
        await FiftyTimesAsync();

        var reader = new EngineReader(client);
        var told = await reader.OrdersAsync(tally.Orders.Keys);
        Assert.Equal("paid", Assert.Single(told.Values).State);
        Assert.Equal([], tally.Compare(told, await reader.StockAsync(units.Keys)).Examples);

        async Task FiftyTimesAsync() => Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => client.SendAsync(i % 2 == 0 ? placed : paid))),
            exchange => Assert.Equal((Verdict.Acknowledged, 1), (exchange.Verdict, exchange.Tries)));

        async Task BookAsync(string sku)
        {
            var body = Encoding.UTF8.GetBytes($$"""{"reference":"start {{sku}}","lines":[{"sku":"{{sku}}","warehouse":"north","delta":100,"reason":"receiving"}]}""");
            Assert.Equal(200, (await client.CallAsync(HttpMethod.Post, "/v1/stock/adjustments", body)).Status);
            tally.PutInStock(sku, 100);
        }
    }
}
