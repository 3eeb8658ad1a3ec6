using Engine.Actors.Asking;
using Engine.Actors.Kernel;

namespace Engine.Host.Api;

/// <summary>Where a request ends, whatever happens to it: every failure leaves as a problem, and none shows internals.</summary>
sealed class ErrorMiddleware(RequestDelegate next, ILogger<ErrorMiddleware> log)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (!http.Response.HasStarted && http.Response.ContentType is null && Unanswered(http.Response.StatusCode) is { } nothing) await nothing.ExecuteAsync(http);
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            if (e is OperationCanceledException && http.RequestAborted.IsCancellationRequested) return;
            http.Response.Clear();
            await ProblemOf(http, e).ExecuteAsync(http);
        }
    }

    /// <summary>What routing leaves behind when nothing fits.</summary>
    static IResult? Unanswered(int status) => status switch
    {
        StatusCodes.Status404NotFound => Problems.Of(Code.NotFound, "No such path."),
        StatusCodes.Status405MethodNotAllowed => Problems.Of(Code.MethodNotAllowed, "The path takes other methods."),
        _ => null,
    };

    IResult ProblemOf(HttpContext http, Exception e)
    {
        switch (e)
        {
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }: return Problems.Of(Code.BodyTooLarge, "At most 1 MiB is taken.");
            case BadHttpRequestException { StatusCode: StatusCodes.Status429TooManyRequests }: return Problems.Of(Code.Overloaded, "Too many large bodies come in at once. Nothing has happened. Try again.");
            case BadHttpRequestException bad: return Problems.Of(Problems.New(Code.InvalidRequest, "The request broke off or is malformed.") with { Status = bad.StatusCode, Errors = [] });
            case StoreUnavailableException: return Answers.Failure(AnswerKind.StoreUnavailable);
            default:
                log.RequestFailed(http.Request.Method, (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unmatched", e);
                return Problems.Of(Code.InternalError, "It is logged. Whether something has happened is not known; try again with the same key.");
        }
    }
}
