using System.Globalization;
using System.Collections;
using System.Text;

namespace Engine.Host.Settings;

/// <summary>The settings as they are in force, in one line, without what must stay secret.</summary>
static class EffectiveSettings
{
    static readonly string[] Secrets = ["Secret", "OldSecrets", "Postgres", "PostgresShards", "Sha256", "AppKey"];

    public static string Describe(EngineSettings settings)
    {
        var text = new StringBuilder();
        Append(text, "", settings);
        return text.ToString().TrimEnd();
    }

    static void Append(StringBuilder text, string path, object area)
    {
        foreach (var property in area.GetType().GetProperties())
        {
            if (!property.CanWrite) continue;
            var name = path.Length == 0 ? property.Name : $"{path}:{property.Name}";
            AppendValue(text, name, property.GetValue(area), Secrets.Contains(property.Name));
        }
    }

    static void AppendValue(StringBuilder text, string name, object? value, bool isSecret)
    {
        switch (value)
        {
            case null or "" or ICollection { Count: 0 }: break;
            case not null when isSecret: text.Append(name).Append("=*** "); break;
            case IDictionary items:
                foreach (DictionaryEntry item in items) AppendValue(text, $"{name}:{item.Key}", item.Value, isSecret: false);
                break;
            case IList items:
                for (var i = 0; i < items.Count; i++) AppendValue(text, $"{name}:{i}", items[i], isSecret: false);
                break;
            case string or IFormattable: text.Append(name).Append('=').Append(Convert.ToString(value, CultureInfo.InvariantCulture)).Append(' '); break;
            default: Append(text, name, value); break;
        }
    }
}
