using System.CommandLine;

namespace Engine.Benchmarks;

/// <summary>Options as several commands have them.</summary>
static class Options
{
    /// <summary>A whole number.</summary>
    public static Option<int> Count(string name, int usual, string description, int least = 1)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result => { if (result.GetValueOrDefault<int>() < least) result.AddError($"{name} is {least} or more"); });
        return option;
    }
}
