using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Actors.Cluster;

/// <summary>Reads the messages of one link from the sender's frames.</summary>
sealed class LinkReader : IFrameVisitor
{
    readonly int _from, _to;
    readonly long _after;
    readonly IDomain _domain;
    readonly List<Letter> _letters = [];
    long _first;

    public LinkReader(int from, int to, long after, IDomain domain) => (_from, _to, _after, _domain) = (from, to, after, domain);

    public IEnumerable<Delivery> Read(IEnumerable<StoredFrame> frames)
    {
        foreach (var frame in frames)
        {
            FrameHeader.Read(frame.Bytes);
            FrameHeader.Visit(frame.Bytes, _domain, this);
            if (_letters.Count == 0) continue;
            yield return new Delivery(_from, _to, frame.Sequence, _first, _letters.ToArray());
            _letters.Clear();
        }
    }

    public void OnEvent(ActorId actor, Event happened) { }

    public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message)
    {
        if (partition != _to || number <= _after) return;
        if (_letters.Count == 0) _first = number;
        _letters.Add(new Letter(from, to, message));
    }

    public void OnMark(int sender, long sequence, long number) { }
}
