using System.Text.Json.Serialization.Metadata;
using Engine.Actors.Asking;

namespace Engine.Host.Api;

/// <summary>From the engine's answers to HTTP's.</summary>
static class Answers
{
    /// <summary>How long an answer waits for the stock to follow (API.md, orders).</summary>
    public static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(5);

    public static IResult Ok<T>(T value, JsonTypeInfo<T> type) => With(StatusCodes.Status200OK, value, type);

    /// <summary>A list gathered from all partitions.</summary>
    public static IResult List<T>(IEngine engine, ListJson<T> list, JsonTypeInfo<ListJson<T>> type) =>
        Ok(list with { Incomplete = engine.Status.Any(p => p.State != "open") }, type);

    public static IResult With<T>(int status, T value, JsonTypeInfo<T> type) => new JsonAnswer<T>(status, value, type);

    public static IResult Written(byte[] json, int status = StatusCodes.Status200OK) => new WrittenAnswer(status, json);

    public static IResult Created<T>(HttpContext http, string location, T value, JsonTypeInfo<T> type)
    {
        http.Response.Headers.Location = location;
        return With(StatusCodes.Status201Created, value, type);
    }

    /// <summary>Why there is no reply.</summary>
    public static IResult Failure(AnswerKind kind) => kind switch
    {
        AnswerKind.Overloaded => Problems.Of(Code.Overloaded, "Nothing has happened. Try again."),
        AnswerKind.StoreUnavailable => Problems.Of(Code.StoreUnavailable, "Nothing has happened. Try again."),
        AnswerKind.OutcomeUnknown => Problems.Of(Code.OutcomeUnknown, "It may or may not have happened. Try again with the same key."),
        AnswerKind.Stopped => Problems.Of(Code.PartitionStopped, "Nothing has happened. Somebody has to look into it."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "a reply is no failure"),
    };
}
