using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Adapters.Canonical;
using Engine.Host.Metrics;
using Engine.Host.Security;
using Engine.Host.Settings;

namespace Engine.Host.Api;

/// <summary>Reservations by callers: made under a snapshot token, moved on under the ticket.</summary>
sealed class ReservationEndpoints(IEngine engine, TokenDesk tokens, EngineSettings settings, EngineMetrics metrics, OrderLineReservations ofOrders)
{
    const string Path = "/v1/skus/{sku}/reservations";
    const Role Makers = Role.Admin | Role.Service;

    public static void Map(Routes routes)
    {
        routes.Post<ReservationEndpoints>(Path, Makers, (e, http) => e.Post(http))
            .About("Stock", "Reserves stock under a snapshot token; the answer's token is the ticket").Takes<ReservationBody>().Answers<ReservationJson>(200, 201)
            .Refuses(Code.InvalidToken, Code.UnknownSku, Code.IdempotencyConflict, Code.TokenUsed, Code.TokenExpired, Code.StaleToken, Code.InsufficientStock);
        foreach (var (word, change) in new[] { ("paying", ReservationChange.Paying), ("commit", ReservationChange.Commit), ("release", ReservationChange.Release), ("ship", ReservationChange.Ship) })
        {
            routes.Post<ReservationEndpoints>($"{Path}/{{reservationId}}/{word}", Makers, (e, http) => e.Change(http, change))
                .About("Stock", $"Moves a reservation on: {word}").Takes<TicketBody>().Answers<ReservationJson>()
                .Refuses(Code.InvalidToken, Code.UnknownReservation, Code.ReservationClosed);
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
        return reply.Outcome switch
        {
            StockOutcome.Done => Answers.Created(http, $"/v1/skus/{Uri.EscapeDataString(sku)}/reservations/{Uri.EscapeDataString(wish.ReservationId)}", Show(reply.Reservation!), ApiJson.Web.ReservationJson),
            StockOutcome.Repeated when reply.Reservation!.Owner == ReservationOwner.Caller => Answers.Ok(Show(reply.Reservation), ApiJson.Web.ReservationJson),
            _ => Refuse(reply, claims),
        };
    }

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
            case StockOutcome.Done or StockOutcome.Repeated: return Answers.Ok(Show(reply.Reservation!), ApiJson.Web.ReservationJson);
            case StockOutcome.ReservationClosed:
                metrics.ReservationRefused(Code.ReservationClosed.Name);
                var state = ReservationJson.Name(reply.Reservation!.State);
                return Problems.Of(Problems.New(Code.ReservationClosed, $"The reservation is {state}.") with { State = state });
            default: return Unknown();
        }
    }

    ReservationJson Show(ReservationView reservation) => ReservationJson.Of(reservation) with { Token = tokens.Ticket(reservation) };

    static IResult Unknown() => Problems.Of(Code.UnknownReservation, "This SKU has no such reservation.");

    async Task<IResult> Get(HttpContext http)
    {
        var (sku, id) = (http.Segment("sku"), http.Segment("reservationId"));
        if (!OrderRules.IsSku(sku) || !Names.IsReservation(id)) return NotSeen(http.Caller());
        var answer = await engine.ReadAsync<SkuActor>(ActorId.Sku(sku), (actor, _) => actor.Reservation(id) is { } found ? ReservationView.Of(sku, found) : null);
        if (answer.Kind != AnswerKind.Reply) return Answers.Failure(answer.Kind);
        var shown = answer.Reply is ReservationView live ? ReservationJson.Of(live) : await ofOrders.FindAsync(sku, id);
        return shown is null || !http.Caller().MaySee(shown.Warehouse) ? NotSeen(http.Caller()) : Answers.Ok(shown, ApiJson.Web.ReservationJson);
    }

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
        var answer = await engine.ReadAsync<SkuActor>(ActorId.Sku(sku), (actor, _) => !actor.Known ? null : listing
            .Smallest(actor.Reservations.Where(r => r.IsLive && (wanted ?? r.State) == r.State && (warehouse ?? r.Warehouse) == r.Warehouse && caller.MaySee(r.Warehouse)), r => r.Id)
            .ConvertAll(r => ReservationView.Of(sku, r)));
        if (answer.Kind != AnswerKind.Reply) return Answers.Failure(answer.Kind);
        if (answer.Reply is not List<ReservationView> found) return SkuEndpoints.Unknown();
        return Answers.Ok(listing.Page(found, r => r.ReservationId, ReservationJson.Of), ApiJson.Web.ListJsonReservationJson);
    }
}
