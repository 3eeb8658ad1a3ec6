using System.Globalization;

namespace Engine.Tests.Torture;

/// <summary>
/// How often a fault is done: a few times beside all other tests, often with <c>ENGINE_TORTURE=full</c>, or as often as a variable
/// of its own says.
/// </summary>
static class Often
{
    static readonly bool IsFull = Environment.GetEnvironmentVariable("ENGINE_TORTURE") == "full";

    public static int Rounds(int usual, int full, string variable = "ENGINE_TORTURE_ROUNDS") =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var rounds) ? rounds : IsFull ? full : usual;
}
