using static Engine.Actors.Orders.MicroState;
using static Engine.Actors.Orders.StepRole;

namespace Engine.Actors.Orders;

/// <summary>Who takes a step.</summary>
[Flags]
public enum StepRole : byte
{
    None = 0,
    Platform = 1,
    CustomerService = 2,
    Warehouse = 4,
    Device = 8,
    System = 16,
    Anyone = Platform | CustomerService | Warehouse | Device | System,
}

/// <summary>One allowed step.</summary>
public sealed record Transition(MicroState From, MicroState To, StepRole Who, bool NeedsCarrier = false);

/// <summary>
/// The transition table (FEATURES B2, B4). States up to <see cref="Paid"/> follow from stock and payments and are no steps;
/// the rows below are what people, devices and platforms report.
/// </summary>
public static class Transitions
{
    const StepRole Floor = Warehouse | Device | StepRole.System;
    const StepRole Road = Platform | Warehouse | StepRole.System;
    const StepRole Desk = Platform | CustomerService | StepRole.System;

    public static readonly IReadOnlyList<Transition> All =
    [
        new(Paid, Allocated, StepRole.System | Warehouse),
        // Small warehouses pick without waves and ship without a loading dock.
        new(Paid, WaveAssigned, Floor), new(Paid, Picking, Floor),
        new(Allocated, WaveAssigned, Floor), new(Allocated, Picking, Floor),
        new(WaveAssigned, Picking, Floor),
        new(Picking, Labelling, Floor), new(Picking, Packed, Floor),
        new(Labelling, Packed, Floor),
        new(Packed, AwaitingLoading, Floor), new(Packed, Shipped, Floor, NeedsCarrier: true),
        new(AwaitingLoading, Shipped, Floor, NeedsCarrier: true),
        // A platform only hears that the goods have left, or, where that message was lost or is still to come, only how far they got.
        .. from before in (MicroState[])[Paid, Allocated, WaveAssigned, Picking, Labelling, Packed, AwaitingLoading]
           from after in (MicroState[])[Shipped, InTransit, OutForDelivery, Delivered, Completed]
           select new Transition(before, after, Platform),
        new(Shipped, InTransit, Road), new(Shipped, OutForDelivery, Road), new(Shipped, Delivered, Road), new(Shipped, Completed, Platform),
        new(InTransit, OutForDelivery, Road), new(InTransit, Delivered, Road), new(InTransit, Completed, Platform),
        new(OutForDelivery, Delivered, Road), new(OutForDelivery, Completed, Platform),
        new(OutForDelivery, CustomerRejected, Road), new(InTransit, CustomerRejected, Road),
        new(Shipped, Intercepting, Desk), new(InTransit, Intercepting, Desk), new(OutForDelivery, Intercepting, Desk),
        new(Intercepting, Intercepted, Road | CustomerService), new(Intercepting, OutForDelivery, Road), new(Intercepting, Delivered, Road),
        new(Delivered, Completed, Platform | CustomerService | StepRole.System),
        new(Delivered, ReturnRequested, Desk), new(Completed, ReturnRequested, Desk),
        new(ReturnRequested, Returning, Desk | Warehouse), new(ReturnRequested, Completed, Desk),
        new(Returning, Inspected, Floor), new(Intercepted, Inspected, Floor), new(CustomerRejected, Inspected, Floor),
        new(Intercepted, Refunding, Desk), new(CustomerRejected, Refunding, Desk), new(Inspected, Refunding, Desk), new(ReturnRequested, Refunding, Desk),
        new(Inspected, Completed, Desk), new(Refunding, Refunded, Desk),
    ];

    static readonly ILookup<MicroState, Transition> ByFrom = All.ToLookup(t => t.From);

    public static Transition? Find(MicroState from, MicroState to) => ByFrom[from].FirstOrDefault(t => t.To == to);

    public static Transition? Find(MicroState from, MicroState to, StepRole who) => ByFrom[from].FirstOrDefault(t => t.To == to && (t.Who & who) != None);

    /// <summary>The steps that people and devices may take from here; what only a platform reports is not theirs to do.</summary>
    public static IEnumerable<MicroState> NextSteps(MicroState from) => ByFrom[from].Where(t => t.Who != Platform).Select(t => t.To).Distinct();

    /// <summary>Whether it can still be cancelled: until the goods have left, and once more after the lock lapsed, so that a late payment is refunded.</summary>
    public static bool CanCancel(MicroState state) => state <= AwaitingLoading || state == Expired;

    /// <summary>
    /// Whether a report of <paramref name="step"/> is about something that lies behind: it is recorded without moving back.
    /// The way there was on the main road from paid to completed, which a later state has passed.
    /// </summary>
    public static bool LiesBehind(MicroState state, MicroState step) =>
        step is >= Paid and <= Completed && (step <= state && state <= Completed || state is > Completed and <= Refunded && step <= Shipped);
}
