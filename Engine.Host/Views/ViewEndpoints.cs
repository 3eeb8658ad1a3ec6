using Engine.Adapters.Views;
using Engine.Host.Api;
using Engine.Host.Security;

namespace Engine.Host.Views;

/// <summary>How far the read models are, and making them anew.</summary>
sealed class ViewEndpoints(ReadModels models, CallClaims calls)
{
    public static void Map(Routes routes)
    {
        routes.Get<ViewEndpoints>("/v1/views", Role.Admin | Role.Ops, (e, _) => e.Get())
            .About("Operation", "How far the read models are behind the journal").Answers<ViewsJson>();
        routes.Post<ViewEndpoints>("/v1/views/rebuild", Role.Admin, (e, http) => e.Rebuild(http))
            .About("Operation", "Makes the read models anew from the journal, beside those that go on serving; one at a time").Answers<ViewsJson>(202).TakesKey();
    }

    Task<IResult> Get() => Task.FromResult(Answers.Ok(Show(), ApiJson.Default.ViewsJson));

    async Task<IResult> Rebuild(HttpContext http) => await calls.OnceAsync(http, await http.BodyAsync(), StatusCodes.Status202Accepted, ApiJson.Default.ViewsJson, () =>
    {
        models.Rebuild();
        return Task.FromResult<(ViewsJson?, IResult?)>((Show(), null));
    });

    ViewsJson Show()
    {
        var status = models.Status;
        return new ViewsJson(
            Math.Round(models.Lag.TotalSeconds, 3), status.Partitions.Sum(p => Math.Max(0, p.Journal - p.Position)), models.Bytes, status.RowsWritten, status.Rebuilds,
            [.. status.Partitions.Select(Show)], status.IsRebuilding ? [.. status.Rebuilding.Select(Show)] : null);
    }

    static ViewPartitionJson Show(PartitionProgress p) => new(p.Partition, p.Position, p.Journal, Math.Max(0, p.Journal - p.Position), Instant.OrNull(p.At), p.Fault);
}
