using System.Diagnostics;
using System.Text.RegularExpressions;
using Engine.Tests.Host;
using Xunit;

namespace Engine.Tests.Deploy;

/// <summary>What is handed to operators is read by the programs it is for.</summary>
public sealed partial class DeployTests
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
    public async Task Every_figure_an_alert_looks_at_is_one_the_engine_shows()
    {
        await using var host = await ApiHost.StartAsync();
        var shown = await (await host.Admin.Get("/metrics")).Message.Content.ReadAsStringAsync() + File.ReadAllText(Path("../Engine.Host/Metrics/EngineMetrics.cs"));
        foreach (Match name in Figures().Matches(File.ReadAllText(Path("prometheus/alerts.yml"))))
            Assert.True(shown.Contains(name.Value, StringComparison.Ordinal), $"no figure is called {name.Value}");
    }

    [GeneratedRegex(@"\bengine_[a-z_]+\b")]
    private static partial Regex Figures();
}
