using System.Security.Cryptography;
using Engine.Host;
using Engine.Tests.Host;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Engine.Tests.Deploy;

/// <summary>The manifests, read strictly by Kubernetes' own schema: a field that it does not know is refused.</summary>
public sealed class KubernetesTests
{
    readonly List<object> _manifests = Read("engine.yaml");
    readonly V1StatefulSet _set;
    readonly V1PodSpec _pod;
    readonly V1Container _engine;

    public KubernetesTests()
    {
        _set = One<V1StatefulSet>();
        _pod = _set.Spec.Template.Spec;
        _engine = Assert.Single(_pod.Containers);
    }

    static List<object> Read(string file) => KubernetesYaml.LoadAllFromString(DeployFiles.Text($"kubernetes/{file}"), strict: true);

    T One<T>() => Assert.Single(_manifests.OfType<T>());

    V1Service Service(string name) => Assert.Single(_manifests.OfType<V1Service>(), s => s.Metadata.Name == name);

    [Fact]
    public void A_field_that_Kubernetes_does_not_know_is_noticed() =>
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString(DeployFiles.Text("kubernetes/engine.yaml").Replace("serviceName:", "serviceNames:"), strict: true));

    [Fact]
    public void Kustomize_finds_what_it_lists()
    {
        var kustomization = DeployFiles.Yaml(DeployFiles.Text("kubernetes/kustomization.yaml"));
        Assert.Equal(["engine.yaml", "namespace.yaml"], kustomization["resources"].Texts().Order());
        Assert.Equal(kustomization["namespace"]!.ToString(), Assert.IsType<V1Namespace>(Assert.Single(Read("namespace.yaml"))).Metadata.Name);
        Assert.Equal(_engine.Image, kustomization["images"]![0]!["name"]!.ToString());
        Assert.All(_pod.InitContainers, c => Assert.Equal(_engine.Image, c.Image));
    }

    [Fact]
    public void Every_node_takes_its_settings_and_has_a_name_and_an_address_of_its_own()
    {
        var secret = Assert.IsType<V1Secret>(Assert.Single(Read("secret.example.yaml")));
        Assert.All(secret.StringData.Values, Assert.Empty);
        var values = new Dictionary<string, string>
        {
            ["postgres"] = "Host=db;Database=engine;Username=engine", ["cluster-secret"] = "secret-of-the-test", ["watch-sha256"] = Hash("watch"), ["admin-sha256"] = Hash("admin"), ["master.key"] = "",
        };
        Assert.Equal(secret.StringData.Keys.Order(), values.Keys.Order());

        for (var i = 0; i < _set.Spec.Replicas; i++)
        {
            var settings = DeployFiles.Settings(Environment($"engine-{i}", secret.Metadata.Name, values));
            Assert.Equal(($"engine-{i}", $"http://engine-{i}.{_set.Spec.ServiceName}:5080"), (settings.Node, settings.Cluster.Advertise));
            Assert.True(settings.IsInCluster);
            Assert.Equal(["ops", "admin"], settings.Keys.Select(k => k.Role));
            Assert.Contains(_engine.VolumeMounts, m => m.MountPath == settings.DataDirectory && m.ReadOnlyProperty != true);
            Assert.Contains(_engine.VolumeMounts, m => m.MountPath == Path.GetDirectoryName(settings.MasterKeyFile));
        }
        // As it is shipped nothing starts on it.
        Assert.Throws<Adapters.StartupException>(() => DeployFiles.Settings(Environment("engine-0", "engine", new(secret.StringData))));
    }

    static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(key)));

    /// <summary>As the kubelet makes it: in order, with $(NAME) for what stands above.</summary>
    Dictionary<string, string> Environment(string pod, string secretName, Dictionary<string, string> secret)
    {
        var made = new Dictionary<string, string>();
        foreach (var variable in _engine.Env)
        {
            var value = variable.Value ?? "";
            if (variable.ValueFrom?.FieldRef is { } field) value = field.FieldPath == "metadata.name" ? pod : throw new InvalidDataException(field.FieldPath);
            if (variable.ValueFrom?.SecretKeyRef is { } key) value = key.Name == secretName ? secret[key.Key] : throw new InvalidDataException(key.Name);
            foreach (var (name, earlier) in made) value = value.Replace($"$({name})", earlier);
            Assert.DoesNotContain("$(", value);
            made.Add(variable.Name, value);
        }
        return made;
    }

    [Fact]
    public void Services_disruption_budget_and_spread_mean_the_pods_of_the_set()
    {
        var labels = _set.Spec.Template.Metadata.Labels;
        var budget = One<V1PodDisruptionBudget>();
        Assert.Equal("1", budget.Spec.MaxUnavailable.ToString());
        Assert.Equal(labels, _set.Spec.Selector.MatchLabels);
        Assert.Equal(labels, budget.Spec.Selector.MatchLabels);
        Assert.Equal(labels, Assert.Single(_pod.TopologySpreadConstraints).LabelSelector.MatchLabels);
        var port = Assert.Single(_engine.Ports);
        Assert.Equal(5080, port.ContainerPort);
        foreach (var service in _manifests.OfType<V1Service>())
        {
            Assert.Equal(labels, service.Spec.Selector);
            Assert.Equal(port.Name, Assert.Single(service.Spec.Ports).TargetPort.ToString());
        }
        var nodes = Service(_set.Spec.ServiceName);
        // By name a pod is reached directly: at the port it listens on, and also while it is not ready.
        Assert.Equal(("None", true, 5080), (nodes.Spec.ClusterIP, nodes.Spec.PublishNotReadyAddresses, nodes.Spec.Ports[0].Port));
        Assert.NotEqual("None", Service("engine").Spec.ClusterIP);
    }

    [Fact]
    public void A_pod_is_given_the_time_to_hand_over()
    {
        var preStop = _engine.Lifecycle.PreStop.Exec.Command;
        Assert.Equal("sleep", preStop[0]);
        Assert.True(TimeSpan.FromSeconds(_pod.TerminationGracePeriodSeconds!.Value - int.Parse(preStop[1])) > EngineHost.ShutdownMax);
    }

    [Fact]
    public async Task The_probes_tell_alive_from_ready()
    {
        var (live, ready, port) = (_engine.LivenessProbe.Exec.Command, _engine.ReadinessProbe.Exec.Command, 0);
        await using (var host = await ApiHost.StartAsync(replace: s => s.AddSingleton<Actors.Asking.IEngine, FailingEngine>()))
        {
            port = host.Address.Port;
            Assert.Equal((true, true), (DeployFiles.Probe(live, port), DeployFiles.Probe(ready, port)));
            ((FailingEngine)host.Services.GetRequiredService<Actors.Asking.IEngine>()).Fails = Actors.Asking.AnswerKind.StoreUnavailable;
            Assert.Equal((true, false), (DeployFiles.Probe(live, port), DeployFiles.Probe(ready, port)));
        }
        Assert.Equal((false, false), (DeployFiles.Probe(live, port), DeployFiles.Probe(ready, port)));
    }

    [Fact]
    public void Containers_are_confined_and_ask_for_what_they_need()
    {
        Assert.Equal((true, 1654L, 1654L), (_pod.SecurityContext.RunAsNonRoot, _pod.SecurityContext.RunAsUser, _pod.SecurityContext.FsGroup));
        foreach (var container in _pod.InitContainers.Append(_engine))
        {
            Assert.Equal((false, true), (container.SecurityContext.AllowPrivilegeEscalation, container.SecurityContext.ReadOnlyRootFilesystem));
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.Equal(["cpu", "memory"], container.Resources.Requests.Keys.Order());
        }
    }

    [Fact]
    public void What_is_mounted_is_there_and_the_master_key_becomes_its_owners_alone()
    {
        var volumes = _pod.Volumes.Select(v => v.Name).Concat(_set.Spec.VolumeClaimTemplates.Select(c => c.Metadata.Name)).Order();
        var mounted = _pod.InitContainers.Append(_engine).SelectMany(c => c.VolumeMounts).Select(m => m.Name).Distinct().Order();
        Assert.Equal(volumes, mounted);

        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("secret"));
        Directory.CreateDirectory(folder.File("master"));
        File.WriteAllBytes(folder.File("secret/master.key"), RandomNumberGenerator.GetBytes(32));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder.File("secret/master.key"), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var command = Assert.Single(_pod.InitContainers).Command.Select(p => p.StartsWith('/') ? folder.File(p[1..]) : p).ToArray();
        // Twice: an init container runs again when its pod is set up anew.
        for (var times = 0; times < 2; times++) Assert.Equal((0, ""), DeployFiles.Run(command[0], command[1..]));
        Adapters.Keys.MasterKey.LoadOrCreate(folder.File("master/master.key"));
    }
}
