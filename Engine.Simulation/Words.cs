using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;

namespace Engine.Simulation;

/// <summary>What an event says, for the story of a failing run.</summary>
static class Words
{
    public static string Of(Event happened) => happened switch
    {
        StockAdjusted e => $"{e.Warehouse} {e.Delta} {e.Reason} shortage {e.Shortage}",
        StockReserved e => $"{e.ReservationId} {e.Quantity} in {e.Warehouse} {e.Owner}{(e.Committed ? " committed" : "")} until {e.ExpiresAt % 86_400_000}",
        ReservationReleased e => $"{e.ReservationId} {e.Quantity} {e.End} {e.Why}",
        ReservationCommitted e => e.ReservationId,
        ReservationShipped e => e.ReservationId,
        LockExtended e => $"{e.ReservationId} until {e.ExpiresAt % 86_400_000}",
        LockQuestioned e => e.ReservationId,
        BackorderQueued e => $"{e.Backorder.ReservationId} {e.Backorder.Quantity}{(e.Backorder.Paid ? " paid" : "")}",
        BackorderEnded e => $"{e.ReservationId}{(e.Served ? " served" : "")}",
        OrderReceived e => $"{string.Join(", ", e.Details.Lines.Select(l => $"{l.LineId} {l.Quantity} of {l.Code}"))} total {e.Details.Total}{(e.Details.CashOnDelivery ? " cod" : "")}",
        PaymentRecorded e => $"{e.Payment.Reference} {e.Payment.Status} {e.Payment.Amount}",
        ReservingStarted e => $"{e.Round} {string.Join(' ', e.Ranked)}",
        LinesAsked e => string.Join(' ', e.Lines),
        LineAnswered e => $"{e.Line} {e.Kind} {e.Warehouse}",
        LinesTold e => $"{e.Change} {string.Join(' ', e.Lines)}",
        OrderBackordered e => $"for {e.Line}",
        OrderExpired e => e.Why,
        OrderCancelled e => e.Reason,
        LinesCancelled e => string.Join(", ", e.Lines.Select(l => $"{l.Quantity} of {l.LineId}")),
        LineResolved e => $"{e.Line} {e.Sku}",
        LineExpanded e => $"{e.Line} {string.Join(", ", e.Parts.Select(p => $"{p.Quantity} {p.Sku}"))}",
        CartRequested e => $"{string.Join(", ", e.Lines.Select(l => $"{l.Quantity} {l.Sku}"))} until {e.ExpiresAt % 86_400_000}",
        CartLinesAsked e => string.Join(' ', e.Lines),
        CartLineAnswered e => $"{e.Line} {e.Kind} {e.Warehouse}{(e.Temporary ? " temporary" : "")}",
        CartLineExpanded e => $"{e.Line} {string.Join(", ", e.Parts.Select(p => $"{p.Quantity} {p.Sku}"))}",
        CartLinesTold e => $"{e.Change} {string.Join(' ', e.Lines)}",
        CartEnded e => $"{e.End}",
        BundleClaimed e => e.ReservationId,
        BundleClaimEnded e => $"{e.ReservationId}{(e.Withdrawn ? " withdrawn" : "")}",
        SkuConfigured e => string.Join(", ", e.Bundle.Select(p => $"{p.Quantity} {p.Sku}")),
        StepTaken e => $"{e.Step.Step}{(e.Behind ? " behind" : "")}",
        FactKept e => e.Step?.Step.ToString() ?? "cancellation",
        RefundRecorded e => $"{e.Refund.Status}",
        _ => "",
    };
}
