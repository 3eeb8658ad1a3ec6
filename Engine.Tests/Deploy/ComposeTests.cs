using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Engine.Adapters.Keys;
using Engine.Host;
using Engine.Host.Settings;
using Engine.Tests.Host;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Engine.Tests.Deploy;

/// <summary>compose.yaml: its parts fit each other, and the engine takes the settings it hands over.</summary>
public sealed partial class ComposeTests : IDisposable
{
    static readonly string[] Nodes = ["node-1", "node-2"];
    static readonly HashSet<string> ServiceKeys =
        ["image", "build", "command", "entrypoint", "environment", "depends_on", "restart", "stop_grace_period", "healthcheck", "network_mode", "volumes", "secrets", "ports"];

    readonly TempFolder _folder = new();
    readonly Dictionary<string, string> _env;
    readonly HashSet<string> _asked = [];
    readonly JsonNode _compose;

    public ComposeTests()
    {
        var (code, said) = DeployFiles.Run("bash", [DeployFiles.Path("compose/new-env.sh"), _folder.File(".env")]);
        Assert.True(code == 0, said);
        _env = DeployFiles.Environment(File.ReadAllText(_folder.File(".env")));
        _compose = DeployFiles.Yaml(Variables().Replace(DeployFiles.Text("compose/compose.yaml"), m =>
        {
            _asked.Add(m.Groups["name"].Value);
            return _env[m.Groups["name"].Value];
        }));
    }

    public void Dispose() => _folder.Dispose();

    JsonObject Services => (JsonObject)_compose["services"]!;

    EngineSettings SettingsOf(string node) => DeployFiles.Settings(((JsonObject)Services[node]!["environment"]!).Select(e => KeyValuePair.Create(e.Key, e.Value!.ToString())));

    static TimeSpan Seconds(JsonNode? text) => TimeSpan.FromSeconds(int.Parse(text!.ToString().TrimEnd('s')));

    [Fact]
    public void Every_secret_is_made_once_and_none_is_made_over_another()
    {
        Assert.Equal(_asked.Append("ENGINE_ADMIN_KEY").Order(), _env.Keys.Order());
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File(".env")));
        foreach (var name in new[] { "WATCH", "ADMIN" })
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(_env[$"ENGINE_{name}_KEY"]))), _env[$"ENGINE_{name}_SHA256"]);
        var before = File.ReadAllText(_folder.File(".env"));
        Assert.Equal(1, DeployFiles.Run("bash", [DeployFiles.Path("compose/new-env.sh"), _folder.File(".env")]).Code);
        Assert.Equal(before, File.ReadAllText(_folder.File(".env")));
    }

    [Fact]
    public void The_nodes_take_their_settings_and_make_one_cluster()
    {
        var settings = Nodes.ToDictionary(n => n, SettingsOf);
        foreach (var (name, node) in settings)
        {
            Assert.True(node.IsInCluster);
            Assert.Equal((name, $"http://{name}:5080", "http://0.0.0.0:5080", "postgres"), (node.Node, node.Cluster.Advertise, node.Urls, node.Store));
            Assert.Equal(["ops", "admin"], node.Keys.Select(k => k.Role));
            // What is a node's own lies in a volume of its own, the master key in one that they share.
            Assert.Equal([$"{name}:{node.DataDirectory}", $"master:{Path.GetDirectoryName(node.MasterKeyFile)}"], Services[name]!["volumes"].Texts());
            var postgres = (JsonObject)Services["postgres"]!["environment"]!;
            Assert.Equal($"Host=postgres;Database={postgres["POSTGRES_DB"]};Username={postgres["POSTGRES_USER"]};Password={postgres["POSTGRES_PASSWORD"]}", node.Postgres);
            Assert.True(Seconds(Services[name]!["stop_grace_period"]) > EngineHost.ShutdownMax);
        }
        Assert.Single(settings.Values.Select(s => s.Cluster.Secret).Distinct());
    }

    [Fact]
    public void What_services_refer_to_is_there()
    {
        var volumes = new HashSet<string>();
        foreach (var (name, service) in Services)
        {
            Assert.DoesNotContain(service.Keys(), k => !ServiceKeys.Contains(k));
            Assert.True(service!["image"] is not null, $"{name} has no image");
            foreach (var mount in service["volumes"].Texts().Select(v => v.Split(':')[0]))
                if (mount.StartsWith('.')) Assert.True(Path.Exists(DeployFiles.Path($"compose/{mount}")), $"{name}: {mount} is not there");
                else volumes.Add(mount);
            foreach (var port in service["ports"].Texts()) Assert.StartsWith("127.0.0.1:", port);
            foreach (var secret in service["secrets"].Texts()) Assert.Contains(_compose["secrets"]![secret]!["environment"]!.ToString(), _env.Keys);
            foreach (var other in service["depends_on"] is JsonArray list ? list.Texts() : service["depends_on"].Keys())
            {
                Assert.Contains(other, Services.Keys());
                if (service["depends_on"] is not JsonObject conditions) continue;
                if (conditions[other]!["condition"]!.ToString() == "service_healthy") Assert.NotNull(Services[other]!["healthcheck"]);
                else Assert.Equal("service_completed_successfully", conditions[other]!["condition"]!.ToString());
            }
        }
        Assert.Equal(_compose["volumes"].Keys().Order(), volumes.Order());
        foreach (var part in Services.Select(s => s.Value!["build"]).OfType<JsonObject>())
            Assert.True(File.Exists(Path.Combine(DeployFiles.Path($"compose/{part["context"]}"), part["dockerfile"]!.ToString())));
    }

    [Fact]
    public void The_balancer_and_Prometheus_look_at_the_nodes_with_the_key_of_the_watch()
    {
        var balanced = Servers().Matches(DeployFiles.Text("haproxy/haproxy.cfg")).Select(m => m.Groups["address"].Value);
        Assert.Equal(Nodes.Select(n => $"{n}:5080"), balanced);
        Assert.Equal(_env["ENGINE_WATCH_KEY"], Services["front"]!["environment"]!["ENGINE_WATCH_KEY"]!.ToString());
        Assert.Contains("bind :8080", DeployFiles.Text("haproxy/haproxy.cfg"), StringComparison.Ordinal);
        Assert.Equal("127.0.0.1:8080:8080", Assert.Single(Services["front"]!["ports"].Texts()));

        var scrape = DeployFiles.Yaml(DeployFiles.Text("prometheus/cluster.yml"))["scrape_configs"]![0]!;
        Assert.Equal(Nodes.Select(n => $"{n}:5080"), scrape["static_configs"]![0]!["targets"].Texts());
        Assert.Equal($"/run/secrets/{Services["prometheus"]!["secrets"].Texts().Single()}", scrape["authorization"]!["credentials_file"]!.ToString());
        Assert.Contains("--config.file=/etc/prometheus/cluster.yml", Services["prometheus"]!["command"].Texts());
    }

    [Fact]
    public void The_master_key_is_made_once()
    {
        var command = Services["master-key"]!["entrypoint"].Texts().Select(p => p.Replace("/master/", _folder.File("") + "/")).ToArray();
        Assert.Equal((0, ""), DeployFiles.Run(command[0], command[1..]));
        var key = File.ReadAllBytes(_folder.File("master.key"));
        Assert.Equal((0, ""), DeployFiles.Run(command[0], command[1..]));
        Assert.Equal(key, File.ReadAllBytes(_folder.File("master.key")));
        MasterKey.LoadOrCreate(_folder.File("master.key"));
    }

    [Fact]
    public async Task A_node_is_healthy_while_it_is_ready()
    {
        await using var host = await ApiHost.StartAsync(replace: s => s.AddSingleton<Actors.Asking.IEngine, FailingEngine>());
        var command = Services["node-1"]!["healthcheck"]!["test"].Texts().ToArray();
        Assert.Equal("CMD", command[0]);
        Assert.True(DeployFiles.Probe(command[1..], host.Address.Port));
        ((FailingEngine)host.Services.GetRequiredService<Actors.Asking.IEngine>()).Fails = Actors.Asking.AnswerKind.StoreUnavailable;
        Assert.False(DeployFiles.Probe(command[1..], host.Address.Port));
    }

    [Fact]
    public void The_image_listens_and_keeps_its_data_where_compose_and_Kubernetes_look()
    {
        var file = DeployFiles.Text("Dockerfile");
        var environment = Regex.Match(file, "^ENV (?<values>.*)$", RegexOptions.Multiline).Groups["values"].Value.Split(' ').Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
        var settings = DeployFiles.Settings(environment);
        Assert.Equal(("http://0.0.0.0:5080", "/data"), (settings.Urls, settings.DataDirectory));
        // Folders that volumes are mounted on belong to the user that the engine runs as.
        Assert.Contains("install -d -o app -g app -m 700 /data /master\n", file, StringComparison.Ordinal);
        Assert.Contains("\nUSER app\n", file, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\$\{(?<name>[A-Z0-9_]+):\?\}")]
    private static partial Regex Variables();

    [GeneratedRegex(@"^    server \S+ (?<address>\S+)", RegexOptions.Multiline)]
    private static partial Regex Servers();
}
