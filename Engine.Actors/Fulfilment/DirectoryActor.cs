using Engine.Actors.Deciders;

namespace Engine.Actors.Fulfilment;

/// <summary>A partition's own copy of all warehouses, so that every decision has them at hand and replays alike.</summary>
public sealed class DirectoryActor : Actor
{
    const int RankedKept = 64;

    readonly List<WarehouseSettings> _warehouses = [];
    readonly Dictionary<string, string[]> _ranked = [];

    public DirectoryActor(ActorId id) : base(id) { }

    public IReadOnlyList<WarehouseSettings> Warehouses => _warehouses;

    /// <summary>Stock in a warehouse that nobody has described counts as open.</summary>
    public bool IsOpen(string code)
    {
        foreach (var warehouse in _warehouses)
            if (warehouse.Code == code) return warehouse.State == WarehouseState.Open;
        return true;
    }

    /// <summary>Open warehouses for that place, the preferred one first; not to be changed. Most places are known by their province only, and rank alike.</summary>
    public string[] Rank(Place place)
    {
        if (place.HasLocation) return WarehouseChoice.Rank(place, _warehouses);
        if (_ranked.TryGetValue(place.Province, out var ranked)) return ranked;
        // Provinces are free text from outside.
        if (_ranked.Count == RankedKept) _ranked.Clear();
        return _ranked[place.Province] = WarehouseChoice.Rank(place, _warehouses);
    }

    public override void Decide(Command command, Turn turn)
    {
        if (command is not ListWarehouse list) throw new InvariantBrokenException($"{Id} does not understand {command.GetType().Name}");
        turn.Emit(new DirectoryChanged { Settings = list.Settings });
        turn.Send(turn.Sender, new WarehouseIsListed());
    }

    public override void Evolve(Event happened, in Stamp stamp)
    {
        if (happened is not DirectoryChanged e) throw new InvariantBrokenException($"{Id} does not know {happened.GetType().Name}");
        _ranked.Clear();
        _warehouses.RemoveAll(w => w.Code == e.Settings.Code);
        _warehouses.Add(e.Settings);
        _warehouses.Sort(static (a, b) => string.CompareOrdinal(a.Code, b.Code));
    }

    public override object View(long now) => _warehouses.ToArray();

    public override void Layout(Codec codec) => codec.List(_warehouses);
}

public sealed class DirectoryChanged : Event
{
    public WarehouseSettings Settings = new();

    public override byte Tag => 32;
    public override void Layout(Codec codec) => codec.Record(Settings);
}
