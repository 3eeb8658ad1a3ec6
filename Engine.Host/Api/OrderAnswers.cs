using Engine.Actors.Asking;
using Engine.Actors.Orders;
using Engine.Host.Security;

namespace Engine.Host.Api;

/// <summary>What orders refuse, as HTTP says it.</summary>
static class OrderAnswers
{
    /// <summary>No reply, or one without the order that was to be shown.</summary>
    public static IResult Failure(Answer answer) =>
        // What was asked is durable; the order can't be shown because its partition went away in that moment.
        Answers.Failure(answer.Kind == AnswerKind.Reply ? AnswerKind.OutcomeUnknown : answer.Kind);

    /// <summary>The refusal, or null where the order is to be shown.</summary>
    public static IResult? Refusal(OrderReply reply, Caller caller) => reply.Outcome switch
    {
        OrderOutcome.UnknownOrder or OrderOutcome.Forbidden => NotSeen(caller),
        OrderOutcome.NotAllowed => Problems.Of(Problems.New(Code.TransitionNotAllowed, $"The order is {reply.State.Name()}.") with { State = reply.State.Name(), Allowed = reply.Allowed }),
        OrderOutcome.IdempotencyConflict => Problems.Of(Code.IdempotencyConflict, "The Idempotency-Key was used with another body."),
        OrderOutcome.OrderOpen => Problems.Of(Problems.New(Code.OrderOpen, $"The order is {reply.State.Name()}; only closed ones can forget.") with { State = reply.State.Name() }),
        OrderOutcome.Invalid => Invalid(reply.Detail),
        _ => null,
    };

    /// <summary>A key that is bound to warehouses must not learn which orders there are in others.</summary>
    public static IResult NotSeen(Caller caller) => caller.Warehouses is null
        ? Problems.Of(Code.UnknownOrder, "No order has this id.")
        : Problems.Of(Code.Forbidden, "The key's warehouses have no such order.");

    /// <summary>The order names the path in front of what is wrong with it.</summary>
    static IResult Invalid(string detail)
    {
        var colon = detail.IndexOf(": ", StringComparison.Ordinal);
        return colon < 0 ? Problems.Invalid("", "invalid", detail) : Problems.Invalid(detail[..colon], "invalid", detail[(colon + 2)..]);
    }
}
