using System.Text.RegularExpressions;
using Engine.Adapters;
using Engine.Host;
using Xunit;

namespace Engine.Tests.Deploy;

/// <summary>The units, read by systemd itself, and the settings that they and the files beside them hand over.</summary>
public sealed class SystemdTests
{
    [Theory]
    [InlineData("engine.service")]
    [InlineData("engine@.service")]
    public void Systemd_has_nothing_to_say_about_a_unit(string unit)
    {
        using var folder = new TempFolder();
        // What it starts is not installed here.
        File.WriteAllText(folder.File(unit), Regex.Replace(DeployFiles.Text($"systemd/{unit}"), "^ExecStart=.*$", "ExecStart=/bin/true", RegexOptions.Multiline));
        Assert.Equal((0, ""), DeployFiles.Run("systemd-analyze", ["verify", "--man=no", folder.File(unit)]));
    }

    [Theory]
    [InlineData("engine.service")]
    [InlineData("engine@.service")]
    public void A_unit_is_given_the_time_to_end_in_order(string unit)
    {
        var lines = Values(unit, "node-1");
        Assert.True(TimeSpan.FromSeconds(int.Parse(Assert.Single(lines["TimeoutStopSec"]))) > EngineHost.ShutdownMax);
        Assert.Equal("/usr/bin/dotnet /opt/engine/Engine.Host.dll", Assert.Single(lines["ExecStart"]));
        var settings = DeployFiles.Settings(Pairs(lines["Environment"]));
        // The only folder that may be written.
        Assert.StartsWith($"/var/lib/{lines["StateDirectory"].Single()}/", settings.DataDirectory);
    }

    [Fact]
    public void A_node_takes_its_settings_once_the_secrets_are_filled_in_and_not_before()
    {
        var lines = Values("engine@.service", "node-1");
        Assert.Equal(["/etc/engine/cluster.env", "/etc/engine/node-1.env"], lines["EnvironmentFile"]);
        var shared = DeployFiles.Environment(DeployFiles.Text("systemd/cluster.env.example"));
        var own = DeployFiles.Environment(DeployFiles.Text("systemd/node-1.env.example")).Concat(Pairs(lines["Environment"])).ToArray();
        Assert.Throws<StartupException>(() => DeployFiles.Settings(shared.Concat(own)));
        foreach (var (name, i) in shared.Where(e => e.Value.Length == 0).Select((e, i) => (e.Key, i)).ToArray()) shared[name] = new string("0123456789abcdef"[i], 64);
        var settings = DeployFiles.Settings(shared.Concat(own));
        Assert.Equal((true, "node-1", "/etc/engine/master.key"), (settings.IsInCluster, settings.Node, settings.MasterKeyFile));
        Assert.Contains(settings.Cluster.Advertise, settings.Urls.Split(';'));
    }

    /// <summary>A unit's lines by their key, as they are for an instance.</summary>
    static ILookup<string, string> Values(string unit, string instance) =>
        Pairs(DeployFiles.Text($"systemd/{unit}").Replace("%i", instance).Split('\n').Where(l => l.Contains('=') && !l.StartsWith('#'))).ToLookup(p => p.Key, p => p.Value);

    static IEnumerable<KeyValuePair<string, string>> Pairs(IEnumerable<string> lines) => lines.Select(l => l.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], p[1]));
}
