using System.Security.Cryptography;
using System.Text;
using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Host.Settings;

namespace Engine.Host.Cluster;

/// <summary>What nodes ask each other. Only who knows the cluster's secret gets an answer; for everybody else there is nothing here.</summary>
sealed class ClusterEndpoints(EngineNode node, ClusterMember member, EngineSettings settings)
{
    const long BodyBytesMax = 16 << 20;

    readonly byte[] _secret = SHA256.HashData(Encoding.UTF8.GetBytes($"Engine {Convert.ToBase64String(Encoding.UTF8.GetBytes(settings.Cluster.Secret!))}"));

    public static void Map(IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/cluster").ExcludeFromDescription();
        group.MapPost("/ask", Guarded((e, http) => e.AskAsync(http)));
        group.MapPost("/read", Guarded((e, http) => e.ReadAsync(http)));
        group.MapPost("/messages", Guarded((e, http) => e.HearAsync(http)));
        group.MapGet("/scan/{name}", Guarded((e, http) => e.ScanAsync(http)));
        group.MapGet("/status", Guarded((e, _) => Task.FromResult(Results.Json(new NodeStatus(e.Own()), NodeJson.Options))));
    }

    static Delegate Guarded(Func<ClusterEndpoints, HttpContext, Task<IResult>> call) => (HttpContext http) =>
    {
        var endpoints = http.RequestServices.GetRequiredService<ClusterEndpoints>();
        if (!endpoints.IsNode(http)) return Task.FromResult(Api.Problems.Of(Api.Code.NotFound, "No such path."));
        // A frame's messages, or an order of the largest size as another node writes it.
        http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = BodyBytesMax;
        return call(endpoints, http);
    };

    bool IsNode(HttpContext http) =>
        http.Request.Headers.Authorization is [{ } shown] && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), _secret);

    async Task<IResult> AskAsync(HttpContext http)
    {
        var ask = (await http.Request.ReadFromJsonAsync<NodeAsk>(NodeJson.Options, http.RequestAborted))!;
        // Here and nowhere else: one hop is all there is.
        var answer = await node.AskAsync(new ActorId((ActorKind)ask.Kind, ask.Key), (Command)NodeJson.Read(ask.Command)!, new AskOptions((Lane)ask.Lane, ask.Tenant, ask.WithView, ask.Settle));
        return Results.Json(new NodeAnswer((byte)answer.Kind, NodeJson.Write(answer.Reply), NodeJson.Write(answer.View)), NodeJson.Options);
    }

    async Task<IResult> ReadAsync(HttpContext http)
    {
        var look = (await http.Request.ReadFromJsonAsync<NodeLook>(NodeJson.Options, http.RequestAborted))!;
        var answer = await node.ReadAsync<Actor>(new ActorId((ActorKind)look.Kind, look.Key), static (actor, now) =>
        {
            var codec = Codec.Writer();
            actor.Layout(codec);
            return new NodeSight((byte)AnswerKind.Reply, now, codec.Written.ToArray());
        });
        return Results.Json(answer.Reply as NodeSight ?? new NodeSight((byte)answer.Kind, 0, null), NodeJson.Options);
    }

    async Task<IResult> HearAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        foreach (var message in NodeMessage.ReadAll(body.ToArray(), EngineDomain.Instance)) member.Hear(message);
        return Results.NoContent();
    }

    async Task<IResult> ScanAsync(HttpContext http) =>
        await Scans.HereAsync((string)http.Request.RouteValues["name"]!, node) is { } found ? Results.Bytes(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(found, found.GetType(), NodeJson.Options), "application/json") : Results.NotFound();

    List<PartitionStatus> Own() => [.. node.Status.Where(p => p.State != "elsewhere")];
}
