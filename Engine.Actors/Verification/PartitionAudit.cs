using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Actors.Verification;

/// <summary>
/// Reads one partition's journal from its first frame: that it is whole, that it could have been written by one writer after
/// the other, and that all its events together keep what is promised.
/// </summary>
sealed class PartitionAudit : IFrameVisitor, IDisposable
{
    readonly int _number;
    readonly IJournalReader _journal;
    readonly IDomain _domain;
    FrameHeader _header;
    FrameHash _hash;
    long _epoch;
    long _at;

    public PartitionAudit(int number, IJournalReader journal, IDomain domain, ActorShelf actors)
    {
        (_number, _journal, _domain, Actors) = (number, journal, domain, actors);
        Sent = new long[journal.Partitions];
        Marks = new Mark[journal.Partitions];
    }

    public int Number => _number;
    public ActorShelf Actors { get; }
    public StockLedger Stock { get; } = new();
    public OrderLedger Orders { get; } = new();
    /// <summary>The number of the last message to each partition.</summary>
    public long[] Sent { get; }
    /// <summary>How far the messages of each partition have been taken in.</summary>
    public Mark[] Marks { get; }
    public long Sequence { get; private set; }
    public long Bytes { get; private set; }
    public long Messages { get; private set; }
    public long[] EventsByTag { get; } = new long[256];
    public Breach? Breach { get; private set; }

    /// <summary>Reads on; stops at the end, behind <paramref name="upTo"/>, or at the first breach.</summary>
    public void Read(long upTo, Action onFrame)
    {
        using var frames = _journal.ReadFrames(_number, Sequence).GetEnumerator();
        while (Breach is null && Sequence < upTo)
        {
            // An archive tells by itself that it is damaged.
            var isThere = false;
            Attempt(Sequence + 1, () => isThere = frames.MoveNext());
            if (!isThere) return;
            Attempt(frames.Current.Sequence, () => Take(frames.Current));
            onFrame();
        }
    }

    /// <summary>Runs a check that speaks of one frame of this partition.</summary>
    public void Attempt(long sequence, Action check)
    {
        if (Breach is not null) return;
        try
        {
            check();
        }
        catch (Exception e) when (e is not (StoreUnavailableException or OutOfMemoryException))
        {
            // Whatever reading and replaying unbelievable bytes may lead to.
            Breach = new Breach(_number, sequence, e is BreachException or InvariantBrokenException or InvalidDataException ? e.Message : $"it can't be replayed: {e.Message}");
        }
    }

    void Take(StoredFrame stored)
    {
        Require(stored.Sequence == Sequence + 1, $"it follows frame {Sequence}: frames are missing");
        _header = FrameHeader.Read(stored.Bytes);
        Require(_header.Partition == _number && _header.Sequence == stored.Sequence, $"it says it is frame {_header.Sequence} of partition {_header.Partition}");
        Require(_header.Previous == _hash, "it is not chained to the frame before it");
        Require(_header.Epoch > 0 && _header.Epoch >= _epoch, $"its epoch is {_header.Epoch}, that of the frame before it {_epoch}");
        Require(_header.At >= _at, "its time is before that of the frame before it");
        FrameHeader.Visit(stored.Bytes, _domain, this);
        (Sequence, _hash, _epoch, _at) = (_header.Sequence, _header.Hash, _header.Epoch, _header.At);
        Bytes += stored.Bytes.Length;
    }

    public void OnEvent(ActorId actor, Event happened)
    {
        Require(actor.PartitionOf(Sent.Length) == _number, $"it holds an event of {actor}, which lives in another partition");
        EventsByTag[happened.Tag]++;
        if (actor.Kind == ActorKind.Sku) Stock.Take(actor.Key, happened, _header.At);
        else if (actor.Kind == ActorKind.Order) Orders.Take(actor.Key, happened);
        Actors.Get(actor).Evolve(happened, new Stamp(_header.Sequence, _header.At));
    }

    public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message)
    {
        Require(from.PartitionOf(Sent.Length) == _number, $"it holds a message of {from}, which lives in another partition");
        Require(to.PartitionOf(Sent.Length) == partition, $"a message to {to} went to partition {partition}");
        Require(number == Sent[partition] + 1, $"message {number} to partition {partition} follows message {Sent[partition]}");
        Sent[partition] = number;
        Messages++;
    }

    public void OnMark(int sender, long sequence, long number)
    {
        Require(sender >= 0 && sender < Marks.Length, $"a mark of partition {sender}, which is not there");
        var before = Marks[sender];
        Require(number > before.Number && sequence >= before.Sequence, $"the mark of partition {sender} went from message {before.Number} of frame {before.Sequence} to message {number} of frame {sequence}");
        Marks[sender] = new Mark(sequence, number);
    }

    static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new BreachException(otherwise);
    }

    public void Dispose() => Actors.Dispose();
}
