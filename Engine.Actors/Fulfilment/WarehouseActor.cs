using Engine.Actors.Deciders;

namespace Engine.Actors.Fulfilment;

public enum WarehouseState : byte
{
    Open = 0,
    Paused = 1,
}

/// <summary>What is set for one warehouse.</summary>
public sealed class WarehouseSettings : IEncoded
{
    public string Code = "";
    public string Name = "";
    public bool HasLocation;
    /// <summary>Ten-millionths of a degree, WGS 84.</summary>
    public long Latitude;
    public long Longitude;
    public bool ColdChain;
    /// <summary>Orders per day; 0 for no limit.</summary>
    public int CapacityPerDay;
    public WarehouseState State;

    public void Layout(Codec codec)
    {
        codec.Text(ref Code);
        codec.Text(ref Name);
        codec.Bool(ref HasLocation);
        codec.Long(ref Latitude);
        codec.Long(ref Longitude);
        codec.Bool(ref ColdChain);
        codec.Int(ref CapacityPerDay);
        codec.Enum(ref State);
    }

    public bool SameAs(WarehouseSettings o) =>
        (Code, Name, HasLocation, Latitude, Longitude, ColdChain, CapacityPerDay, State)
        == (o.Code, o.Name, o.HasLocation, o.Latitude, o.Longitude, o.ColdChain, o.CapacityPerDay, o.State);
}

/// <summary>Creates or changes a warehouse. The answer is a <see cref="WarehouseReply"/>.</summary>
public sealed class ConfigureWarehouse : Command
{
    public required WarehouseSettings Settings { get; init; }
    /// <summary>Leaves a warehouse that exists as it is (for stock that names a new one).</summary>
    public bool OnlyIfMissing { get; init; }
    /// <summary>The settings that these were made from, empty for a new warehouse: done only while it is still so. Null where that does not matter.</summary>
    public WarehouseSettings? Over { get; init; }
}

/// <param name="HasMoved">Nothing was changed: it was not as <see cref="ConfigureWarehouse.Over"/> says any more.</param>
public sealed record WarehouseReply(bool Created, WarehouseSettings Settings, bool HasMoved = false);

public sealed class WarehouseConfigured : Event
{
    public WarehouseSettings Settings = new();
    /// <summary>How many directories are told.</summary>
    public int Directories;

    public override byte Tag => 30;
    public override void Layout(Codec codec)
    {
        codec.Record(Settings);
        codec.Int(ref Directories);
    }
}

/// <summary>A directory has taken in a change.</summary>
public sealed class WarehouseListed : Event
{
    public override byte Tag => 31;
    public override void Layout(Codec codec) { }
}

/// <summary>A warehouse tells a partition's directory how it is now.</summary>
public sealed class ListWarehouse : Message
{
    public WarehouseSettings Settings = new();

    public override byte Tag => 20;
    public override void Layout(Codec codec) => codec.Record(Settings);
}

/// <summary>The directory's answer.</summary>
public sealed class WarehouseIsListed : Message
{
    public override byte Tag => 21;
    public override void Layout(Codec codec) { }
}

/// <summary>One warehouse: its settings, spread to the directory of every partition; settled once all have them.</summary>
public sealed class WarehouseActor : Actor
{
    WarehouseSettings _settings = new();
    bool _known;
    int _awaited;

    public WarehouseActor(ActorId id) : base(id) { }

    public override bool IsSettled => _awaited == 0;

    public override object? View(long now) => _known ? _settings : null;

    public override void Decide(Command command, Turn turn)
    {
        switch (command)
        {
            case ConfigureWarehouse wish:
                if (wish.Over is { } over && !over.SameAs(_settings))
                {
                    turn.Reply(new WarehouseReply(false, _settings, HasMoved: true));
                    break;
                }
                var created = !_known;
                if (created || (!wish.OnlyIfMissing && !wish.Settings.SameAs(_settings)))
                {
                    turn.Emit(new WarehouseConfigured { Settings = wish.Settings, Directories = turn.Partitions });
                    for (var partition = 0; partition < turn.Partitions; partition++)
                        turn.Send(ActorId.Directory(partition), new ListWarehouse { Settings = wish.Settings });
                }
                turn.Reply(new WarehouseReply(created, _settings));
                break;
            case WarehouseIsListed: turn.Emit(new WarehouseListed()); break;
            default: throw new InvariantBrokenException($"{Id} does not understand {command.GetType().Name}");
        }
    }

    public override void Evolve(Event happened, in Stamp stamp)
    {
        switch (happened)
        {
            case WarehouseConfigured e:
                (_settings, _known) = (e.Settings, true);
                _awaited += e.Directories;
                break;
            case WarehouseListed: _awaited--; break;
            default: throw new InvariantBrokenException($"{Id} does not know {happened.GetType().Name}");
        }
    }

    public override void Layout(Codec codec)
    {
        codec.Bool(ref _known);
        codec.Record(_settings);
        codec.Int(ref _awaited);
    }
}
