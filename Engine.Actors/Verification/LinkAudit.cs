using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Actors.Verification;

/// <summary>The links between partitions at the end: what was taken in was sent, and what is still on its way.</summary>
sealed class LinkAudit
{
    readonly IJournalReader _journal;
    readonly IDomain _domain;
    readonly PartitionAudit[] _partitions;

    public LinkAudit(IJournalReader journal, IDomain domain, PartitionAudit[] partitions) => (_journal, _domain, _partitions) = (journal, domain, partitions);

    /// <summary>Messages sent and not taken in.</summary>
    public long InFlight { get; private set; }

    /// <summary>Actors that such a message comes from or goes to: of those alone, two partitions may tell different things.</summary>
    public HashSet<ActorId> Concerned { get; } = [];

    /// <summary>
    /// The partitions were read one after the other while an engine may have been writing: a receiver may have been read later
    /// than its sender. Reads on where that is so, until every message taken in is one that was read as sent.
    /// </summary>
    public void ReadOnToOneMoment(Action onFrame)
    {
        bool readOn;
        do
        {
            readOn = false;
            foreach (var receiver in _partitions)
            {
                for (var from = 0; from < _partitions.Length; from++)
                {
                    var (mark, sender) = (receiver.Marks[from], _partitions[from]);
                    if (mark.Sequence <= sender.Sequence || sender.Breach is not null) continue;
                    var before = sender.Sequence;
                    sender.Read(mark.Sequence, onFrame);
                    readOn |= sender.Sequence > before;
                }
            }
        }
        while (readOn);
    }

    public void Check(bool settled)
    {
        for (var to = 0; to < _partitions.Length; to++)
            for (var from = 0; from < _partitions.Length; from++) Check(from, to, settled);
    }

    void Check(int from, int to, bool settled)
    {
        var (mark, receiver, sender) = (_partitions[to].Marks[from], _partitions[to], _partitions[from]);
        receiver.Attempt(receiver.Sequence, () =>
        {
            if (mark.Number > sender.Sent[to])
                throw new BreachException($"it took in message {mark.Number} of frame {mark.Sequence} of partition {from}, which ends with message {sender.Sent[to]} in frame {sender.Sequence}");
            if (settled && mark.Number < sender.Sent[to])
                throw new BreachException($"it took in messages of partition {from} up to {mark.Number}, but {sender.Sent[to]} were sent");
            InFlight += sender.Sent[to] - mark.Number;
            if (mark.Number > 0 || sender.Sent[to] > 0) ReadOnTheWay(from, to, mark, sender);
        });
    }

    /// <summary>A resend starts at the frame that the mark names, so the last message taken in must stand there.</summary>
    void ReadOnTheWay(int from, int to, Mark mark, PartitionAudit sender)
    {
        var reader = new LinkReader(from, to, mark.Number - 1, _domain);
        var found = mark.Number == 0;
        foreach (var delivery in reader.Read(_journal.ReadFrames(from, Math.Max(0, mark.Sequence - 1))))
        {
            if (delivery.Sequence > sender.Sequence) break;
            for (var i = 0; i < delivery.Letters.Length; i++)
            {
                if (delivery.First + i == mark.Number) found |= delivery.Sequence == mark.Sequence;
                else Concern(delivery.Letters[i]);
            }
            if (delivery.Last >= sender.Sent[to]) break;
        }
        if (!found) throw new BreachException($"its mark says that message {mark.Number} of partition {from} stands in frame {mark.Sequence}, where it does not");
    }

    void Concern(Letter letter)
    {
        Concerned.Add(letter.From);
        Concerned.Add(letter.To);
    }
}
