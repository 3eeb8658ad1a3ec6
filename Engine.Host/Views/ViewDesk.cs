using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Engine.Actors.Kernel;
using Engine.Adapters.Views;
using Engine.Host.Api;

namespace Engine.Host.Views;

/// <summary>Lists show what was durable when they were asked for, or say how far behind they are.</summary>
sealed class ViewDesk(ReadModels models, IEngine engine)
{
    public const string LagHeader = "Engine-Read-Model-Lag-Milliseconds";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>False, and said in a header, when it takes too long.</summary>
    public async Task<bool> CatchUpAsync(HttpContext http)
    {
        if (await models.CatchUpAsync(Patience, http.RequestAborted)) return true;
        http.Response.Headers[LagHeader] = ((long)models.Lag.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        return false;
    }

    public IResult List<T>(ListJson<T> list, bool isWhole, JsonTypeInfo<ListJson<T>> type) =>
        Results.Json(list with { Incomplete = !isWhole || engine.Status.Any(p => p.State != "open") }, type);
}
