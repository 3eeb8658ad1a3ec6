namespace Engine.Actors.Deciders;

/// <summary>A promise does not hold. The partition stops: wrong stock served politely is worse than one partition down.</summary>
public sealed class InvariantBrokenException : Exception
{
    public InvariantBrokenException(string message) : base(message) { }
}
