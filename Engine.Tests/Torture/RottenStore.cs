using System.Buffers.Binary;
using System.Security.Cryptography;
using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Actors.Memory;
using Engine.Actors.Orders;
using Engine.Actors.Verification;

namespace Engine.Tests.Torture;

/// <summary>A store with frames, a checkpoint, snapshots and closed orders that have left memory, of which one byte at a time is damaged.</summary>
sealed class RottenStore
{
    const int Partitions = 2;
    /// <summary>The partition that is damaged.</summary>
    public const int Ill = 1;

    readonly MemoryStore _store = new(Partitions);
    readonly HashSet<ActorId> _ids = [];
    readonly Dictionary<ActorId, string> _before;

    public RottenStore()
    {
        var rig = new EngineRig(Partitions, new Limits { CheckpointBytes = 1200 }, _store);
        Play(rig);
        var ids = new Ids(_ids);
        for (var partition = 0; partition < Partitions; partition++)
            foreach (var frame in _store.Parts[partition].Frames) FrameHeader.Visit(frame.Bytes, EngineDomain.Instance, ids);
        _before = Shown(Open());
        if (!_before.Keys.ToHashSet().SetEquals(_ids)) throw new InvalidOperationException("some actor can't be read before anything is damaged");
    }

    public int Frames => Part.Frames.Count;
    public byte[] Frame(int index) => Part.Frames[index].Bytes;
    public byte[] Checkpoint => Part.Checkpoint!;
    public IReadOnlyDictionary<long, byte[]> Segments => Part.Segments;
    MemoryStore.PartitionStore Part => _store.Parts[Ill];

    static void Play(EngineRig rig)
    {
        rig.Warehouse("SH1");
        for (var sku = 0; sku < 3; sku++) rig.Adjust($"S{sku}", "SH1", 5);
        for (var i = 0; i < 5; i++)
        {
            rig.Place($"o{i}", ($"S{i % 3}", 1), ($"S{(i + 1) % 3}", 1));
            rig.Pay($"o{i}");
            if (i < 3) rig.Cancel($"o{i}");
            if (i < 3) rig.Send($"o{i}", refund: new RefundFact { Reference = "r", Status = RefundProgress.Succeeded, Full = true, Amount = PaymentFact.Whole });
        }
    }

    /// <summary>As the first release wrote it: neither checkpoint nor snapshots have checksums.</summary>
    public void Age()
    {
        foreach (var part in _store.Parts)
        {
            var (header, index, deadlines) = (new CheckpointHeader(), new ActorIndex(), new Deadlines());
            var codec = CheckpointLayout.Open(part.Checkpoint!, out var hasChecksums);
            header.Layout(codec);
            index.Layout(codec, hasChecksums);
            deadlines.Layout(codec);
            var old = Codec.Writer();
            header.Layout(old);
            index.Layout(old, hasChecksums: false);
            deadlines.Layout(old);
            part.Checkpoint = old.Written.ToArray();
        }
    }

    /// <summary>The remedy: without its checkpoint the partition is rebuilt from its frames.</summary>
    public void DropCheckpoint() => Part.Checkpoint = null;

    /// <summary>Makes a frame's checksum fit its bytes, as a reader that does not look at it would have it.</summary>
    public static void Mend(byte[] frame) => BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), FrameLayout.Checksum(frame));

    /// <summary>What is wrong with how the store is served now; null where nothing is.</summary>
    /// <param name="names">What a partition that stops must name.</param>
    /// <param name="mustBeSeen">Verifying must find the damage, and name it, whether it is met in service or not.</param>
    public string? Look(string names, bool mustBeSeen)
    {
        var frames = Part.Frames.Count;
        var rig = Open();
        var shown = Shown(rig);
        var status = rig.Node.Status;
        if (status.Any(s => s.Partition != Ill && s.State != "open")) return "another partition does not serve";
        if (status[Ill].State != "open" && !(status[Ill].Fault ?? "").Contains(names, StringComparison.Ordinal)) return $"it stopped, saying only: {status[Ill].Fault}";
        if (Part.Frames.Count != frames) return "frames were written behind damage";
        foreach (var (id, bytes) in _before)
        {
            if (shown.TryGetValue(id, out var now) ? now != bytes : id.PartitionOf(Partitions) != Ill || status[Ill].State == "open")
                return $"{id} is shown as it never was, or not at all";
        }
        var found = new Verifier(new MemoryJournal(_store, MemoryCompletion.Inline), EngineDomain.Instance, () => new MemoryStream()).Run().First;
        if (mustBeSeen && found is null) return "verifying finds nothing";
        if (found is not null && (found.Partition != Ill || !found.ToString().Contains(names, StringComparison.Ordinal))) return $"verifying says only: {found}";
        return null;
    }

    EngineRig Open() => new(Partitions, store: _store);

    Dictionary<ActorId, string> Shown(EngineRig rig)
    {
        var shown = new Dictionary<ActorId, string>();
        foreach (var id in _ids)
        {
            var read = rig.Node.ReadAsync<Actor>(id, static (actor, _) => Bytes(actor)).AsTask();
            rig.Settle();
            if (read.IsCompletedSuccessfully && read.Result is { Kind: AnswerKind.Reply, Reply: string bytes }) shown.Add(id, bytes);
        }
        return shown;
    }

    static string Bytes(Actor actor)
    {
        var codec = Codec.Writer();
        actor.Layout(codec);
        return Convert.ToHexString(SHA256.HashData(codec.Written));
    }

    sealed class Ids(HashSet<ActorId> ids) : IFrameVisitor
    {
        public void OnEvent(ActorId actor, Event happened) => ids.Add(actor);
        public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message) { }
        public void OnMark(int sender, long sequence, long number) { }
    }
}
