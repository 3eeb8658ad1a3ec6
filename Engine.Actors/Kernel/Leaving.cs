using Engine.Actors.Asking;
using Engine.Actors.Trials;

namespace Engine.Actors.Kernel;

public sealed partial class Partition
{
    /// <summary>On its way to another node: first a checkpoint is written while the partition serves on, so that little is left for the next owner to read; then nothing new is taken in.</summary>
    enum Leaving { No, Checkpointing, Draining }

    volatile Leaving _leaving;
    long _overtaken;

    /// <summary>Hands the partition over: see <see cref="Leaving"/>.</summary>
    internal void Leave()
    {
        if (_leaving != Leaving.No) return;
        _leaving = Leaving.Checkpointing;
        RequestCheckpoint();
    }

    /// <summary>Another node owns it under that epoch: what is here is of an earlier one and goes.</summary>
    internal void Drop(long epoch)
    {
        if (epoch <= Volatile.Read(ref _overtaken)) return;
        Volatile.Write(ref _overtaken, epoch);
        Schedule();
    }

    /// <summary>One that has stopped for a fault, and that another node serves since, is not this node's to keep down: it may be given back.</summary>
    void LetGoIfOwnedElsewhere()
    {
        if (_state != State.Stopped || Volatile.Read(ref _overtaken) <= _heldEpoch || !_host.Lost(Number)) return;
        _fault = null;
        _state = State.Closed;
    }

    internal bool IsOvertaken => Volatile.Read(ref _epoch) < Volatile.Read(ref _overtaken);

    bool TryLeave()
    {
        if (_leaving == Leaving.Checkpointing)
        {
            if ((_draining && _bytesSinceCheckpoint > 0) || _checkpoint is not null) return false;
            _leaving = Leaving.Draining;
        }
        var isDrained = _inFlight is null && _mailbox.Count == 0 && _loading.Count == 0 && _ready.Count == 0;
        if (!isDrained && _host.Fault != KernelFault.LeaveUndrained) return false;
        // First: closed and still wanted, it would be opened again.
        _host.Left(Number, _epoch);
        Close(AnswerKind.NotOwner);
        Sweep();
        return true;
    }

    void BeTakenOver(AnswerKind kind)
    {
        if (_host.Lost(Number))
        {
            Close(kind);
            Sweep();
        }
        else Crash(HasLostTail() ? $"partition {Number}: frame {_sequence} was acknowledged here and is not there any more: the store has lost its tail" : "another owner has taken the partition over", kind, repair: false);
    }

    /// <summary>The store refuses what does not follow its last frame, as after a standby that was behind has taken its primary's place.</summary>
    bool HasLostTail()
    {
        try
        {
            return _sequence > 0 && (_host.Journal.ReadFrames(Number, _sequence - 1).FirstOrDefault().Bytes is not { } bytes || FrameHash.Of(bytes) != _hash);
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    void Close(AnswerKind kind)
    {
        RefuseAll(kind);
        ClearMemory();
        _state = State.Closed;
    }
}
