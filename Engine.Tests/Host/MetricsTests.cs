using System.Diagnostics;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using Engine.Adapters.Platforms;
using Engine.Host.Metrics;
using Engine.Host.Upkeep;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Engine.Tests.Host;

public sealed class MetricsTests
{
    [Fact]
    public async Task The_real_promtool_finds_nothing_to_say()
    {
        await using var host = await ApiHost.StartAsync();
        await host.Admin.Stock("A", 10);
        await host.Admin.Reserve("A", "r", 100);
        await host.Admin.Post("/v1/orders", Orders.New("1", ("A", 2)).ToJsonString());
        var metrics = host.Services.GetRequiredService<EngineMetrics>();
        metrics.Acknowledged("shopify", TimeSpan.FromMilliseconds(3));
        metrics.SignatureRefused("shopify", Verification.OutsideReplayWindow);
        metrics.Quarantined("shopify");
        var text = (await host.As(null).Get("/metrics")).Body!.ToString();

        var start = new ProcessStartInfo("promtool", ["check", "metrics"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var promtool = Process.Start(start)!;
        await promtool.StandardInput.WriteAsync(text);
        promtool.StandardInput.Close();
        var said = await promtool.StandardOutput.ReadToEndAsync() + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        Assert.Equal((0, ""), (promtool.ExitCode, said));
    }

    [Fact]
    public async Task The_shipped_alerts_are_rules_about_metrics_that_exist()
    {
        var rules = Path.Combine(AppContext.BaseDirectory, "deploy", "alerts.yml");
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "rules", rules]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await promtool.StandardOutput.ReadToEndAsync() + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0, said);
        await using var host = await ApiHost.StartAsync();
        var text = (await host.As(null).Get("/metrics")).Body!.ToString();
        foreach (System.Text.RegularExpressions.Match name in System.Text.RegularExpressions.Regex.Matches(await File.ReadAllTextAsync(rules), @"\bengine_(?!cluster_)[a-z_]+"))
            Assert.Contains($"# TYPE {name.Value} ", text);
    }

    [Fact]
    public async Task Rate_errors_and_duration_are_told_by_route_and_never_by_what_stands_in_the_path()
    {
        await using var host = await ApiHost.StartAsync();
        await host.Admin.Get("/v1/skus/secret-sku");
        await host.Admin.Get("/v1/orders/erp%3Amain%3Asecret-order");
        await host.As(null).Get("/nothing/secret-path");
        await host.As(null).Send(new HttpMethod("BREW"), "/v1/orders", null);
        var text = (await host.As(null).Get("/metrics")).Body!.ToString();
        Assert.Contains("engine_http_requests_total{route=\"/v1/skus/{sku}\",method=\"GET\",status=\"404\"} 1\n", text);
        Assert.Contains("engine_http_requests_total{route=\"unmatched\",method=\"GET\",status=\"404\"} 1\n", text);
        Assert.Contains("engine_http_request_seconds_count{route=\"/v1/orders/{orderId}\",method=\"GET\"} 1\n", text);
        Assert.Contains("engine_http_request_seconds_bucket{route=\"/v1/orders/{orderId}\",method=\"GET\",le=\"+Inf\"} 1\n", text);
        Assert.Contains("method=\"other\"", text);
        Assert.DoesNotContain("secret", text);
        foreach (var name in new[] { "engine_ready 1", "engine_store_writable 1", "engine_partition_open{partition=\"0\"} 1", "engine_journal_commits_total ", "engine_events_total{event=\"stock_reserved\"} 0", "engine_audit_locks_freed_total 0" })
            Assert.Contains("\n" + name, text);
    }

    [Fact]
    public async Task The_census_counts_locks_by_tier_and_orders_by_state()
    {
        await using var host = await ApiHost.StartAsync();
        var admin = host.Admin;
        await admin.Stock("A", 20);
        await admin.Reserve("A", "r", 1);
        foreach (var id in new[] { "1", "2" }) await admin.Post("/v1/orders", Orders.New(id, ("A", 2)).ToJsonString());
        await admin.Post($"{Orders.Path("2")}/payments", Orders.Pay("p"));
        await admin.Post("/v1/orders", Orders.New("3", ("A", 50)).ToJsonString());
        var census = new Census(host.Services.GetRequiredService<Actors.Asking.IEngine>(), new ServiceClock(), TimeProvider.System, NullLogger<Census>.Instance);
        var figures = await census.CountAsync();
        Assert.Equal((1, 1, 1), (figures.Locks[("order", "caller")], figures.Locks[("order", "order")], figures.Locks[("committed", "order")]));
        Assert.Equal((1, 1, 1), (figures.Orders[MicroState.AwaitingPayment], figures.Orders[MicroState.Paid], figures.Orders[MicroState.Backordered]));
        Assert.Equal((1, 0, 0), (figures.Backorders, figures.Oversold, figures.Shortage));
    }

    [Fact]
    public void A_refusal_is_counted_by_its_kind()
    {
        using var metrics = new EngineMetrics();
        metrics.TokenRefused(TokenFault.BadSignature);
        metrics.TokenRefused(TokenFault.BadSignature);
        metrics.ReservationRefused("insufficient_stock");
        metrics.OrderTaken("shopify", "new");
        metrics.OrderTaken("whatever", "new");
        var text = metrics.Write();
        Assert.Contains("engine_tokens_refused_total{fault=\"bad_signature\"} 2\n", text);
        Assert.Contains("engine_reservations_refused_total{code=\"insufficient_stock\"} 1\n", text);
        Assert.Contains("engine_orders_received_total{platform=\"shopify\",result=\"new\"} 1\n", text);
        Assert.Contains("engine_orders_received_total{platform=\"other\",result=\"new\"} 1\n", text);
    }

    [Fact]
    public void A_histogram_counts_into_the_bucket_whose_bound_is_not_exceeded()
    {
        using var metrics = new EngineMetrics();
        metrics.Acknowledged("shopify", TimeSpan.FromMilliseconds(5));
        metrics.Acknowledged("shopify", TimeSpan.FromSeconds(20));
        var text = metrics.Write();
        Assert.Contains("engine_webhook_acknowledgement_seconds_bucket{platform=\"shopify\",le=\"0.0025\"} 0\n", text);
        Assert.Contains("engine_webhook_acknowledgement_seconds_bucket{platform=\"shopify\",le=\"0.005\"} 1\n", text);
        Assert.Contains("engine_webhook_acknowledgement_seconds_bucket{platform=\"shopify\",le=\"10\"} 1\n", text);
        Assert.Contains("engine_webhook_acknowledgement_seconds_bucket{platform=\"shopify\",le=\"+Inf\"} 2\n", text);
        Assert.Contains("engine_webhook_acknowledgement_seconds_sum{platform=\"shopify\"} 20.005\n", text);
    }

    [Fact]
    public void Labels_are_escaped() =>
        Assert.Equal("a=\"x\\\\y\\\"z\\n\",b=\"1.5\",c=\"\"", PrometheusText.Labels([new("a", "x\\y\"z\n"), new("b", 1.5), new("c", null)]));
}
