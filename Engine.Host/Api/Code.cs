namespace Engine.Host.Api;

/// <summary>Every way in which a call can fail: the stable code, its HTTP status, and what it means in a few words.</summary>
sealed record Code(string Name, int Status, string Title)
{
    public static readonly Code InvalidRequest = new("invalid_request", 400, "The request can't be understood");
    public static readonly Code Unauthorized = new("unauthorized", 401, "A valid key is wanted");
    public static readonly Code Forbidden = new("forbidden", 403, "The key may not do this");
    public static readonly Code InvalidToken = new("invalid_token", 403, "The token is not valid for this");
    public static readonly Code NotFound = new("not_found", 404, "There is nothing here");
    public static readonly Code UnknownSku = new("unknown_sku", 404, "The SKU is not known");
    public static readonly Code UnknownWarehouse = new("unknown_warehouse", 404, "The warehouse is not known");
    public static readonly Code UnknownReservation = new("unknown_reservation", 404, "The reservation is not known");
    public static readonly Code UnknownOrder = new("unknown_order", 404, "The order is not known");
    public static readonly Code UnknownShop = new("unknown_shop", 404, "The shop is not known");
    public static readonly Code UnknownMessage = new("unknown_message", 404, "The message is not in quarantine");
    public static readonly Code MethodNotAllowed = new("method_not_allowed", 405, "Not with this method");
    public static readonly Code TokenUsed = new("token_used", 409, "The token has been used");
    public static readonly Code StaleToken = new("stale_token", 409, "The stock has changed since the snapshot");
    public static readonly Code InsufficientStock = new("insufficient_stock", 409, "There is not enough stock");
    public static readonly Code ReservationClosed = new("reservation_closed", 409, "The reservation has ended");
    public static readonly Code BelowPromised = new("below_promised", 409, "The stock is already promised");
    public static readonly Code TransitionNotAllowed = new("transition_not_allowed", 409, "Not from this state");
    public static readonly Code OrderOpen = new("order_open", 409, "The order is still open");
    public static readonly Code TokenExpired = new("token_expired", 410, "The token has expired");
    public static readonly Code BodyTooLarge = new("body_too_large", 413, "The body is too large");
    public static readonly Code IdempotencyConflict = new("idempotency_conflict", 422, "The key was used for another call");
    public static readonly Code Overloaded = new("overloaded", 429, "Too much at once");
    public static readonly Code InternalError = new("internal_error", 500, "An error of the engine");
    public static readonly Code StoreUnavailable = new("store_unavailable", 503, "The store can't be used");
    public static readonly Code OutcomeUnknown = new("outcome_unknown", 503, "Whether it has happened is not known");
    public static readonly Code PartitionStopped = new("partition_stopped", 503, "A part of the engine has stopped");
}
