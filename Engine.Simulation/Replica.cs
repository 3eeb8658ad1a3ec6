using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Simulation;

/// <summary>
/// The state that follows from the durable frames alone, kept up frame by frame from the first one on: what memory,
/// checkpoints and answers are compared with. It checks what every frame must keep: sequence, epoch, chain, links.
/// </summary>
sealed class Replica
{
    readonly IDomain _domain;
    readonly Reader[] _readers;
    readonly Dictionary<ActorId, Actor> _actors = [];
    int _seen;

    public Replica(int partitions, IDomain domain)
    {
        _domain = domain;
        _readers = new Reader[partitions];
        for (var i = 0; i < partitions; i++) _readers[i] = new Reader(this, i);
    }

    /// <summary>Is told of each event, with the actor as it was before it and after.</summary>
    public Action<Actor, Event, Stamp>? Before { get; set; }
    public Action<Actor, Event, Stamp>? After { get; set; }

    public IEnumerable<Actor> Actors => _actors.Values;
    public long Frames => _readers.Sum(r => r.Sequence);

    public T Find<T>(ActorId id) where T : Actor => (T)(_actors.GetValueOrDefault(id) ?? _domain.NewActor(id));

    /// <summary>A number that follows from every byte of every frame.</summary>
    public ulong Hash => _readers.Aggregate(0UL, static (hash, reader) => (hash * 31) ^ reader.Last.High);

    /// <summary>Takes in the frames that have become durable since the last call, in their order: one may follow from another of the same commit.</summary>
    public void CatchUp(CrashDisk disk)
    {
        foreach (var reader in _readers) reader.CheckTail(disk);
        for (; _seen < disk.Order.Count; _seen++)
        {
            var reader = _readers[disk.Order[_seen]];
            reader.Next(disk);
            reader.CheckMarks(_readers);
        }
    }

    public static byte[] Encode(Actor actor)
    {
        var codec = Codec.Writer();
        actor.Layout(codec);
        return codec.Written.ToArray();
    }

    sealed class Reader : IFrameVisitor
    {
        readonly Replica _replica;
        readonly int _partition;
        readonly long[] _sent;
        readonly long[] _marks;
        FrameHeader _header;
        long _epoch, _at;

        public Reader(Replica replica, int partition)
        {
            (_replica, _partition) = (replica, partition);
            (_sent, _marks) = (new long[replica._readers.Length], new long[replica._readers.Length]);
        }

        public long Sequence { get; private set; }
        public FrameHash Last { get; private set; }

        public void CheckTail(CrashDisk disk)
        {
            var tail = disk.Durable(_partition).Count;
            BrokenInvariantException.Require(tail >= Sequence, "I1", $"partition {_partition} ends at frame {tail} and had {Sequence}");
        }

        public void Next(CrashDisk disk) => Frame(disk.Durable(_partition)[(int)Sequence].Bytes);

        void Frame(byte[] bytes)
        {
            _header = FrameHeader.Read(bytes);
            var here = $"partition {_partition}, frame {_header.Sequence}";
            BrokenInvariantException.Require(_header.Partition == _partition && _header.Sequence == Sequence + 1, "I4", $"{here} follows frame {Sequence}");
            BrokenInvariantException.Require(_header.Epoch >= _epoch && _header.Epoch > 0, "I4", $"{here}: epoch {_header.Epoch} after {_epoch}");
            BrokenInvariantException.Require(_header.Previous == Last, "I4", $"{here} is not chained to the one before it");
            BrokenInvariantException.Require(_header.At >= _at, "I4", $"{here}: time runs backwards");
            (Sequence, _epoch, _at, Last) = (_header.Sequence, _header.Epoch, _header.At, _header.Hash);
            FrameHeader.Visit(bytes, _replica._domain, this);
        }

        public void OnEvent(ActorId id, Event happened)
        {
            BrokenInvariantException.Require(id.PartitionOf(_sent.Length) == _partition, "I4", $"an event of {id} in partition {_partition}");
            if (!_replica._actors.TryGetValue(id, out var actor)) _replica._actors.Add(id, actor = _replica._domain.NewActor(id));
            var stamp = new Stamp(_header.Sequence, _header.At);
            _replica.Before?.Invoke(actor, happened, stamp);
            try
            {
                actor.Evolve(happened, stamp);
            }
            catch (InvariantBrokenException e)
            {
                throw new BrokenInvariantException("I2", $"partition {_partition}, frame {_header.Sequence}: {e.Message}");
            }
            _replica.After?.Invoke(actor, happened, stamp);
        }

        public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message)
        {
            BrokenInvariantException.Require(number == _sent[partition] + 1, "I4", $"message {number} to partition {partition} follows {_sent[partition]}");
            _sent[partition] = number;
        }

        public void OnMark(int sender, long sequence, long number)
        {
            BrokenInvariantException.Require(number > _marks[sender], "I3", $"partition {_partition} takes in message {number} of partition {sender} after {_marks[sender]}");
            _marks[sender] = number;
        }

        public void CheckMarks(Reader[] readers)
        {
            foreach (var sender in readers)
                BrokenInvariantException.Require(_marks[sender._partition] <= sender._sent[_partition], "I6",
                    $"partition {_partition} took in message {_marks[sender._partition]} of partition {sender._partition}, which has durably sent {sender._sent[_partition]}");
        }

        /// <summary>At a quiet moment: all that was sent was taken in.</summary>
        public void CheckLinks(Reader[] readers)
        {
            foreach (var sender in readers)
                BrokenInvariantException.Require(_marks[sender._partition] == sender._sent[_partition], "I9",
                    $"partition {_partition} never took in message {sender._sent[_partition]} of partition {sender._partition}, only {_marks[sender._partition]}");
        }
    }

    public void CheckLinks()
    {
        foreach (var reader in _readers) reader.CheckLinks(_readers);
    }
}
