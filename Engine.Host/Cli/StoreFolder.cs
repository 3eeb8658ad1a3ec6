namespace Engine.Host.Cli;

/// <summary>The folder of the embedded store as an engine here would have it, for commands that work on it without one.</summary>
static class StoreFolder
{
    public static string Configured => EngineHost.Configuration(new Dictionary<string, string?>())["Engine:DataDirectory"] ?? "./data";
}
