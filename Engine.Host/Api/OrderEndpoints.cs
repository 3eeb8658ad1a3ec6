using Engine.Actors.Asking;
using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Adapters.Views;
using Engine.Host.Ingress;
using Engine.Host.Security;
using Engine.Host.Views;

namespace Engine.Host.Api;

/// <summary>Orders: received and shown.</summary>
sealed class OrderEndpoints(OrderDesk desk, IntakeFactory intakes, OrderRenderer renderer, PastDesk past, ViewDesk views)
{
    public static void Map(Routes routes)
    {
        routes.Post<OrderEndpoints>("/v1/orders", Role.Admin | Role.Service, (e, http) => e.Post(http))
            .About("Orders", "Takes an order in; one that is known already is shown as it is, differences are flagged")
            .Query("wait", "reserved (default) answers once the reservation is decided, received at once.")
            .Takes<CanonicalOrder>().Answers<OrderJson>(200, 201);
        routes.Get<OrderEndpoints>("/v1/orders/{orderId}", Role.Anyone, (e, http) => e.Get(http))
            .About("Orders", "One order").Query("at", PastDesk.Meaning).Answers<OrderJson>().Refuses(Code.UnknownOrder);
        routes.Get<OrderEndpoints>("/v1/orders/{orderId}/history", Role.Anyone, (e, http) => e.History(http))
            .About("Orders", "What happened to an order, to the millisecond").Answers<HistoryJson>().Refuses(Code.UnknownOrder);
    }

    async Task<IResult> Post(HttpContext http)
    {
        var reading = CanonicalJson.ReadOrder(await http.BodyAsync());
        var wait = http.Query("wait");
        if (wait is not (null or "reserved" or "received"))
            return Problems.Invalid([.. reading.Faults, new Fault("wait", "unknown_value", "reserved or received is wanted.")]);
        if (!reading.IsGood) return Problems.Invalid(reading.Faults);

        var order = reading.Value;
        if (desk.Refuses(new OrderName(order.Platform, order.Shop, order.PlatformOrderId))) return Answers.Failure(AnswerKind.Overloaded);
        var intake = intakes.Order(order, $"api:{http.Caller().Name}");
        var answer = await desk.AskAsync(intake, wait == "received" ? TimeSpan.Zero : Answers.SettleMax);
        if (answer is not { Reply: OrderReply reply, View: OrderView view }) return OrderAnswers.Failure(answer);
        var shown = renderer.Whole(view);
        return reply.Outcome == OrderOutcome.Created
            ? Answers.Created(http, $"/v1/orders/{Uri.EscapeDataString(view.OrderId)}", shown, ApiJson.Default.OrderJson)
            : Answers.Ok(shown, ApiJson.Default.OrderJson);
    }

    async Task<IResult> Get(HttpContext http)
    {
        var point = past.Point(http, out var malformed);
        if (malformed is not null) return malformed;
        var (refusal, order) = await Read(http, point);
        return refusal ?? Answers.Ok(renderer.Whole(order!), ApiJson.Default.OrderJson);
    }

    async Task<IResult> History(HttpContext http)
    {
        var (refusal, order) = await Read(http);
        return refusal ?? Answers.Ok(new HistoryJson([.. order!.History.Select((item, i) => OrderRenderer.Entry(item, i + 1))]), ApiJson.Default.HistoryJson);
    }

    async Task<(IResult? Refusal, OrderView? Order)> Read(HttpContext http, PastPoint? point = null)
    {
        var caller = http.Caller();
        if (Names.Order(http.Segment("orderId")) is not { } name) return (OrderAnswers.NotSeen(caller), null);
        if (point is { } wanted)
        {
            var (refusal, then) = await views.ReadAsync(() => past.Order(name, wanted));
            return then is null || !MaySee(caller, then) ? (OrderAnswers.NotSeen(caller), null) : (refusal, then);
        }
        var (kind, order) = await desk.ReadAsync(name);
        if (kind != AnswerKind.Reply) return (Answers.Failure(kind), null);
        return order is null || !MaySee(caller, order) ? (OrderAnswers.NotSeen(caller), null) : (null, order);
    }

    static bool MaySee(Caller caller, OrderView order) => caller.Warehouses is null || order.Lines.Any(l => l.Warehouses.Any(caller.MaySee));
}
