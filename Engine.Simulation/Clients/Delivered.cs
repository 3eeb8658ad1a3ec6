using Engine.Actors.Asking;

namespace Engine.Simulation.Clients;

/// <summary>What a client knows about one thing it wants done once, over all its tries.</summary>
sealed class Delivered
{
    public int Tries { get; private set; }
    public bool Acknowledged { get; private set; }
    /// <summary>It may have happened, and nobody told.</summary>
    public bool Unknown { get; private set; }

    /// <summary>Every try was refused for load or for the store: by contract nothing has happened.</summary>
    public bool Impossible => !Acknowledged && !Unknown;

    public void Try() => Tries++;

    public void Acknowledge() => Acknowledged = true;

    public void Hear(AnswerKind kind) => Unknown |= kind == AnswerKind.OutcomeUnknown;
}
