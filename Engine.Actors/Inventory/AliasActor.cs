using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>Which SKU an article code of one shop means, and which orders want to know. Its key is platform:shop:code.</summary>
public sealed class AliasActor : Actor
{
    readonly List<string> _awaitingOrders = [];
    string _sku = "";

    public AliasActor(ActorId id) : base(id) { }

    public string Sku => _sku;

    public override void Decide(Command command, Turn turn)
    {
        switch (command)
        {
            case ResolveAlias asked:
                if (_sku.Length == 0 && !_awaitingOrders.Contains(turn.Sender.Key)) turn.Emit(new AliasAwaited { OrderId = turn.Sender.Key });
                turn.Send(turn.Sender, new SkuResolved { Code = asked.Code, Sku = _sku });
                break;
            case MapAlias { Remove: true } gone:
                if (_sku == gone.Sku) turn.Emit(new AliasMapped());
                break;
            case MapAlias map:
                var code = Split(Id.Key).Sku;
                foreach (var order in _awaitingOrders) turn.Send(ActorId.Order(order), new SkuResolved { Code = code, Sku = map.Sku });
                turn.Emit(new AliasMapped { Sku = map.Sku });
                break;
            default: throw new InvariantBrokenException($"{Id} does not understand {command.GetType().Name}");
        }
    }

    public override void Evolve(Event happened, in Stamp stamp)
    {
        switch (happened)
        {
            case AliasMapped e:
                _sku = e.Sku;
                if (_sku.Length > 0) _awaitingOrders.Clear();
                break;
            case AliasAwaited e: _awaitingOrders.Add(e.OrderId); break;
            default: throw new InvariantBrokenException($"{Id} does not know {happened.GetType().Name}");
        }
    }

    public override void Layout(Codec codec)
    {
        codec.Text(ref _sku);
        codec.Texts(_awaitingOrders);
    }

    internal static string Join(AliasKey alias) => $"{alias.Platform}:{alias.Shop}:{alias.Sku}";

    internal static AliasKey Split(string key)
    {
        var first = key.IndexOf(':');
        var second = key.IndexOf(':', first + 1);
        return new(key[..first], key[(first + 1)..second], key[(second + 1)..]);
    }
}

public sealed class AliasMapped : Event
{
    public string Sku = "";

    public override byte Tag => 20;
    public override void Layout(Codec codec) => codec.Text(ref Sku);
}

public sealed class AliasAwaited : Event
{
    public string OrderId = "";

    public override byte Tag => 21;
    public override void Layout(Codec codec) => codec.Text(ref OrderId);
}
