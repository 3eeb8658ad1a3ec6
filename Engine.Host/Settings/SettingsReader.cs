using System.Collections;
using System.ComponentModel;
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
        var faults = new List<string>();
        var misfits = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        NameUnknown(configuration.GetSection(Section), typeof(EngineSettings), faults, misfits);
        // Of a list or table the binder would leave out the whole entry, and say nothing.
        var fitting = misfits.Count == 0 ? configuration : new ConfigurationBuilder().AddInMemoryCollection(configuration.AsEnumerable().Where(pair => !misfits.Contains(pair.Key))).Build();
        var settings = Bind(fitting.GetSection(Section), faults);
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
            // The binder says which key.
            faults.Add(e.Message);
            return new EngineSettings();
        }
    }

    /// <param name="misfits">The paths of values of the wrong kind, which are faults as well.</param>
    static void NameUnknown(IConfigurationSection section, Type type, List<string> faults, HashSet<string> misfits)
    {
        foreach (var child in section.GetChildren())
        {
            var property = type.GetProperty(child.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is not { CanWrite: true }) faults.Add($"{child.Path} is no setting");
            else if (ItemType(property.PropertyType) is { } item) NameUnknownItems(child, item, faults, misfits);
            else if (typeof(IDictionary).IsAssignableFrom(property.PropertyType))
            {
                // Its keys are the rules' to judge.
                foreach (var entry in child.GetChildren()) NameMisfit(entry, property.PropertyType.GetGenericArguments()[1], faults, misfits);
            }
            else if (IsArea(property.PropertyType)) NameUnknown(child, property.PropertyType, faults, misfits);
            else NameMisfit(child, property.PropertyType, faults, misfits);
        }
    }

    static void NameUnknownItems(IConfigurationSection list, Type item, List<string> faults, HashSet<string> misfits)
    {
        foreach (var child in list.GetChildren())
        {
            if (!int.TryParse(child.Key, out _)) faults.Add($"{child.Path} is no setting: numbers are wanted, {list.Path}:0 and so on");
            else if (IsArea(item)) NameUnknown(child, item, faults, misfits);
            else NameMisfit(child, item, faults, misfits);
        }
    }

    static void NameMisfit(IConfigurationSection value, Type type, List<string> faults, HashSet<string> misfits)
    {
        foreach (var child in value.GetChildren()) faults.Add($"{child.Path} is no setting: {value.Path} is a single value");
        if (type == typeof(string) || value.Value is not { } text || (text.Length == 0 && Nullable.GetUnderlyingType(type) is not null) || TypeDescriptor.GetConverter(type).IsValid(text)) return;
        // The value is no secret: those are all texts.
        faults.Add($"{value.Path}: {text} is no {Kind(Nullable.GetUnderlyingType(type) ?? type)}");
        misfits.Add(value.Path);
    }

    static string Kind(Type type) =>
        type == typeof(int) ? "whole number" : type == typeof(bool) ? "true or false" : type == typeof(TimeSpan) ? "length of time like 00:15:00" : type.Name;

    static Type? ItemType(Type type) => type.IsGenericType && typeof(IList).IsAssignableFrom(type) ? type.GetGenericArguments()[0] : null;

    static bool IsArea(Type type) => type.IsClass && type != typeof(string);
}
