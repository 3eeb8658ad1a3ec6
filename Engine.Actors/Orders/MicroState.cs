namespace Engine.Actors.Orders;

/// <summary>The fine-grained states of an order (FEATURES B2). Written in frames: never renumber.</summary>
public enum MicroState : byte
{
    Received = 0,
    Held = 1,
    Reserving = 2,
    Backordered = 3,
    AwaitingPayment = 4,
    Paying = 5,
    Paid = 6,
    /// <summary>已分仓</summary>
    Allocated = 7,
    /// <summary>已分配波次</summary>
    WaveAssigned = 8,
    Picking = 9,
    /// <summary>正在贴单</summary>
    Labelling = 10,
    Packed = 11,
    /// <summary>等待装车</summary>
    AwaitingLoading = 12,
    /// <summary>已出库</summary>
    Shipped = 13,
    InTransit = 14,
    /// <summary>派件中</summary>
    OutForDelivery = 15,
    Delivered = 16,
    Completed = 17,
    /// <summary>拦截中</summary>
    Intercepting = 18,
    Intercepted = 19,
    CustomerRejected = 20,
    ReturnRequested = 21,
    Returning = 22,
    Inspected = 23,
    Refunding = 24,
    Refunded = 25,
    Cancelled = 26,
    Expired = 27,
}

/// <summary>What a micro-state rolls up to.</summary>
public enum StandardStatus : byte
{
    /// <summary>待付款</summary>
    PendingPayment = 0,
    /// <summary>已付款</summary>
    Paid = 1,
    /// <summary>配货中</summary>
    Preparing = 2,
    /// <summary>已出库</summary>
    Shipped = 3,
    /// <summary>运输中</summary>
    InTransit = 4,
    /// <summary>已签收</summary>
    Delivered = 5,
    /// <summary>已退款</summary>
    Refunded = 6,
    /// <summary>已关闭</summary>
    Closed = 7,
}

public static class MicroStates
{
    static readonly string[] Names =
    [
        "received", "held", "reserving", "backordered", "awaiting_payment", "paying", "paid", "allocated", "wave_assigned", "picking", "labelling",
        "packed", "awaiting_loading", "shipped", "in_transit", "out_for_delivery", "delivered", "completed", "intercepting", "intercepted",
        "customer_rejected", "return_requested", "returning", "inspected", "refunding", "refunded", "cancelled", "expired",
    ];

    static readonly string[] StatusNames = ["pending_payment", "paid", "preparing", "shipped", "in_transit", "delivered", "refunded", "closed"];

    /// <summary>The word of API.md.</summary>
    public static string Name(this MicroState state) => Names[(int)state];

    public static string Name(this StandardStatus status) => StatusNames[(int)status];

    public static MicroState? Parse(string name)
    {
        var index = Array.IndexOf(Names, name);
        return index < 0 ? null : (MicroState)index;
    }

    public static StandardStatus? ParseStatus(string name)
    {
        var index = Array.IndexOf(StatusNames, name);
        return index < 0 ? null : (StandardStatus)index;
    }

    /// <summary>The standard status; backordered and held count as paid once they are.</summary>
    public static StandardStatus Status(this MicroState state, bool paid) => state switch
    {
        MicroState.Received or MicroState.Held or MicroState.Reserving or MicroState.Backordered => paid ? StandardStatus.Paid : StandardStatus.PendingPayment,
        MicroState.AwaitingPayment or MicroState.Paying => StandardStatus.PendingPayment,
        MicroState.Paid => StandardStatus.Paid,
        >= MicroState.Allocated and <= MicroState.AwaitingLoading => StandardStatus.Preparing,
        MicroState.Shipped => StandardStatus.Shipped,
        MicroState.InTransit or MicroState.OutForDelivery or MicroState.Intercepting or MicroState.Intercepted or MicroState.CustomerRejected => StandardStatus.InTransit,
        MicroState.Delivered or MicroState.Completed or MicroState.ReturnRequested or MicroState.Returning or MicroState.Inspected => StandardStatus.Delivered,
        MicroState.Refunding or MicroState.Refunded => StandardStatus.Refunded,
        _ => StandardStatus.Closed,
    };

    /// <summary>Nothing is expected to happen any more.</summary>
    public static bool IsClosed(this MicroState state) =>
        state is MicroState.Completed or MicroState.Refunded or MicroState.Cancelled or MicroState.Expired;
}
