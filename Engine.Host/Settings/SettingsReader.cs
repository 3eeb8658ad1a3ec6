using System.Collections;
using System.Reflection;
using Engine.Adapters;

namespace Engine.Host.Settings;

/// <summary>
/// Turns the configuration under <c>Engine</c> into <see cref="EngineSettings"/>. Everything that is wrong is named at once:
/// keys that nobody knows, values of the wrong kind, and what the rules refuse.
/// </summary>
public static class SettingsReader
{
    public const string Section = "Engine";

    /// <exception cref="StartupException">A file of it can't be read.</exception>
    public static IConfiguration Build(IConfigurationBuilder sources)
    {
        try
        {
            return sources.Build();
        }
        catch (InvalidDataException e)
        {
            throw new StartupException($"{e.Message} {e.GetBaseException().Message}", e);
        }
    }

    /// <exception cref="StartupException">Something is wrong with the settings; the message names all of it.</exception>
    public static EngineSettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var faults = new List<string>();
        NameUnknown(section, typeof(EngineSettings), faults);
        var settings = Bind(section, faults);
        SettingsRules.Check(settings, faults);
        return faults.Count == 0 ? settings : throw new StartupException($"The settings can't be used:\n  {string.Join("\n  ", faults)}");
    }

    static EngineSettings Bind(IConfigurationSection section, List<string> faults)
    {
        try
        {
            return section.Get<EngineSettings>() ?? new EngineSettings();
        }
        catch (InvalidOperationException e)
        {
            // The binder says which key and which kind; the value itself is no secret, those are all texts.
            faults.Add(e.Message);
            return new EngineSettings();
        }
    }

    static void NameUnknown(IConfigurationSection section, Type type, List<string> faults)
    {
        foreach (var child in section.GetChildren())
        {
            var property = type.GetProperty(child.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is not { CanWrite: true }) faults.Add($"{child.Path} is no setting");
            else if (ItemType(property.PropertyType) is { } item) NameUnknownItems(child, item, faults);
            // Its keys are the rules' to judge.
            else if (typeof(IDictionary).IsAssignableFrom(property.PropertyType)) continue;
            else if (IsArea(property.PropertyType)) NameUnknown(child, property.PropertyType, faults);
            else NameBelow(child, faults);
        }
    }

    static void NameUnknownItems(IConfigurationSection list, Type item, List<string> faults)
    {
        foreach (var child in list.GetChildren())
        {
            if (!int.TryParse(child.Key, out _)) faults.Add($"{child.Path} is no setting: numbers are wanted, {list.Path}:0 and so on");
            else if (IsArea(item)) NameUnknown(child, item, faults);
            else NameBelow(child, faults);
        }
    }

    static void NameBelow(IConfigurationSection value, List<string> faults)
    {
        foreach (var child in value.GetChildren()) faults.Add($"{child.Path} is no setting: {value.Path} is a single value");
    }

    static Type? ItemType(Type type) => type.IsGenericType && typeof(IList).IsAssignableFrom(type) ? type.GetGenericArguments()[0] : null;

    static bool IsArea(Type type) => type.IsClass && type != typeof(string);
}
