using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Actors.Cluster;

/// <summary>
/// The way to other nodes, for what they can also find out by themselves: nothing rests on its arriving. Messages between
/// partitions stand in their sender's journal; ownership stands in the store.
/// </summary>
public interface INeighbours
{
    /// <summary>Sends without waiting; may be lost, late or repeated.</summary>
    void Send(NodeRow to, NodeMessage message);
}

/// <summary>What nodes tell each other.</summary>
public abstract record NodeMessage
{
    /// <summary>Messages of one frame of one link.</summary>
    public sealed record Letters(Delivery Delivery) : NodeMessage;

    /// <summary>A link has got so far.</summary>
    public sealed record LinkAt(int From, int To, long Number) : NodeMessage;

    /// <summary>The partition serves at <paramref name="Owner"/>; where that is null it has been set free.</summary>
    public sealed record Ownership(int Partition, string? Owner, long Epoch) : NodeMessage;

    const byte LettersKind = 1, LinkAtKind = 2, OwnershipKind = 3;

    /// <summary>Writes the message behind what was written before.</summary>
    public void Write(Codec codec)
    {
        codec.ForgetActors();
        switch (this)
        {
            case Letters { Delivery: var delivery }: Write(codec, delivery); break;
            case LinkAt link:
                Kind(codec, LinkAtKind);
                var (from, to, number) = (link.From, link.To, link.Number);
                codec.Int(ref from);
                codec.Int(ref to);
                codec.Long(ref number);
                break;
            case Ownership told:
                Kind(codec, OwnershipKind);
                var (partition, owner, epoch) = (told.Partition, told.Owner, told.Epoch);
                codec.Int(ref partition);
                codec.TextOrNull(ref owner);
                codec.Long(ref epoch);
                break;
        }
    }

    static void Write(Codec codec, Delivery delivery)
    {
        Kind(codec, LettersKind);
        var (from, to, sequence, first) = (delivery.From, delivery.To, delivery.Sequence, delivery.First);
        codec.Int(ref from);
        codec.Int(ref to);
        codec.Long(ref sequence);
        codec.Long(ref first);
        codec.Count(delivery.Letters.Length);
        foreach (var letter in delivery.Letters)
        {
            var (sender, receiver) = (letter.From, letter.To);
            codec.Actor(ref sender);
            codec.Actor(ref receiver);
            Kind(codec, letter.Message.Tag);
            codec.Record(letter.Message);
        }
    }

    static void Kind(Codec codec, byte kind) => codec.Byte(ref kind);

    /// <summary>All messages of what one node sent at once.</summary>
    /// <exception cref="InvalidDataException">It is none, or of a newer build.</exception>
    public static IEnumerable<NodeMessage> ReadAll(byte[] bytes, IDomain domain)
    {
        var codec = Codec.Reader(bytes);
        while (!codec.AtEnd) yield return Read(codec, domain);
    }

    static NodeMessage Read(Codec codec, IDomain domain)
    {
        byte kind = 0;
        codec.ForgetActors();
        codec.Byte(ref kind);
        int from = 0, to = 0;
        long number = 0, epoch = 0;
        string? owner = null;
        switch (kind)
        {
            case LettersKind: return new Letters(ReadDelivery(codec, domain));
            case LinkAtKind:
                codec.Int(ref from);
                codec.Int(ref to);
                codec.Long(ref number);
                return new LinkAt(from, to, number);
            case OwnershipKind:
                codec.Int(ref from);
                codec.TextOrNull(ref owner);
                codec.Long(ref epoch);
                return new Ownership(from, owner, epoch);
            default: throw new InvalidDataException($"message between nodes of unknown kind {kind}");
        }
    }

    static Delivery ReadDelivery(Codec codec, IDomain domain)
    {
        int from = 0, to = 0;
        long sequence = 0, first = 0;
        codec.Int(ref from);
        codec.Int(ref to);
        codec.Long(ref sequence);
        codec.Long(ref first);
        var letters = new Letter[codec.Count(0)];
        for (var i = 0; i < letters.Length; i++)
        {
            ActorId sender = default, receiver = default;
            byte tag = 0;
            codec.Actor(ref sender);
            codec.Actor(ref receiver);
            codec.Byte(ref tag);
            var message = domain.NewMessage(tag);
            codec.Record(message);
            letters[i] = new Letter(sender, receiver, message);
        }
        return new Delivery(from, to, sequence, first, letters);
    }
}
