using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;

namespace Engine.Adapters.Views;

/// <summary>One actor as the projector follows it, and what of it is not written yet.</summary>
abstract class Tracked(long number, Actor actor)
{
    /// <summary>See <see cref="ViewSql"/>.</summary>
    public long Number { get; } = number;
    public Actor Actor { get; } = actor;
    /// <summary>Its events of the frame that is being read; null outside of one.</summary>
    public Codec? Events { get; set; }
    public bool IsDirty { get; set; }
    /// <summary>Bytes of its events behind its newest state, and the bytes of that.</summary>
    public long BytesBehindState { get; set; }
    public long StateBytes { get; set; }

    /// <summary>
    /// Little more than a state is read to come to any point. States cost little: most SKUs and all orders have few events, and
    /// of a busy one an eighth of its state is soon reached only while that is small.
    /// </summary>
    public bool IsStateDue(int bytesBetweenStates) => BytesBehindState > Math.Max(bytesBetweenStates, StateBytes / 8);

    public static long SequenceOf(Actor actor) => actor is SkuActor sku ? sku.Version : ((OrderActor)actor).History.Count;
}

sealed class TrackedOrder(long number, OrderActor order) : Tracked(number, order)
{
    public OrderActor Order => (OrderActor)Actor;
    /// <summary>Items of its history that are in the table.</summary>
    public int HistoryWritten { get; set; } = order.History.Count;
    /// <summary>What changes of lines, as it was written last.</summary>
    public List<(string Sku, int Quantity, string Warehouse, int Attempt, LineStock Stock)> LinesWritten { get; } = [];
    /// <summary>It was received, or first heard of, since it was last written: all columns are new.</summary>
    public bool IsNew { get; set; }
    public bool IsForgotten { get; set; }
}

/// <summary>Units that came and went, ever; with what is on hand they must agree.</summary>
sealed class Flow
{
    public long Received, Shipped, WrittenOff;

    /// <summary>received − on hand − shipped − written off: 0 where nothing was lost or made up.</summary>
    public long Difference(long onHand) => Received - onHand - Shipped - WrittenOff;

    public long CountedDifference;
    /// <summary>The figures of the row, as they were written last.</summary>
    public (long, long, long, long, long, long, long, long) Written;
}

sealed class TrackedSku(long number, SkuActor sku) : Tracked(number, sku)
{
    public SkuActor Sku => (SkuActor)Actor;
    public Dictionary<string, Flow> Flows { get; } = new(StringComparer.Ordinal);
    /// <summary>By id, as they were after their last event.</summary>
    public Dictionary<string, Reservation> Changed { get; } = new(StringComparer.Ordinal);
    /// <summary>The event before in the same frame.</summary>
    public Event? Previous { get; set; }
    public bool HasSuggestionRow { get; set; } = sku.ShortfallSuggested > 0;

    public Flow FlowOf(string warehouse)
    {
        if (!Flows.TryGetValue(warehouse, out var flow)) Flows.Add(warehouse, flow = new Flow());
        return flow;
    }
}
