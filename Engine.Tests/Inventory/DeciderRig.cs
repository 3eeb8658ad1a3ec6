using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;

namespace Engine.Tests.Inventory;

/// <summary>One SKU and its decider, without kernel or journal: given what has happened, when asked, then this.</summary>
public sealed class DeciderRig : Turn
{
    readonly List<(byte[] Event, byte Tag, Stamp Stamp)> _events = [];
    readonly DirectoryActor _directory = new(ActorId.Directory(0));
    long _now = 1_760_000_000_000;
    object? _reply;
    int _references;
    int _tokens;

    public SkuActor Sku { get; private set; } = new(ActorId.Sku("A"));
    public List<Event> Happened { get; } = [];
    public List<(ActorId To, Message Message)> Sent { get; } = [];

    public override long Now => _now;
    public override ActorId Self => Sku.Id;
    public override ActorId Sender => default;
    public override Actor Directory => _directory;
    public override int Partitions => 1;

    public override void Emit(Event happened)
    {
        var codec = Codec.Writer();
        happened.Layout(codec);
        var stamp = new Stamp(_events.Count + 1, _now);
        _events.Add((codec.Written.ToArray(), happened.Tag, stamp));
        Happened.Add(happened);
        Sku.Evolve(happened, stamp);
    }

    public override void Send(ActorId to, Message message) => Sent.Add((to, message));
    public override void Reply(object reply) => _reply = reply;
    public override KeyRef StoreKey(byte[] wrapped) => default;
    public override void DropKey(KeyRef key) { }

    public StockReply Ask(Command command)
    {
        _reply = null;
        Sku.Decide(command, this);
        return (StockReply)_reply!;
    }

    public long OnHand(string warehouse) => Sku.Find(warehouse)?.OnHand ?? 0;

    public StockReply Adjust(string warehouse, int delta, StockReason reason) =>
        Ask(new AdjustStock { Reference = $"a{_references++}", LineNumber = 0, Warehouse = warehouse, Delta = delta, Reason = reason });

    public SnapshotClaims Snapshot(string? orderId = null) => new($"t{_tokens++}", Sku.Version, Sku.Available, orderId, _now, _now + 60_000);

    public StockReply Reserve(string id, string orderId, int quantity, string? warehouse = null, SnapshotClaims? token = null) => Ask(new Reserve
    {
        ReservationId = id, OrderId = orderId, Quantity = quantity, Warehouse = warehouse, Token = token ?? Snapshot(), OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k1",
    });

    public StockReply Change(string id, ReservationChange change) => Ask(new ChangeReservation { ReservationId = id, Change = change });

    /// <summary>Time passes, and no timer has come round yet.</summary>
    public void PassUnnoticed(long milliseconds) => _now += milliseconds;

    /// <summary>Time passes, and what falls due in it is decided.</summary>
    public void Pass(long milliseconds)
    {
        _now += milliseconds;
        while (Sku.Deadline <= _now) Sku.Decide(DeadlineReached.Instance, this);
    }

    public byte[] Encode(SkuActor sku)
    {
        var codec = Codec.Writer();
        sku.Layout(codec);
        return codec.Written.ToArray();
    }

    /// <summary>A state made of nothing but the bytes of the events.</summary>
    public SkuActor Replay()
    {
        var sku = new SkuActor(Sku.Id);
        foreach (var (bytes, tag, stamp) in _events)
        {
            var happened = EngineDomain.Instance.NewEvent(tag);
            happened.Layout(Codec.Reader(bytes));
            sku.Evolve(happened, stamp);
        }
        return sku;
    }

    public SkuActor FromSnapshot(byte[] state)
    {
        var sku = new SkuActor(Sku.Id);
        sku.Layout(Codec.Reader(state));
        return sku;
    }
}
