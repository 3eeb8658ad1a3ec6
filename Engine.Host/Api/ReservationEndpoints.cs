using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Adapters.Canonical;
using Engine.Host.Metrics;
using Engine.Host.Security;
using Engine.Host.Settings;

namespace Engine.Host.Api;

/// <summary>Reservations by callers: made under a snapshot token, moved on under the ticket.</summary>
sealed class ReservationEndpoints(IEngine engine, TokenDesk tokens, CartDesk carts, EngineSettings settings, EngineMetrics metrics, OrderLineReservations ofOrders)
{
    const string Path = "/v1/skus/{sku}/reservations";
    const Role Makers = Role.Admin | Role.Service;

    public static readonly (string Word, ReservationChange Change)[] Changes =
        [("paying", ReservationChange.Paying), ("commit", ReservationChange.Commit), ("release", ReservationChange.Release), ("ship", ReservationChange.Ship)];

    public static void Map(Routes routes)
    {
        routes.Post<ReservationEndpoints>(Path, Makers, (e, http) => e.Post(http))
            .About("Stock", "Reserves stock under a snapshot token; the answer's token is the ticket").Takes<ReservationBody>().Answers<ReservationJson>(200, 201)
            .Refuses(Code.InvalidToken, Code.UnknownSku, Code.IdempotencyConflict, Code.TokenUsed, Code.TokenExpired, Code.StaleToken, Code.InsufficientStock);
        foreach (var (word, change) in Changes)
        {
            routes.Post<ReservationEndpoints>($"{Path}/{{reservationId}}/{word}", Makers, (e, http) => e.Change(http, change))
                .About("Stock", $"Moves a reservation on: {word}").Takes<TicketBody>().Answers<ReservationJson>()
                .Refuses(Code.InvalidToken, Code.UnknownReservation, Code.ReservationClosed, Code.TransitionNotAllowed);
        }
        routes.Get<ReservationEndpoints>($"{Path}/{{reservationId}}", Role.Anyone, (e, http) => e.Get(http))
            .About("Stock", "One reservation, also after its end").Answers<ReservationJson>().Refuses(Code.UnknownReservation);
        routes.Get<ReservationEndpoints>(Path, Role.Anyone, (e, http) => e.List(http))
            .About("Stock", "The live reservations of a SKU").Query("warehouse", "Only of this warehouse.").Query("state", "reserved or committed.")
            .Paged().Answers<ListJson<ReservationJson>>().Refuses(Code.UnknownSku);
    }

    async Task<IResult> Post(HttpContext http)
    {
        var sku = http.Segment("sku");
        var body = await http.ReadAsync(ReservationBody.Read);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        var wish = body.Value;
        if (!tokens.TryRead(wish.Token, sku, wish.OrderId, out var claims)) return InvalidToken();

        var answer = await engine.AskAsync(ActorId.Sku(sku), new Reserve
        {
            ReservationId = wish.ReservationId,
            OrderId = wish.OrderId,
            Quantity = wish.Quantity,
            Warehouse = wish.Warehouse,
            Token = claims,
            OrderTier = (long)settings.Locks.Order!.Value.TotalMilliseconds,
            PayingTier = (long)settings.Locks.Paying!.Value.TotalMilliseconds,
            KeyId = tokens.CurrentKeyId,
        }, new AskOptions(Tenant: http.Caller().Name));
        if (answer.Reply is not StockReply reply) return Answers.Failure(answer.Kind);
        if (reply.Outcome == StockOutcome.Led && reply.Leader == ActorId.Cart(wish.ReservationId, sku)) return await PostBundle(http, sku, wish, claims);
        return reply.Outcome switch
        {
            StockOutcome.Done => Answers.Created(http, Location(sku, wish.ReservationId), Show(reply.Reservation!), ApiJson.Default.ReservationJson),
            StockOutcome.Repeated when reply.Reservation!.Owner == ReservationOwner.Caller => Answers.Ok(Show(reply.Reservation), ApiJson.Default.ReservationJson),
            _ => Refuse(reply, claims),
        };
    }

    /// <summary>A bundle is reserved by a cart of one line, and answered as any other SKU.</summary>
    async Task<IResult> PostBundle(HttpContext http, string sku, ReservationBody wish, SnapshotClaims claims)
    {
        var cart = ActorId.Cart(wish.ReservationId, sku);
        var (reserved, isNew, refusal) = await carts.ReserveAsync(
            cart, wish.ReservationId, wish.OrderId, [CartEndpoints.Wish(sku, wish.Quantity, claims)], wish.Warehouse ?? "", http.Caller().Name, carts.RefuseOneAsync);
        if (refusal is not null) return refusal;
        var shown = carts.Of(CartDesk.First(reserved!), cart, sku)!;
        return isNew ? Answers.Created(http, Location(sku, wish.ReservationId), shown, ApiJson.Default.ReservationJson) : Answers.Ok(shown, ApiJson.Default.ReservationJson);
    }

    static string Location(string sku, string id) => $"/v1/skus/{Uri.EscapeDataString(sku)}/reservations/{Uri.EscapeDataString(id)}";

    IResult Refuse(StockReply reply, SnapshotClaims claims)
    {
        var problem = reply.Outcome switch
        {
            StockOutcome.UnknownSku => Problems.New(Code.UnknownSku, "The SKU is not known."),
            StockOutcome.TokenUsed => Problems.New(Code.TokenUsed, "Each token makes one reservation. Take a new snapshot."),
            StockOutcome.TokenExpired => Problems.New(Code.TokenExpired, "The token is too old. A new snapshot comes with this answer.") with { Snapshot = Fresh() },
            StockOutcome.StaleToken => Problems.New(Code.StaleToken, "The stock of this strict SKU has changed since the snapshot. A new one comes with this answer.") with { Snapshot = Fresh() },
            StockOutcome.InsufficientStock => Problems.New(Code.InsufficientStock, $"At most {reply.WouldFit} would fit now.") with
            {
                Snapshot = Fresh(), WouldFit = reply.WouldFit, Replenishment = ReplenishmentJson.Of(reply.Replenishment!),
            },
            _ => Problems.New(Code.IdempotencyConflict, "The reservation id is known with another order or quantity."),
        };
        metrics.ReservationRefused(problem.Code);
        return Problems.Of(problem);

        SnapshotJson Fresh() => tokens.Snapshot(reply.Stock, claims.OrderId);
    }

    IResult InvalidToken()
    {
        metrics.ReservationRefused(Code.InvalidToken.Name);
        return Problems.Of(Code.InvalidToken, "The token is missing, or was not made for this.");
    }

    async Task<IResult> Change(HttpContext http, ReservationChange change)
    {
        var (sku, id) = (http.Segment("sku"), http.Segment("reservationId"));
        var body = await http.ReadAsync(TicketBody.Read);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        if (!tokens.IsTicket(body.Value.Token, sku, id)) return InvalidToken();

        var answer = await engine.AskAsync(ActorId.Sku(sku), new ChangeReservation { ReservationId = id, Change = change }, new AskOptions(Lane.Urgent, http.Caller().Name));
        if (answer.Reply is not StockReply reply) return Answers.Failure(answer.Kind);
        switch (reply.Outcome)
        {
            case StockOutcome.Led: return await ChangeLed(http, reply.Leader, sku, change);
            case StockOutcome.Done or StockOutcome.Repeated: return Answers.Ok(Show(reply.Reservation!), ApiJson.Default.ReservationJson);
            case StockOutcome.ReservationClosed: return Refuse(reply.Reservation!.State == ReservationState.Reserved, ReservationJson.Name(reply.Reservation.State), metrics);
            default: return Unknown();
        }
    }

    /// <param name="isLive">It can still be moved on, but not so: nothing ships that is not committed.</param>
    public static IResult Refuse(bool isLive, string state, EngineMetrics metrics)
    {
        var code = isLive ? Code.TransitionNotAllowed : Code.ReservationClosed;
        metrics.ReservationRefused(code.Name);
        return Problems.Of(Problems.New(code, $"The reservation is {state}.") with { State = state });
    }

    /// <summary>What a cart holds moves as one, whichever of its tickets the caller shows.</summary>
    async Task<IResult> ChangeLed(HttpContext http, ActorId cart, string sku, ReservationChange change)
    {
        var (moved, refusal) = await carts.ChangeAsync(cart, change, http.Caller().Name);
        return refusal ?? (carts.Of(moved!, cart, sku) is { } shown ? Answers.Ok(shown, ApiJson.Default.ReservationJson) : Unknown());
    }

    ReservationJson Show(ReservationView reservation) => ReservationJson.Of(reservation) with { Token = tokens.Ticket(reservation) };

    public static IResult Unknown() => Problems.Of(Code.UnknownReservation, "This SKU has no such reservation.");

    async Task<IResult> Get(HttpContext http)
    {
        var (sku, id) = (http.Segment("sku"), http.Segment("reservationId"));
        if (!OrderRules.IsSku(sku) || !Names.IsReservation(id)) return NotSeen(http.Caller());
        var answer = await engine.ReadAsync<SkuActor>(ActorId.Sku(sku), (actor, _) => actor.Reservation(id) is { } found ? ReservationView.Of(sku, found) : actor.Claim(id)?.Leader);
        if (answer.Kind != AnswerKind.Reply) return Answers.Failure(answer.Kind);
        var (shown, failure) = answer.Reply switch
        {
            ReservationView live => (ReservationJson.Of(live), null),
            ActorId cart => await OfCartAsync(cart, sku),
            _ => await ofOrders.FindAsync(sku, id),
        };
        if (failure is not null) return failure;
        return shown is null || !MaySee(http.Caller(), shown) ? NotSeen(http.Caller()) : Answers.Ok(shown, ApiJson.Default.ReservationJson);
    }

    async Task<(ReservationJson?, IResult?)> OfCartAsync(ActorId id, string sku)
    {
        var (cart, failure) = await carts.ReadAsync(id);
        return (cart is null ? null : carts.Of(cart, id, sku, withTicket: false), failure);
    }

    static bool MaySee(Caller caller, ReservationJson shown) =>
        shown.Components is { } parts ? parts.All(p => caller.MaySee(p.Warehouse)) : caller.MaySee(shown.Warehouse!);

    /// <summary>A key that is bound to warehouses must not learn what there is in others.</summary>
    static IResult NotSeen(Caller caller) =>
        caller.Warehouses is null ? Unknown() : Problems.Of(Code.Forbidden, "The key's warehouses have no such reservation.");

    async Task<IResult> List(HttpContext http)
    {
        var faults = new Faults();
        var listing = Listing.Read(http, faults);
        var (sku, warehouse, state, caller) = (http.Segment("sku"), http.Query("warehouse"), http.Query("state"), http.Caller());
        if (state is not (null or "reserved" or "committed")) faults.Add("state", "unknown_value", "reserved or committed is wanted.");
        if (faults.Any) return Problems.Invalid(faults.Found);
        if (!OrderRules.IsSku(sku)) return SkuEndpoints.Unknown();

        var wanted = state switch { "reserved" => ReservationState.Reserved, "committed" => ReservationState.Committed, _ => (ReservationState?)null };
        var answer = await engine.ReadAsync<SkuActor>(ActorId.Sku(sku), (actor, _) => !actor.Known ? null : ReservationPage.Write(
            actor, listing, r => (wanted ?? r.State) == r.State && (warehouse ?? r.Warehouse) == r.Warehouse && caller.MaySee(r.Warehouse)));
        if (answer.Kind != AnswerKind.Reply) return Answers.Failure(answer.Kind);
        return answer.Reply is byte[] page ? Answers.Written(page) : SkuEndpoints.Unknown();
    }
}
