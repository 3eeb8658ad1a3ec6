using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Host.Ingress;
using Engine.Host.Security;

namespace Engine.Host.Api;

/// <summary>
/// What happens to an order after it came: payments, cancellation, unhold, steps, forgetting. Who may take which step is in
/// two places by intent: the key's role decides here whether it may report steps at all, the transition table
/// (<see cref="Transitions"/>) which ones.
/// </summary>
sealed class OrderActionEndpoints(IEngine engine, OrderDesk desk, IntakeFactory intakes, OrderRenderer renderer)
{
    const string Path = "/v1/orders/{orderId}";

    public static void Map(Routes routes)
    {
        routes.Post<OrderActionEndpoints>($"{Path}/payments", Role.Admin | Role.Service, (e, http) => e.Pay(http))
            .About("Orders", "Reports a payment; of an order that is not known yet it is kept").Takes<CanonicalPayment>().Answers<OrderJson>().Answers<KeptJson>(202)
            .TakesKey();
        routes.Post<OrderActionEndpoints>($"{Path}/cancellation", Role.Admin | Role.Service | Role.Cs, (e, http) => e.Cancel(http))
            .About("Orders", "Cancels an order, or some of its lines").Takes<Engine.Adapters.Platforms.CancellationPush>().Answers<OrderJson>()
            .TakesKey().Refuses(Code.UnknownOrder, Code.TransitionNotAllowed);
        routes.Post<OrderActionEndpoints>($"{Path}/unhold", Role.Admin | Role.Ops | Role.Cs, (e, http) => e.Unhold(http))
            .About("Orders", "Lets a held order go on, with corrected SKUs where needed").Takes<UnholdBody>().Answers<OrderJson>()
            .TakesKey().Refuses(Code.UnknownOrder, Code.TransitionNotAllowed);
        routes.Post<OrderActionEndpoints>($"{Path}/forget", Role.Admin, (e, http) => e.Forget(http))
            .About("Orders", "Forgets the person behind a closed order").Takes<ForgetBody>().Answers<OrderJson>().TakesKey().Refuses(Code.UnknownOrder, Code.OrderOpen);
        routes.Post<OrderActionEndpoints>($"{Path}/steps", Role.Admin | Role.Warehouse, (e, http) => e.Step(http))
            .About("Orders", "Reports a step of fulfilment or after-sale")
            .WithDescription("A warehouse key reports what warehouses and devices may, for orders of its warehouses; an admin key what anybody but a platform may.").Takes<Engine.Adapters.Platforms.StepPush>().Answers<OrderJson>()
            .TakesKey().Refuses(Code.UnknownOrder, Code.TransitionNotAllowed);
    }

    Task<IResult> Pay(HttpContext http) => Take(http, CanonicalJson.ReadPayment, (name, payment, source, call) => intakes.Payment(name, payment, source, call));

    Task<IResult> Cancel(HttpContext http) => Take(http, CanonicalJson.ReadCancellation, (name, cancellation, source, call) => intakes.Cancellation(name, cancellation, source, call));

    Task<IResult> Step(HttpContext http)
    {
        var caller = http.Caller();
        // Admin may do everything but speak for a platform.
        var role = caller.Role == Role.Warehouse ? StepRole.Warehouse | StepRole.Device : StepRole.Anyone & ~StepRole.Platform;
        return Take(http, CanonicalJson.ReadStep, (name, step, source, call) => intakes.Step(name, step, role, source, caller.Warehouses, call));
    }

    Task<IResult> Unhold(HttpContext http) => Ask(http, body => Requests.Read(body, UnholdBody.Read), (name, wish, call) => new UnholdOrder
    {
        By = wish.By,
        Reason = wish.Reason,
        Corrections = wish.Corrections?.Lines.ToDictionary(l => l.LineId, l => l.Sku) ?? [],
        Idempotency = call,
    });

    Task<IResult> Forget(HttpContext http) =>
        Ask(http, body => Requests.Read(body, ForgetBody.Read), (name, wish, call) => new ForgetPerson { By = http.Caller().Name, Reason = wish.Reason, Idempotency = call });

    Task<IResult> Take<T>(HttpContext http, Func<ReadOnlyMemory<byte>, Reading<T>> read, Func<OrderName, T, string, Idempotency?, Intake> make) where T : class =>
        Answer(http, read, (name, wish, call) => desk.AskAsync(make(name, wish, $"api:{http.Caller().Name}", call), Answers.SettleMax));

    Task<IResult> Ask<T>(HttpContext http, Func<ReadOnlyMemory<byte>, Reading<T>> read, Func<OrderName, T, Idempotency?, Command> make) where T : class =>
        Answer(http, read, (name, wish, call) => engine.AskAsync(name.Actor, make(name, wish, call), new AskOptions(Lane.Urgent, name.Tenant, WithView: true, Answers.SettleMax)).AsTask());

    async Task<IResult> Answer<T>(HttpContext http, Func<ReadOnlyMemory<byte>, Reading<T>> read, Func<OrderName, T, Idempotency?, Task<Answer>> send) where T : class
    {
        var body = await http.BodyAsync();
        var reading = read(body);
        if (Names.Order(http.Segment("orderId")) is not { } name) return Problems.Invalid([new Fault("orderId", "bad_format", Names.OrderFormat), .. reading.Faults]);
        if (!reading.IsGood) return Problems.Invalid(reading.Faults);
        var call = http.Idempotency(body, out var malformed);
        if (malformed is not null) return malformed;

        var answer = await send(name, reading.Value, call);
        if (answer.Reply is not OrderReply reply) return OrderAnswers.Failure(answer);
        if (OrderAnswers.Refusal(reply, http.Caller()) is { } refusal) return refusal;
        if (reply.Outcome == OrderOutcome.Kept) return Answers.With(StatusCodes.Status202Accepted, new KeptJson(name.OrderId, Kept: true), ApiJson.Default.KeptJson);
        return answer.View is OrderView order ? Answers.Ok(renderer.Whole(order), ApiJson.Default.OrderJson) : OrderAnswers.Failure(answer);
    }
}
