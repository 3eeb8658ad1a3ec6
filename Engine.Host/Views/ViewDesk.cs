using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Engine.Actors.Asking;
using Engine.Actors.Kernel;
using Engine.Adapters.Views;
using Engine.Host.Api;
using Engine.Host.Trials;

namespace Engine.Host.Views;

/// <summary>Lists show what was durable when they were asked for, or say how far behind they are.</summary>
sealed class ViewDesk(ReadModels models, IEngine engine)
{
    public const string LagHeader = "Engine-Read-Model-Lag-Milliseconds";
    const int ReadersMax = 8;
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    readonly SemaphoreSlim _readers = new(ReadersMax);

    /// <summary>
    /// Reads on a thread of its own, and no more than a few do so at a time: tables that somebody has locked hold up those who want
    /// to read them and nobody else, and take no more of the store's connections.
    /// </summary>
    /// <exception cref="StoreUnavailableException">All that may read have been waiting for the store, or it can't be read.</exception>
    public async Task<T> ReadAsync<T>(Func<T> read)
    {
        if (FaultPoints.ReadsAnywhere) return read();
        if (!await _readers.WaitAsync(Patience)) throw new StoreUnavailableException("the read models answer nobody at the moment");
        try
        {
            return await Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _readers.Release();
        }
    }

    /// <summary>False, and said in a header, when it takes too long.</summary>
    public async Task<bool> CatchUpAsync(HttpContext http)
    {
        if (await models.CatchUpAsync(Patience, http.RequestAborted)) return true;
        http.Response.Headers[LagHeader] = ((long)models.Lag.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        return false;
    }

    public IResult List<T>(ListJson<T> list, bool isWhole, JsonTypeInfo<ListJson<T>> type) =>
        Answers.Ok(list with { Incomplete = !isWhole || models.IsStuck || engine.Status.Any(p => p.State != "open") }, type);
}
