using System.Globalization;
using Spectre.Console;

namespace Engine.Host.Cli;

/// <summary>The console, or whatever its output goes to: lines are never broken where nobody sees a screen.</summary>
static class Terminal
{
    const int WidthOfFiles = 250;

    public static IAnsiConsole Open()
    {
        var console = AnsiConsole.Console;
        if (!console.Profile.Out.IsTerminal) console.Profile.Width = WidthOfFiles;
        return console;
    }

    /// <summary>With its thousands told apart.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
