namespace Engine.Simulation;

/// <summary>The simulation saw something that must never be. <see cref="Invariant"/> is one of I1 to I12 (docs of the simulation).</summary>
public sealed class BrokenInvariantException : Exception
{
    public BrokenInvariantException(string invariant, string message) : base(message) => Invariant = invariant;

    public string Invariant { get; }

    internal static void Require(bool holds, string invariant, string message)
    {
        if (!holds) throw new BrokenInvariantException(invariant, message);
    }
}
