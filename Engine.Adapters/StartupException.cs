namespace Engine.Adapters;

/// <summary>What keeps the engine from starting, in words for whoever starts it: a locked store, a newer format, an unsafe key file.</summary>
public sealed class StartupException : Exception
{
    public StartupException(string message, Exception? inner = null) : base(message, inner) { }
}
