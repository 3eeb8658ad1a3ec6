using System.Runtime.InteropServices;

namespace Engine.Host.Cli;

/// <summary>The first signal drains and writes checkpoints (the host's own handling), the second ends at once: what is acknowledged is durable.</summary>
sealed class EndingSignals : IDisposable
{
    const int EndedBySignal = 130;

    readonly PosixSignalRegistration _interrupt;
    readonly PosixSignalRegistration _terminate;
    int _count;

    public EndingSignals()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Take);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take);
    }

    void Take(PosixSignalContext signal)
    {
        if (Interlocked.Increment(ref _count) > 1) Environment.Exit(EndedBySignal);
        signal.Cancel = true;
    }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }
}
