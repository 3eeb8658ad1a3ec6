using Engine.Host.Security;

namespace Engine.Host.Api;

/// <summary>A query parameter, for the description.</summary>
sealed record QueryInfo(string Name, string Meaning);

/// <summary>What a body looks like, for the description.</summary>
sealed record BodyInfo(Type Shape);

/// <summary>The call takes an Idempotency-Key, for the description.</summary>
sealed record KeyInfo;

/// <summary>How a call can be refused beyond what all can, for the description.</summary>
sealed record RefusalInfo(Code[] Codes);

/// <summary>What a refusal looks like where it says more than a <see cref="Problem"/>, for the description.</summary>
sealed record ProblemInfo(Type Shape);

/// <summary>Maps calls to the methods of endpoint classes, each with who may call it and what the description says.</summary>
sealed class Routes(IEndpointRouteBuilder app)
{
    public RouteHandlerBuilder Get<T>(string pattern, Role who, Func<T, HttpContext, Task<IResult>> handle) where T : class => Map("GET", pattern, who, handle);

    public RouteHandlerBuilder Put<T>(string pattern, Role who, Func<T, HttpContext, Task<IResult>> handle) where T : class => Map("PUT", pattern, who, handle);

    public RouteHandlerBuilder Post<T>(string pattern, Role who, Func<T, HttpContext, Task<IResult>> handle) where T : class => Map("POST", pattern, who, handle);

    RouteHandlerBuilder Map<T>(string method, string pattern, Role who, Func<T, HttpContext, Task<IResult>> handle) where T : class
    {
        var call = (HttpContext http) => handle(http.RequestServices.GetRequiredService<T>(), http);
        // As a Delegate, or it would be taken for a RequestDelegate and its result be dropped.
        return app.MapMethods(pattern, [method], (Delegate)call).WithMetadata(new Access(who));
    }
}

static class RouteDescriptions
{
    public static RouteHandlerBuilder About(this RouteHandlerBuilder route, string tag, string summary) => route.WithTags(tag).WithSummary(summary);

    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder route) => route.WithMetadata(new BodyInfo(typeof(T)));

    /// <summary>For a call whose body has no natural key (API.md, Idempotency).</summary>
    public static RouteHandlerBuilder TakesKey(this RouteHandlerBuilder route) => route.WithMetadata(new KeyInfo()).Refuses(Code.IdempotencyConflict);

    public static RouteHandlerBuilder Query(this RouteHandlerBuilder route, string name, string meaning) => route.WithMetadata(new QueryInfo(name, meaning));

    public static RouteHandlerBuilder Paged(this RouteHandlerBuilder route) =>
        route.Query("limit", $"Items per page, 1 to {Listing.LimitMax}.").Query("cursor", "The next of the page before.");

    public static RouteHandlerBuilder AsTable(this RouteHandlerBuilder route) =>
        route.Query("format", "json (default) or csv, the whole list as a table; so does Accept: text/csv.");

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, params int[] statuses)
    {
        foreach (var status in statuses.DefaultIfEmpty(StatusCodes.Status200OK)) route.Produces<T>(status);
        return route;
    }

    public static RouteHandlerBuilder RefusesWith<T>(this RouteHandlerBuilder route) where T : Problem => route.WithMetadata(new ProblemInfo(typeof(T)));

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params Code[] codes) => route.WithMetadata(new RefusalInfo(codes));
}
