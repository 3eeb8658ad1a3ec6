using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;

namespace Engine.Actors;

/// <summary>All actors, events and messages there are, by the numbers they have in frames.</summary>
public sealed class EngineDomain : IDomain
{
    public static readonly EngineDomain Instance = new();

    public Actor NewActor(ActorId id) => id.Kind switch
    {
        ActorKind.Sku => new SkuActor(id),
        ActorKind.Order => new OrderActor(id),
        ActorKind.Warehouse => new WarehouseActor(id),
        ActorKind.Directory => new DirectoryActor(id),
        ActorKind.Alias => new AliasActor(id),
        ActorKind.Quarantine => new QuarantineActor(id),
        ActorKind.Reference => new ReferenceActor(id),
        ActorKind.Cart => new CartActor(id),
        _ => throw new InvalidDataException($"actor kind {id.Kind} is not known to this build"),
    };

    public Event NewEvent(byte tag) => tag switch
    {
        1 => new SkuConfigured(),
        2 => new StockAdjusted(),
        3 => new StockReserved(),
        4 => new LockExtended(),
        5 => new LockQuestioned(),
        6 => new ReservationCommitted(),
        7 => new ReservationReleased(),
        8 => new ReservationShipped(),
        9 => new BackorderQueued(),
        10 => new BackorderEnded(),
        11 => new ReplenishmentSuggested(),
        12 => new ReplenishmentClosed(),
        13 => new OrderAwaitsSku(),
        14 => new BackorderReady(),
        15 => new BundleClaimed(),
        16 => new BundleClaimEnded(),
        20 => new AliasMapped(),
        21 => new AliasAwaited(),
        30 => new WarehouseConfigured(),
        31 => new WarehouseListed(),
        32 => new DirectoryChanged(),
        40 => new OrderReceived(),
        41 => new PaymentRecorded(),
        42 => new ReservingStarted(),
        43 => new LinesAsked(),
        44 => new LineAnswered(),
        45 => new LinesTold(),
        46 => new OrderLocked(),
        47 => new OrderBackordered(),
        48 => new OrderExpired(),
        49 => new OrderReopened(),
        50 => new OrderCancelled(),
        51 => new LinesCancelled(),
        52 => new FactKept(),
        53 => new OrderHeld(),
        54 => new OrderUnheld(),
        55 => new LineResolved(),
        56 => new StepTaken(),
        57 => new RefundRecorded(),
        58 => new PersonForgotten(),
        59 => new OrderFlagged(),
        60 => new CallRemembered(),
        61 => new RetryPlanned(),
        62 => new BuyerReminded(),
        63 => new LineExpanded(),
        70 => new MessageQuarantined(),
        71 => new QuarantineReplayed(),
        75 => new ReferenceClaimed(),
        76 => new ReferenceFreed(),
        77 => new ReferenceAnswered(),
        80 => new CartRequested(),
        81 => new CartRoundStarted(),
        82 => new CartLinesAsked(),
        83 => new CartLineAnswered(),
        84 => new CartLineExpanded(),
        85 => new CartLinesTold(),
        86 => new CartRetryPlanned(),
        87 => new CartReserved(),
        88 => new CartRefused(),
        89 => new CartPaying(),
        90 => new CartCommitted(),
        91 => new CartEnded(),
        _ => throw new InvalidDataException($"event type {tag} is not known to this build: the journal was written by a newer one"),
    };

    public Message NewMessage(byte tag) => tag switch
    {
        1 => new ReserveLine(),
        2 => new ChangeLine(),
        3 => new AwaitStock(),
        4 => new LineAnswer(),
        5 => new LockDue(),
        6 => new ResolveAlias(),
        7 => new SkuResolved(),
        8 => new MapAlias(),
        20 => new ListWarehouse(),
        21 => new WarehouseIsListed(),
        _ => throw new InvalidDataException($"message type {tag} is not known to this build: the journal was written by a newer one"),
    };
}
