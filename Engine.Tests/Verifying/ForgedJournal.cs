using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;

namespace Engine.Tests.Verifying;

/// <summary>A copy of a journal that can be tampered with, well enough that every checksum and the whole chain are right again.</summary>
sealed class ForgedJournal : IJournalReader
{
    readonly List<StoredFrame>[] _frames;

    public ForgedJournal(IJournalReader original)
    {
        _frames = new List<StoredFrame>[original.Partitions];
        for (var partition = 0; partition < _frames.Length; partition++) _frames[partition] = [.. original.ReadFrames(partition, 0).Select(f => f with { Bytes = [.. f.Bytes] })];
    }

    public int Partitions => _frames.Length;
    public List<StoredFrame> Frames(int partition) => _frames[partition];

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after) => _frames[partition].Where(f => f.Sequence > after);
    public byte[]? ReadCheckpoint(int partition) => null;
    public byte[] ReadSegment(int partition, long segment, int offset, int count) => throw new InvalidDataException("the verifier reads frames alone");
    public byte[]? ReadKey(int partition, KeyRef key) => null;
    public void Dispose() { }

    /// <summary>The first place of an event that answers to <paramref name="which"/>.</summary>
    public (int Partition, long Sequence) Find<TEvent>(Func<TEvent, bool> which) where TEvent : Event
    {
        for (var partition = 0; partition < _frames.Length; partition++)
            foreach (var frame in _frames[partition])
                if (Entries.Of(frame).Events.Any(e => e.Happened is TEvent wanted && which(wanted))) return (partition, frame.Sequence);
        throw new InvalidOperationException($"no such {typeof(TEvent).Name}");
    }

    /// <summary>Writes a frame anew with what <paramref name="change"/> makes of its entries, and chains all behind it to it.</summary>
    public void Rewrite(int partition, long sequence, Action<Entries> change, long? epoch = null, long? at = null)
    {
        var frames = _frames[partition];
        var previous = default(FrameHash);
        for (var i = 0; i < frames.Count; i++)
        {
            var header = FrameHeader.Read(frames[i].Bytes);
            if (frames[i].Sequence >= sequence)
            {
                var entries = Entries.Of(frames[i]);
                var isIt = frames[i].Sequence == sequence;
                if (isIt) change(entries);
                frames[i] = frames[i] with { Bytes = entries.Write(partition, isIt ? epoch ?? header.Epoch : header.Epoch, header.Sequence, isIt ? at ?? header.At : header.At, previous) };
            }
            previous = FrameHeader.Read(frames[i].Bytes).Hash;
        }
    }

    /// <summary>What a frame holds, as lists.</summary>
    public sealed class Entries : IFrameVisitor
    {
        public List<(ActorId Actor, Event Happened)> Events { get; } = [];
        public List<(ActorId From, ActorId To, int Partition, long Number, Message Message)> Messages { get; } = [];
        public List<(int Sender, long Sequence, long Number)> Marks { get; } = [];

        public static Entries Of(StoredFrame frame)
        {
            var entries = new Entries();
            FrameHeader.Visit(frame.Bytes, EngineDomain.Instance, entries);
            return entries;
        }

        public byte[] Write(int partition, long epoch, long sequence, long at, FrameHash previous)
        {
            var writer = new FrameWriter(partition);
            writer.Begin();
            foreach (var (actor, happened) in Events) writer.Event(actor, happened);
            foreach (var (from, to, receiver, number, message) in Messages) writer.Message(from, to, receiver, number, message);
            foreach (var (sender, mark, number) in Marks) writer.Mark(sender, mark, number);
            return writer.Finish(epoch, sequence, at, previous).ToArray();
        }

        public void OnEvent(ActorId actor, Event happened) => Events.Add((actor, happened));
        public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message) => Messages.Add((from, to, partition, number, message));
        public void OnMark(int sender, long sequence, long number) => Marks.Add((sender, sequence, number));
    }
}
