using Engine.Actors.Asking;
using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Host.Metrics;
using Engine.Host.Settings;

namespace Engine.Host.Api;

/// <summary>Asks carts, and tells callers what came of it: to the whole cart, or to one reservation of it.</summary>
sealed class CartDesk(IEngine engine, TokenDesk tokens, StockReader stock, EngineSettings settings, EngineMetrics metrics)
{
    /// <summary>What refuses first (API.md, refusals), and the code it is told with.</summary>
    static readonly (LineAnswerKind Kind, Code Code)[] Order =
    [
        (LineAnswerKind.Conflict, Code.IdempotencyConflict), (LineAnswerKind.TokenUsed, Code.TokenUsed), (LineAnswerKind.TokenExpired, Code.TokenExpired),
        (LineAnswerKind.StaleToken, Code.StaleToken), (LineAnswerKind.Refused, Code.InsufficientStock),
    ];

    /// <summary>Tickets of a whole cart are of no SKU.</summary>
    public const string NoSku = "";

    public async Task<(CartView? Reserved, bool IsNew, IResult? Refusal)> ReserveAsync(
        ActorId cart, string reservationId, string orderId, IReadOnlyList<CartWish> lines, string warehouse, string tenant, Func<CartView, Task<IResult>> refuse)
    {
        var answer = await engine.AskAsync(cart, new ReserveCart
        {
            ReservationId = reservationId,
            OrderId = orderId,
            Lines = lines,
            Warehouse = warehouse,
            OrderTier = (long)settings.Locks.Order!.Value.TotalMilliseconds,
            PayingTier = (long)settings.Locks.Paying!.Value.TotalMilliseconds,
            KeyId = tokens.CurrentKeyId,
        }, new AskOptions(Tenant: tenant, WithView: true, Settle: Answers.SettleMax));
        if (answer.Reply is not CartReply reply) return (null, false, Answers.Failure(answer.Kind));
        if (reply.Outcome == CartOutcome.IdempotencyConflict) return (null, false, Conflict());
        if (answer.View is not CartView view || view.State is CartState.Reserving or CartState.None)
            return (null, false, Problems.Of(Code.OutcomeUnknown, "It is not decided yet. Try again with the same reservation id."));
        if (view.GaveUp) return (null, false, Answers.Failure(AnswerKind.StoreUnavailable));
        if (view.State == CartState.Refused) return (null, false, await refuse(view));
        if (reply.Outcome == CartOutcome.Done) metrics.CartReserved();
        return (view, reply.Outcome == CartOutcome.Done, null);
    }

    IResult Conflict()
    {
        metrics.CartRefused(Code.IdempotencyConflict.Name);
        return Problems.Of(Code.IdempotencyConflict, "The reservation id is known with another order or other lines.");
    }

    /// <summary>Moves all that the cart holds and waits until the SKUs have followed.</summary>
    public async Task<(CartView? Moved, IResult? Refusal)> ChangeAsync(ActorId cart, ReservationChange change, string tenant)
    {
        var answer = await engine.AskAsync(cart, new ChangeCart { Change = change }, new AskOptions(Lane.Urgent, tenant, WithView: true, Settle: Answers.SettleMax));
        if (answer.Reply is not CartReply reply) return (null, Answers.Failure(answer.Kind));
        if (reply.Outcome == CartOutcome.UnknownReservation) return (null, ReservationEndpoints.Unknown());
        if (answer.View is not CartView view) return (null, Answers.Failure(AnswerKind.OutcomeUnknown));
        return reply.Outcome == CartOutcome.ReservationClosed ? (null, ReservationEndpoints.Refuse(view.State == CartState.Reserved, Name(view.State), metrics)) : (view, null);
    }

    /// <summary>Neither where there is no such cart.</summary>
    public async Task<(CartView? Cart, IResult? Failure)> ReadAsync(ActorId cart)
    {
        var answer = await engine.ReadAsync<CartActor>(cart, static (actor, now) => actor.View(now));
        return answer.Kind == AnswerKind.Reply ? (answer.Reply as CartView, null) : (null, Answers.Failure(answer.Kind));
    }

    // ── what is told ──

    public CartJson Whole(CartView cart, bool withTickets = true) => new(
        cart.ReservationId, cart.OrderId, Name(cart.State), Tier(cart), cart.ReservedAt, EndOf(cart),
        [.. cart.Lines.Select(l => new CartLineJson(l.Sku, Warehouse(l), l.Quantity, cart.ReservationId, l.Revalidated)
        {
            Token = withTickets ? tokens.Ticket(cart.KeyId, l.Sku, cart.ReservationId, cart.OrderId) : null, Components = Components(l),
        })])
    {
        Token = withTickets ? tokens.Ticket(cart.KeyId, NoSku, cart.ReservationId, cart.OrderId) : null,
    };

    /// <summary>What the cart has reserved of one SKU, as a reservation of that SKU; null where it names no such SKU.</summary>
    public ReservationJson? Of(CartView cart, ActorId id, string sku, bool withTicket = true)
    {
        if (cart.Lines.FirstOrDefault(l => l.Sku == sku) is not { } line) return null;
        return new ReservationJson(cart.ReservationId, cart.OrderId, sku, Warehouse(line), line.Held, id.Key[0] == '/' ? "cart" : "caller", Name(cart.State), Tier(cart),
            cart.ReservedAt, EndOf(cart), line.Revalidated)
        {
            Token = withTicket ? tokens.Ticket(cart.KeyId, sku, cart.ReservationId, cart.OrderId) : null,
            Components = Components(line),
        };
    }

    /// <summary>As the first answer said it, whatever came after.</summary>
    public static CartView First(CartView cart) => cart with { State = CartState.Reserved, Tier = LockTier.Order, ExpiresAt = cart.FirstExpiresAt };

    static string Name(CartState state) => state.ToString().ToLowerInvariant();

    static string Tier(CartView cart) => cart.Tier == LockTier.Order ? "order" : "paying";

    static Instant? EndOf(CartView cart) => cart.State is CartState.Committed or CartState.Shipped ? null : cart.ExpiresAt;

    static string? Warehouse(CartLineView line) => line.Warehouse.Length > 0 ? line.Warehouse : null;

    static List<ReservedPartJson>? Components(CartLineView line) =>
        line.IsBundle ? [.. line.Parts.Select(p => new ReservedPartJson(p.Sku, p.Quantity, p.Warehouse))] : null;

    // ── refusals ──

    /// <summary>Names each line that stood in the way.</summary>
    public async Task<IResult> RefuseAsync(CartView cart)
    {
        var lines = new List<CartRefusalJson>();
        foreach (var line in cart.Lines)
            if (line.Refusal is not null) lines.Add(await ExplainAsync(line, cart.OrderId));
        var code = Order.First(o => lines.Exists(l => l.Code == o.Code.Name)).Code;
        metrics.CartRefused(code.Name);
        return Problems.Of(Lines(code, $"{lines.Count} line(s) stood in the way. Nothing is held.", lines));
    }

    /// <summary>The refusal of a reservation of one SKU, which is a bundle.</summary>
    public async Task<IResult> RefuseOneAsync(CartView cart)
    {
        var refusal = await ExplainAsync(cart.Lines[0], cart.OrderId);
        var code = Order.First(o => o.Code.Name == refusal.Code).Code;
        metrics.ReservationRefused(code.Name);
        var isShort = code == Code.InsufficientStock;
        return Problems.Of(Problems.New(code, isShort ? $"At most {refusal.WouldFit} would fit now." : code.Title + ".") with
        {
            Snapshot = code == Code.TokenUsed || code == Code.IdempotencyConflict ? null : refusal.Snapshot, WouldFit = isShort ? refusal.WouldFit : null, Replenishment = refusal.Replenishment,
        });
    }

    public IResult RefuseTicket()
    {
        metrics.ReservationRefused(Code.InvalidToken.Name);
        return Problems.Of(Code.InvalidToken, "The token is missing, or was not made for this.");
    }

    public IResult RefuseTokens(IEnumerable<CartTokenLineBody> lines)
    {
        metrics.CartRefused(Code.InvalidToken.Name);
        return Problems.Of(Lines(Code.InvalidToken, "Tokens are missing, or were not made for this.", [.. lines.Select(l => new CartRefusalJson(l.Sku, l.Quantity, Code.InvalidToken.Name))]));
    }

    static CartProblem Lines(Code code, string detail, IReadOnlyList<CartRefusalJson> lines) => new(Problems.New(code, detail), lines);

    async Task<CartRefusalJson> ExplainAsync(CartLineView line, string orderId)
    {
        var refusal = line.Refusal!;
        var (_, now) = await stock.ReadAsync(line.Sku);
        var isShort = refusal.Kind == LineAnswerKind.Refused;
        // Of a bundle only the components that were asked are known to the cart.
        var available = isShort || !line.IsBundle ? refusal.Available : now?.Available;
        return new CartRefusalJson(line.Sku, line.Quantity, Order.First(o => o.Kind == refusal.Kind).Code.Name)
        {
            SnapshotAvailable = line.Token.Available,
            Available = available,
            Moved = available - line.Token.Available,
            WouldFit = isShort || !line.IsBundle ? refusal.WouldFit : null,
            Snapshot = now is null ? null : tokens.Snapshot(now, orderId),
            Replenishment = refusal.Short is { } shortage ? ReplenishmentJson.Of(shortage) : null,
        };
    }
}
