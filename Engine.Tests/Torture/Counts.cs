using System.Globalization;

namespace Engine.Tests.Torture;

/// <summary>How often a scenario does what it does: a few times with all other tests, as often as <c>ENGINE_TORTURE_…</c> says in a long run.</summary>
static class Counts
{
    public static int Of(string name, int usual) => int.TryParse(Environment.GetEnvironmentVariable($"ENGINE_TORTURE_{name}"), CultureInfo.InvariantCulture, out var count) ? count : usual;
}
