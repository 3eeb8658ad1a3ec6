using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

/// <summary>One message on its way.</summary>
public readonly record struct Letter(ActorId From, ActorId To, Message Message);

/// <summary>
/// The messages of one frame of a sender to one receiver: consecutive numbers on that link, from <paramref name="First"/> on.
/// </summary>
public sealed record Delivery(int From, int To, long Sequence, long First, Letter[] Letters)
{
    /// <summary>The streak that the frame is to become durable in; null where it is.</summary>
    public long? Streak { get; init; }

    public long Last => First + Letters.Length - 1;
}

/// <summary>How far a link has been taken in: the sender's frame and the number of the last message.</summary>
public readonly record struct Mark(long Sequence, long Number);

/// <summary>
/// What one sender has sent and this partition has not decided yet, in order and without gaps: what lies at or below the mark
/// is dropped, what comes too early is kept aside until the sender's journal has filled the gap.
/// </summary>
sealed class Inbox
{
    readonly Queue<Delivery> _ready = new();
    readonly SortedDictionary<long, Delivery> _early = [];
    int _position;
    long _accepted;

    public Inbox(Mark mark)
    {
        Mark = mark;
        _accepted = mark.Number;
    }

    public Mark Mark { get; private set; }
    public int Count { get; private set; }
    /// <summary>The gap was told to the sender's journal.</summary>
    public bool AwaitsResend { get; set; }
    public bool HasGap => _early.Count > 0;
    public long Dropped { get; private set; }

    /// <summary>False when something is missing before it.</summary>
    public bool Accept(Delivery delivery)
    {
        if (delivery.Last <= _accepted)
        {
            Dropped += delivery.Letters.Length;
            return true;
        }
        if (delivery.First > _accepted + 1)
        {
            _early[delivery.First] = delivery;
            return false;
        }
        Take(delivery);
        while (_early.Count > 0)
        {
            var (first, next) = _early.First();
            if (first > _accepted + 1) break;
            _early.Remove(first);
            if (next.Last > _accepted) Take(next);
        }
        return true;
    }

    void Take(Delivery delivery)
    {
        Dropped += _accepted + 1 - delivery.First;
        Count += (int)(delivery.Last - _accepted);
        _accepted = delivery.Last;
        _ready.Enqueue(delivery);
    }

    public bool TryPeek(out Letter letter)
    {
        while (_ready.TryPeek(out var delivery))
        {
            _position = (int)Math.Max(_position, Mark.Number + 1 - delivery.First);
            if (_position < delivery.Letters.Length)
            {
                letter = delivery.Letters[_position];
                return true;
            }
            _ready.Dequeue();
            _position = 0;
        }
        letter = default;
        return false;
    }

    /// <summary>The letter just peeked is decided.</summary>
    public void Advance()
    {
        var delivery = _ready.Peek();
        Mark = new Mark(delivery.Sequence, delivery.First + _position);
        _position++;
        Count--;
    }

    /// <summary>The letters behind the first, as far as they are here: their actors can be loaded ahead.</summary>
    public IEnumerable<Letter> Ahead(int count)
    {
        var skip = _position;
        foreach (var delivery in _ready)
        {
            for (var i = skip; i < delivery.Letters.Length; i++)
            {
                if (count-- <= 0) yield break;
                yield return delivery.Letters[i];
            }
            skip = 0;
        }
    }
}
