using System.CommandLine;

namespace Engine.Benchmarks;

/// <summary>Options as several commands have them.</summary>
static class Options
{
    /// <summary>A whole number above zero.</summary>
    public static Option<int> Count(string name, int usual, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result => { if (result.GetValueOrDefault<int>() <= 0) result.AddError($"{name} is a number above zero"); });
        return option;
    }
}
