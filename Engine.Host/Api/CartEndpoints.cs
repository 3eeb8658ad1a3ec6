using Engine.Actors.Carts;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Adapters.Canonical;
using Engine.Host.Security;

namespace Engine.Host.Api;

/// <summary>Carts (FEATURES G2): several SKUs under one snapshot and one reservation, all lines or none.</summary>
sealed class CartEndpoints(TokenDesk tokens, StockReader stock, CartDesk carts, CallClaims calls)
{
    const string Path = "/v1/carts/reservations";
    const Role Makers = Role.Admin | Role.Service;

    public static void Map(Routes routes)
    {
        routes.Post<CartEndpoints>("/v1/carts/snapshots", Makers, (e, http) => e.Snapshot(http))
            .About("Stock", "Takes a snapshot of every line's stock; each token makes one line of one reservation").Takes<CartSnapshotBody>()
            .Answers<CartSnapshotJson>(201).TakesKey().Refuses(Code.UnknownSku);
        routes.Post<CartEndpoints>(Path, Makers, (e, http) => e.Reserve(http))
            .About("Stock", "Reserves all lines or none; a refusal names each line that stood in the way, by how much its stock moved, and what would fit")
            .Takes<CartReservationBody>().Answers<CartJson>(200, 201)
            .RefusesWith<CartProblem>().Refuses(Code.InvalidToken, Code.IdempotencyConflict, Code.TokenUsed, Code.TokenExpired, Code.StaleToken, Code.InsufficientStock);
        routes.Get<CartEndpoints>($"{Path}/{{reservationId}}", Makers | Role.Ops, (e, http) => e.Get(http))
            .About("Stock", "One cart's reservation, also after its end").Answers<CartJson>().Refuses(Code.UnknownReservation);
        foreach (var (word, change) in ReservationEndpoints.Changes)
        {
            routes.Post<CartEndpoints>($"{Path}/{{reservationId}}/{word}", Makers, (e, http) => e.Change(http, change))
                .About("Stock", $"Moves all that a cart has reserved on: {word}").Takes<TicketBody>().Answers<CartJson>()
                .Refuses(Code.InvalidToken, Code.UnknownReservation, Code.ReservationClosed, Code.TransitionNotAllowed);
        }
    }

    async Task<IResult> Snapshot(HttpContext http)
    {
        var bytes = await http.BodyAsync();
        var body = Requests.Read(bytes, CartSnapshotBody.Read);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        return await calls.OnceAsync(http, bytes, StatusCodes.Status201Created, ApiJson.Default.CartSnapshotJson, () => SnapshotAsync(body.Value));
    }

    async Task<(CartSnapshotJson?, IResult? Refusal)> SnapshotAsync(CartSnapshotBody cart)
    {
        var lines = cart.Lines;
        var skus = lines.Select(l => l.Sku).Distinct().ToArray();
        var read = await Task.WhenAll(skus.Select(stock.ReadAsync));
        foreach (var (failure, _) in read)
            if (failure is not null) return (null, failure);
        var known = read.Where(r => r.Stock!.Known).ToDictionary(r => r.Stock!.Sku, r => r.Stock!);
        var unknown = lines.Select((l, i) => (l.Sku, Path: $"lines[{i}].sku")).Where(l => !known.ContainsKey(l.Sku)).ToArray();
        if (unknown.Length > 0)
        {
            var faults = Array.ConvertAll(unknown, l => new Fault(l.Path, Code.UnknownSku.Name, $"{l.Sku} is not known."));
            return (null, Problems.Of(Problems.New(Code.UnknownSku, $"{unknown.Length} SKU(s) are not known; see errors.") with { Errors = faults }));
        }
        var paused = await stock.PausedAsync();
        var fitting = known.ToDictionary(k => k.Key, k => k.Value.Warehouses.Where(w => !paused.Contains(w.Warehouse)).Max(w => (long?)w.Available) ?? 0);
        var shown = lines.Select(line =>
        {
            var snapshot = tokens.Snapshot(known[line.Sku], cart.OrderId);
            var fits = lines.Where(l => l.Sku == line.Sku).Sum(l => (long)l.Quantity) <= fitting[line.Sku];
            return new CartSnapshotLineJson(line.Sku, line.Quantity, snapshot.Token, snapshot.Version, snapshot.Available, fits, snapshot.IssuedAt, snapshot.ExpiresAt);
        });
        return (new CartSnapshotJson([.. shown]) { OrderId = cart.OrderId }, null);
    }

    async Task<IResult> Reserve(HttpContext http)
    {
        var body = await http.ReadAsync(CartReservationBody.Read);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        var wish = body.Value;
        var lines = new CartWish[wish.Lines.Count];
        var invalid = new List<CartTokenLineBody>();
        for (var i = 0; i < lines.Length; i++)
        {
            var line = wish.Lines[i];
            if (tokens.TryRead(line.Token, line.Sku, wish.OrderId, out var claims)) lines[i] = Wish(line.Sku, line.Quantity, claims);
            else invalid.Add(line);
        }
        if (invalid.Count > 0) return carts.RefuseTokens(invalid);

        var cart = ActorId.Cart(wish.ReservationId);
        var (reserved, isNew, refusal) = await carts.ReserveAsync(cart, wish.ReservationId, wish.OrderId, lines, "", http.Caller().Name, carts.RefuseAsync);
        if (refusal is not null) return refusal;
        var shown = carts.Whole(CartDesk.First(reserved!));
        return isNew
            ? Answers.Created(http, $"{Path}/{Uri.EscapeDataString(wish.ReservationId)}", shown, ApiJson.Default.CartJson)
            : Answers.Ok(shown, ApiJson.Default.CartJson);
    }

    internal static CartWish Wish(string sku, int quantity, SnapshotClaims claims) => new()
    {
        Sku = sku, Quantity = quantity, Token = new LineToken { TokenId = claims.TokenId, Version = claims.Version, Available = claims.Available, ExpiresAt = claims.ExpiresAt },
    };

    async Task<IResult> Get(HttpContext http)
    {
        var id = http.Segment("reservationId");
        var (cart, failure) = Names.IsCallersReservation(id) ? await carts.ReadAsync(ActorId.Cart(id)) : default;
        if (failure is not null) return failure;
        return cart is null or { State: CartState.Refused } ? ReservationEndpoints.Unknown() : Answers.Ok(carts.Whole(cart, withTickets: false), ApiJson.Default.CartJson);
    }

    async Task<IResult> Change(HttpContext http, ReservationChange change)
    {
        var id = http.Segment("reservationId");
        var body = await http.ReadAsync(TicketBody.Read);
        if (!body.IsGood) return Problems.Invalid(body.Faults);
        if (!tokens.IsTicket(body.Value.Token, CartDesk.NoSku, id)) return carts.RefuseTicket();
        var (moved, refusal) = await carts.ChangeAsync(ActorId.Cart(id), change, http.Caller().Name);
        return refusal ?? Answers.Ok(carts.Whole(moved!), ApiJson.Default.CartJson);
    }
}
