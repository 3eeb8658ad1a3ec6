using System.Globalization;
using System.Collections;

namespace Engine.Host.Settings;

/// <summary>The settings as they are in force, in one line, without what must stay secret.</summary>
static class EffectiveSettings
{
    static readonly string[] Secrets = ["Secret", "OldSecrets", "Postgres", "PostgresShards", "Sha256", "AppKey"];

    public static string Describe(EngineSettings settings) => string.Join(' ', All(settings).Select(s => $"{s.Key}={s.Value}"));

    /// <summary>Every setting that says something, by its key; secrets as asterisks.</summary>
    public static IEnumerable<KeyValuePair<string, string>> All(EngineSettings settings) => Area("", settings);

    static IEnumerable<KeyValuePair<string, string>> Area(string path, object area)
    {
        foreach (var property in area.GetType().GetProperties())
        {
            if (!property.CanWrite) continue;
            var name = path.Length == 0 ? property.Name : $"{path}:{property.Name}";
            foreach (var setting in Value(name, property.GetValue(area), Secrets.Contains(property.Name))) yield return setting;
        }
    }

    static IEnumerable<KeyValuePair<string, string>> Value(string name, object? value, bool isSecret) => value switch
    {
        null or "" or ICollection { Count: 0 } => [],
        not null when isSecret => [new(name, "***")],
        IDictionary items => items.Keys.Cast<object>().SelectMany(key => Value($"{name}:{key}", items[key], isSecret: false)),
        IList items => items.Cast<object>().SelectMany((item, i) => Value($"{name}:{i}", item, isSecret: false)),
        string or IFormattable => [new(name, Convert.ToString(value, CultureInfo.InvariantCulture)!)],
        _ => Area(name, value),
    };
}
