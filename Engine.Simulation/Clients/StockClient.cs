using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using static Engine.Simulation.BrokenInvariantException;

namespace Engine.Simulation.Clients;

/// <summary>Brings goods in, counts, loses and corrects them, sets SKUs up and pauses warehouses.</summary>
sealed class StockClient(SimulationRun run) : IClient
{
    readonly List<Adjustment> _adjustments = [];
    readonly World _world = run.World;
    readonly Random _random = run.Random;

    public void Act()
    {
        var pick = _random.Next(100);
        if (pick < 60) Adjust();
        else if (pick < 75) Again();
        else if (pick < 88) Configure(_world.Sku());
        else if (pick < 90) SetUpBundle();
        else Pause();
    }

    /// <summary>What must be there before anybody can buy.</summary>
    public void Open()
    {
        foreach (var warehouse in _world.Warehouses) Ask(ActorId.Warehouse(warehouse), new ConfigureWarehouse { Settings = _world.Settings(warehouse, WarehouseState.Open) });
        SetUpBundle();
        foreach (var sku in _world.Skus) Send(new Adjustment(sku, Line(_world.Warehouse(), StockReason.Receiving, _random.Next(1, 8))));
    }

    void Adjust()
    {
        var (reason, delta) = _random.Next(8) switch
        {
            0 => (StockReason.Damage, -_random.Next(1, 5)),
            1 => (StockReason.Correction, _random.Next(-3, 4)),
            2 => (StockReason.TransferOut, -_random.Next(1, 3)),
            3 => (StockReason.TransferIn, _random.Next(1, 3)),
            4 => (StockReason.Return, 1),
            _ => (StockReason.Receiving, _random.Next(1, 4)),
        };
        Send(new Adjustment(_world.Sku(), _random.Next(10) == 0 ? Counted(_world.Warehouse(), _random.Next(0, 6)) : Line(_world.Warehouse(), reason, delta)));
    }

    AdjustStock Line(string warehouse, StockReason reason, int delta) =>
        new() { Reference = $"adj-{_adjustments.Count}", LineNumber = 0, Warehouse = warehouse, Delta = delta, Reason = reason };

    AdjustStock Counted(string warehouse, int set) =>
        new() { Reference = $"adj-{_adjustments.Count}", LineNumber = 0, Warehouse = warehouse, Set = set, Reason = StockReason.Stocktake };

    void Again()
    {
        if (_adjustments.Count > 0) Send(_adjustments[_random.Next(_adjustments.Count)]);
    }

    void Send(Adjustment adjustment)
    {
        if (!_adjustments.Contains(adjustment)) _adjustments.Add(adjustment);
        adjustment.Delivered.Try();
        run.Courier.Ask(ActorId.Sku(adjustment.Sku), adjustment.Wish, run.SomeOptions(), answer =>
        {
            adjustment.Delivered.Hear(answer.Kind);
            if (answer.Reply is not StockReply reply) return;
            if (reply.Outcome == StockOutcome.BelowPromised)
            {
                Require(adjustment.Wish.Reason is StockReason.Correction or StockReason.TransferOut, "I2", $"a physical fact was refused: {adjustment.Wish.Reference}");
                return;
            }
            Require(reply.Outcome is StockOutcome.Done or StockOutcome.Repeated, "I3", $"{adjustment.Wish.Reference} was answered {reply.Outcome}");
            adjustment.Delivered.Acknowledge();
            Require(run.Stock.WasAdjusted(adjustment.Sku, adjustment.Wish.Reference), "I6", $"{adjustment.Wish.Reference} of {adjustment.Sku} was acknowledged before it was durable");
            adjustment.First ??= (reply.OnHand, reply.Shortage);
            Require(adjustment.First == (reply.OnHand, reply.Shortage), "I3", $"{adjustment.Wish.Reference} was answered {adjustment.First} and then {(reply.OnHand, reply.Shortage)}");
        });
    }

    void Configure(string sku) => Ask(ActorId.Sku(sku), new ConfigureSku
    {
        SafetyStock = _random.Next(3) == 0 ? _random.Next(3) : null,
        Strict = _random.Next(4) == 0 ? _random.Next(2) == 0 : null,
        Aliases = _random.Next(2) == 0 ? [.. World.Codes.Where(_ => _random.Next(2) == 0).Select(code => new AliasKey("standard", "shop", code))] : null,
    });

    void SetUpBundle() => Ask(ActorId.Sku(World.Bundle), new ConfigureSku { Bundle = _world.Parts() });

    void Pause()
    {
        var warehouse = _world.Warehouse();
        Ask(ActorId.Warehouse(warehouse), new ConfigureWarehouse { Settings = _world.Settings(warehouse, _random.Next(3) == 0 ? WarehouseState.Paused : WarehouseState.Open) });
    }

    void Ask(ActorId id, Command command) => run.Courier.Ask(id, command, run.SomeOptions(), static _ => { });

    public void Check()
    {
        Require(run.Stock.Adjustments <= _adjustments.Count, "I1", $"{run.Stock.Adjustments} adjustments are in the journal, {_adjustments.Count} were asked for");
        foreach (var adjustment in _adjustments)
        {
            var happened = run.Stock.WasAdjusted(adjustment.Sku, adjustment.Wish.Reference);
            Require(happened || !adjustment.Delivered.Acknowledged, "I1", $"{adjustment.Wish.Reference} of {adjustment.Sku} was acknowledged and is not in the journal");
            Require(!happened || !adjustment.Delivered.Impossible, "I1", $"{adjustment.Wish.Reference} of {adjustment.Sku} was refused and is in the journal");
        }
    }

    sealed class Adjustment(string sku, AdjustStock wish)
    {
        public string Sku { get; } = sku;
        public AdjustStock Wish { get; } = wish;
        public Delivered Delivered { get; } = new();
        public (long OnHand, long Shortage)? First { get; set; }
    }
}
