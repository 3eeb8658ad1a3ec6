using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Actors.Verification;

namespace Engine.Actors.WhatIf;

/// <summary>One partition of a replay: where its journal has got to, and its actors as this build has them.</summary>
sealed class ReplayLane : IDisposable
{
    /// <summary>Orders and carts kept at hand over all partitions; the others are put aside.</summary>
    const int LeadersAtHand = 64 * 1024;

    readonly IEnumerator<StoredFrame> _frames;
    readonly IDomain _domain;

    public ReplayLane(int number, IJournalReader journal, IDomain domain, Func<Stream> scratch)
    {
        (Number, _domain) = (number, domain);
        _frames = journal.ReadFrames(number, 0).GetEnumerator();
        Shelf = new ActorShelf(domain, scratch, Math.Max(64, LeadersAtHand / journal.Partitions));
        Sent = [.. Enumerable.Range(0, journal.Partitions).Select(_ => new Queue<(ActorId, ActorId)>())];
        Heard = new long[journal.Partitions];
    }

    public int Number { get; }
    public ActorShelf Shelf { get; }
    public Actor Directory => Shelf.Get(ActorId.Directory(Number));

    /// <summary>The next frame; null at the end.</summary>
    public FrameScript? Script { get; private set; }

    /// <summary>The last frame that was decided again.</summary>
    public long Done { get; set; }

    /// <summary>By receiving partition: from whom to whom the messages went that the journal has not taken in yet.</summary>
    public Queue<(ActorId From, ActorId To)>[] Sent { get; }

    /// <summary>By sending partition: the number of the last message taken in.</summary>
    public long[] Heard { get; }

    /// <exception cref="InvalidDataException" />
    public void Next()
    {
        if (!_frames.MoveNext())
        {
            Script = null;
            return;
        }
        try
        {
            Script = FrameScript.Read(_frames.Current, _domain);
            if (Script.Header.Sequence != Done + 1) throw new InvalidDataException($"it follows frame {Done}: frames are missing");
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"partition {Number}, frame {_frames.Current.Sequence}: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        _frames.Dispose();
        Shelf.Dispose();
    }
}
