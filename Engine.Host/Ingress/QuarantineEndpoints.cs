using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Adapters.Platforms;
using Engine.Host.Api;
using Engine.Host.Cluster;
using Engine.Host.Security;

namespace Engine.Host.Ingress;

/// <summary>What is in quarantine, and trying it again after an adapter has learned more.</summary>
sealed class QuarantineEndpoints(IEngine engine, Scans scans, QuarantineDesk desk, IntakeFactory intakes, OrderDesk orders, CallClaims calls)
{
    public static void Map(Routes routes)
    {
        routes.Get<QuarantineEndpoints>("/v1/quarantine", Role.Admin | Role.Ops, (e, http) => e.List(http))
            .About("Ingress", "Well-signed messages that could not be understood").Paged().Answers<ListJson<QuarantinedJson>>();
        routes.Post<QuarantineEndpoints>("/v1/quarantine/{id}/replay", Role.Admin | Role.Ops, (e, http) => e.Replay(http))
            .About("Ingress", "Reads a kept message again and applies it if it is understood now").Answers<ReplayJson>().TakesKey().Refuses(Code.UnknownMessage);
    }

    async Task<IResult> List(HttpContext http)
    {
        var faults = new Faults();
        var listing = Listing.Read(http, faults);
        if (faults.Any) return Problems.Invalid(faults.Found);
        var open = await scans.AllAsync(Scans.Quarantine);
        return Answers.List(engine, listing.Page(open, m => m.Id, m => new QuarantinedJson(m.Id, m.Platform, m.Shop, m.Reason, m.ReceivedAt)), ApiJson.Default.ListJsonQuarantinedJson);
    }

    async Task<IResult> Replay(HttpContext http) =>
        await calls.OnceAsync(http, await http.BodyAsync(), StatusCodes.Status200OK, ApiJson.Default.ReplayJson, () => ReplayAsync(http));

    async Task<(ReplayJson?, IResult? Refusal)> ReplayAsync(HttpContext http)
    {
        var id = http.Segment("id");
        var answer = await engine.ReadAsync<QuarantineActor>(ActorId.Quarantine(id), static (message, now) => message.View(now));
        if (answer.Kind != AnswerKind.Reply) return (null, Answers.Failure(answer.Kind));
        if (answer.Reply is not QuarantineView kept || PlatformCatalogue.Find(kept.Platform) is not { } platform)
            return (null, Problems.Of(Code.UnknownMessage, "No such message is in quarantine."));

        var parsed = platform.Parse(desk.Open(kept));
        var told = parsed.Pushes.Select(push => intakes.Push(kept.Platform, kept.Shop, parsed.DedupeKey, push, "quarantine")).OfType<Intake>().ToArray();
        foreach (var intake in told)
            if ((await orders.TakeAsync(intake)).Kind is var failed and not AnswerKind.Reply) return (null, Answers.Failure(failed));

        var isUnderstood = parsed.Unreadable is null;
        var recorded = await engine.AskAsync(ActorId.Quarantine(id), new RecordReplay { By = http.Caller().Name, Understood = isUnderstood, Reason = parsed.Unreadable ?? "" }, new AskOptions(Tenant: http.Caller().Name));
        if (recorded.Kind != AnswerKind.Reply) return (null, Answers.Failure(recorded.Kind));
        return (new ReplayJson(id, isUnderstood)
        {
            Reason = parsed.Unreadable, Orders = [.. told.Select(t => new OrderName(t.Platform, t.Shop, t.PlatformOrderId).OrderId).Distinct()],
        }, null);
    }
}
