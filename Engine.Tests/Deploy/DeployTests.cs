using System.Diagnostics;
using System.Text.RegularExpressions;
using Engine.Tests.Host;
using Engine.Tests.Postgres;
using Xunit;

namespace Engine.Tests.Deploy;

/// <summary>What is handed to operators is read by the programs it is for.</summary>
[Collection(PostgresCollection.Name)]
public sealed partial class DeployTests(PostgresFixture postgres)
{
    static string Path(string file)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "Engine.sln"))) folder = System.IO.Path.GetDirectoryName(folder)!;
        return System.IO.Path.Combine(folder, "deploy", file);
    }

    static (int Code, string Said) Run(string program, string[] arguments, (string Name, string Value)? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        if (environment is var (name, value)) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, said);
    }

    [Fact]
    public void Promtool_takes_the_alerts()
    {
        var (code, said) = Run("promtool", ["check", "rules", Path("prometheus/alerts.yml")]);
        Assert.True(code == 0, said);
    }

    [Fact]
    public void Haproxy_takes_its_configuration()
    {
        var (code, said) = Run("haproxy", ["-c", "-f", Path("haproxy/haproxy.cfg")], ("ENGINE_WATCH_KEY", "key"));
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task Every_figure_that_an_alert_about_clusters_looks_at_is_one_that_a_node_shows()
    {
        using var folder = new TempFolder();
        await using var host = await ApiHost.StartAsync(folder: folder, settings: new Dictionary<string, string?>
        {
            ["Engine:Store"] = "postgres", ["Engine:Postgres"] = postgres.NewDatabase(), ["Engine:Cluster:Secret"] = "secret-of-the-test", ["Engine:Cluster:Advertise"] = "http://127.0.0.1:1",
        });
        var shown = await (await host.Admin.Get("/metrics")).Message.Content.ReadAsStringAsync();
        foreach (Match name in Figures().Matches(File.ReadAllText(Path("prometheus/alerts.yml")))) Assert.Contains($"# TYPE {name.Value} ", shown, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\bengine_cluster_[a-z_]+")]
    private static partial Regex Figures();
}
