using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Engine.Host.Settings;
using Microsoft.Extensions.Configuration;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Engine.Tests.Deploy;

/// <summary>Reads the files of the folder deploy, runs the programs that they are for, and takes settings from them as the engine does.</summary>
static class DeployFiles
{
    static readonly string Root = FindRoot();

    static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(folder, "Engine.sln"))) folder = System.IO.Path.GetDirectoryName(folder)!;
        return System.IO.Path.Combine(folder, "deploy");
    }

    public static string Path(string file) => System.IO.Path.GetFullPath(System.IO.Path.Combine(Root, file));

    public static string Text(string file) => File.ReadAllText(Path(file));

    /// <summary>One YAML document; a key that is there twice is refused, anchors and merges are carried out, every scalar is a text.</summary>
    public static JsonNode Yaml(string text)
    {
        var reader = new DeserializerBuilder().WithDuplicateKeyChecking().Build();
        return Node(reader.Deserialize<object>(new MergingParser(new Parser(new StringReader(text)))))!;
    }

    static JsonNode? Node(object? value) => value switch
    {
        IDictionary<object, object> map => new JsonObject(map.Select(e => KeyValuePair.Create((string)e.Key, Node(e.Value)))),
        IList<object> list => new JsonArray([.. list.Select(Node)]),
        _ => value is null ? null : JsonValue.Create((string)value),
    };

    public static IEnumerable<string> Texts(this JsonNode? list) => (list as JsonArray ?? []).Select(i => i!.ToString());

    public static IEnumerable<string> Keys(this JsonNode? map) => (map as JsonObject ?? []).Select(e => e.Key);

    /// <summary>What the engine makes of an environment; throws what it would say at start.</summary>
    public static EngineSettings Settings(IEnumerable<KeyValuePair<string, string>> environment) => SettingsReader.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(environment.Select(e => KeyValuePair.Create(e.Key.Replace("__", ":"), (string?)e.Value))).Build());

    /// <summary>Lines of the form NAME=VALUE; comments are left out, quotes taken off.</summary>
    public static Dictionary<string, string> Environment(string text) => text.Split('\n').Where(l => l.Contains('=') && !l.StartsWith('#'))
        .Select(l => l.Split('=', 2)).ToDictionary(p => p[0], p => p[1].Trim('"'));

    public static (int Code, string Said) Run(string program, IEnumerable<string> arguments, (string Name, string Value)? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        if (environment is var (name, value)) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, said);
    }

    /// <summary>Runs a probe's command as a container would, against an engine that listens elsewhere.</summary>
    public static bool Probe(IEnumerable<string> command, int port)
    {
        var parts = command.Select(p => Regex.Replace(p, @"/127\.0\.0\.1/5080\b", $"/127.0.0.1/{port}")).ToArray();
        if (!parts.Any(p => p.Contains($"/127.0.0.1/{port}", StringComparison.Ordinal))) throw new InvalidDataException("the probe does not ask port 5080 of loopback");
        return Run(parts[0], parts[1..]).Code == 0;
    }
}
