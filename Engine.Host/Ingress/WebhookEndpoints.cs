using System.Text;
using Engine.Actors.Asking;
using Engine.Adapters.Platforms;
using Engine.Host.Api;
using Engine.Host.Cluster;
using Engine.Host.Metrics;

namespace Engine.Host.Ingress;

/// <summary>
/// What platforms push: verify the raw bytes, parse, hand over a command for each order, and answer in the platform's own
/// words once all of it is durable.
/// </summary>
sealed class WebhookEndpoints(Shops shops, IntakeFactory intakes, OrderDesk orders, QuarantineDesk quarantine, TimeProvider time, EngineMetrics metrics, ILogger<WebhookEndpoints> log, HandingOn? handingOn = null)
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var call = (HttpContext http) => http.RequestServices.GetRequiredService<WebhookEndpoints>().Post(http);
        app.MapPost("/webhooks/{platform}/{shop}", (Delegate)call)
            .About("Ingress", "A platform's push, with the platform's own body, headers and signature; answered as that platform expects")
            .WithDescription($"Platforms of this build: {string.Join(", ", PlatformCatalogue.All.Select(p => p.Name).Order(StringComparer.Ordinal))}.")
            .Produces(StatusCodes.Status200OK).Refuses(Code.UnknownShop);
    }

    async Task<IResult> Post(HttpContext http)
    {
        var start = time.GetTimestamp();
        var (name, shop) = (http.Segment("platform"), http.Segment("shop"));
        if (PlatformCatalogue.Find(name) is not { } platform || shops.Credentials(name, shop) is not { } credentials)
            return Problems.Of(Code.UnknownShop, "No such shop pushes here.");

        var headers = http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var request = new PlatformRequest(shop, await http.BodyAsync(), headers, time.GetUtcNow());
        var verification = platform.Verify(request, credentials);
        if (verification != Verification.Genuine)
        {
            metrics.SignatureRefused(name, verification);
            return new PlatformResult(platform.Reply(verification == Verification.MissingSignature ? PlatformVerdict.MissingSignature : PlatformVerdict.BadSignature));
        }

        var kind = await TakeAsync(platform, request);
        metrics.Acknowledged(name, time.GetElapsedTime(start));
        return kind switch
        {
            AnswerKind.Reply => new PlatformResult(platform.Reply(PlatformVerdict.Received)),
            AnswerKind.Overloaded => new PlatformResult(platform.Reply(PlatformVerdict.TryLater)),
            _ => new PlatformResult(platform.Reply(PlatformVerdict.TryLater) with { Status = StatusCodes.Status503ServiceUnavailable }),
        };
    }

    async Task<AnswerKind> TakeAsync(IPlatform platform, PlatformRequest request)
    {
        var parsed = Parse(platform, request);
        if (parsed.Unreadable is not null) return await quarantine.KeepAsync(platform.Name, request, parsed);
        if (parsed.Pushes.Any(push => push.Order is not null && orders.Refuses(new OrderName(platform.Name, request.Shop, push.PlatformOrderId)))) return AnswerKind.Overloaded;
        // Handed over in order, so that two pushes about one order are decided in order too.
        var answers = parsed.Pushes
            .Select(push => intakes.Push(platform.Name, request.Shop, parsed.DedupeKey, push, $"webhook:{platform.Name}"))
            .OfType<Actors.Orders.Intake>().Select(orders.TakeAsync).ToArray();
        foreach (var answer in await Task.WhenAll(answers))
        {
            if (answer.Kind == AnswerKind.Reply) continue;
            var isAway = handingOn is not null && (answer.Kind is AnswerKind.StoreUnavailable or AnswerKind.OutcomeUnknown);
            return isAway ? await handingOn!.KeepAsync(platform.Name, request, parsed) : answer.Kind;
        }
        return AnswerKind.Reply;
    }

    /// <summary>A parser that stumbles must not lose the message: it is kept like any other that can't be understood.</summary>
    ParsedMessage Parse(IPlatform platform, PlatformRequest request)
    {
        try
        {
            return platform.Parse(request);
        }
        catch (Exception e)
        {
            log.ParserFailed(platform.Name, e);
            return new ParsedMessage($"sha256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(request.Body.Span))}", [], $"parser_failed {e.GetType().Name}");
        }
    }
}

/// <summary>An answer in a platform's own words.</summary>
sealed class PlatformResult(PlatformReply reply) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = reply.Status;
        if (reply.Status is 429 or 503) response.Headers.RetryAfter = "1";
        if (reply.Body.Length == 0) return Task.CompletedTask;
        (response.ContentType, response.ContentLength) = (reply.ContentType, Encoding.UTF8.GetByteCount(reply.Body));
        Encoding.UTF8.GetBytes(reply.Body, response.BodyWriter);
        return Task.CompletedTask;
    }
}
