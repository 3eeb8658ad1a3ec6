using Engine.Adapters;

namespace Engine.Host.Cli;

/// <summary>Settings on the command line: <c>--Engine:Locks:Order=00:00:30</c>, with : or __ between the parts, and = or a blank before the value.</summary>
static class SettingTokens
{
    static readonly string[] Sections = ["Engine:", "Serilog:"];

    /// <exception cref="StartupException">A token is no setting; the message names it.</exception>
    public static Dictionary<string, string?> Read(IReadOnlyList<string> tokens)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            var equals = token.IndexOf('=');
            var key = (equals < 0 ? token : token[..equals]).TrimStart('-').Replace("__", ":");
            if (!token.StartsWith("--", StringComparison.Ordinal) || !Array.Exists(Sections, s => key.StartsWith(s, StringComparison.OrdinalIgnoreCase)))
                throw new StartupException($"{token} is neither a command nor a setting. Settings look like --Engine:Urls=http://127.0.0.1:5080; see --help.");
            if (equals < 0 && i + 1 == tokens.Count) throw new StartupException($"{token} has no value.");
            settings[key] = equals < 0 ? tokens[++i] : token[(equals + 1)..];
        }
        return settings;
    }
}
