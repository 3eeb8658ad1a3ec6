namespace Engine.Host.Metrics;

/// <summary>Rate, errors and duration of every endpoint, by the pattern of its route: never by what stands in the path.</summary>
sealed class RequestMetrics(RequestDelegate next, EngineMetrics metrics, TimeProvider time, IServiceProvider services)
{
    public async Task InvokeAsync(HttpContext http)
    {
        // Nothing here lives as long as a request only, so no scope need be made for each.
        http.RequestServices = services;
        var start = time.GetTimestamp();
        try
        {
            await next(http);
        }
        finally
        {
            var route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "unmatched";
            metrics.Requested(route, Method(http.Request.Method), http.Response.StatusCode, time.GetElapsedTime(start));
        }
    }

    // A client may send any word as a method; each would be a series of its own.
    static string Method(string method) => method is "GET" or "PUT" or "POST" or "HEAD" or "DELETE" or "PATCH" or "OPTIONS" ? method : "other";
}
