using System.Text;
using Engine.Actors.Asking;
using Engine.Adapters.Canonical;
using Engine.Adapters.Keys;
using Engine.Host.Cluster;
using Engine.Host.Metrics;
using Engine.Host.Security;
using Engine.Host.Upkeep;

namespace Engine.Host.Api;

/// <summary>Running it: health, metrics, signing keys, what the lock auditor found.</summary>
sealed class OperationEndpoints(IEngine engine, Scans scans, SigningKeys keys, ArchiveSchedule archive, CallClaims calls, EngineMetrics metrics, TimeProvider time)
{
    const Role Watchers = Role.Admin | Role.Ops;

    public static void Map(Routes routes)
    {
        routes.Get<OperationEndpoints>("/health/live", Watchers, (e, _) => e.Live()).WithMetadata(OnLoopback).About("Operation", "The process runs").Answers<HealthJson>();
        routes.Get<OperationEndpoints>("/health/ready", Watchers, (e, _) => e.Ready()).WithMetadata(OnLoopback)
            .About("Operation", "Every partition serves and the store can be written; overload is no reason to say no").Answers<HealthJson>(200, 503);
        routes.Get<OperationEndpoints>("/metrics", Watchers, (e, _) => e.Metrics()).WithMetadata(OnLoopback)
            .About("Operation", "Prometheus text format").Produces<string>(200, "text/plain");
        routes.Get<OperationEndpoints>("/v1/audit/locks", Watchers, (e, http) => e.FreedLocks(http))
            .About("Operation", "Locks that the auditor found without an owner and freed").Paged().Answers<ListJson<FreedLockJson>>();
        routes.Get<OperationEndpoints>("/v1/keys", Watchers, (e, http) => e.Keys(http))
            .About("Operation", "The keys that sign tokens, without their secrets").Paged().Answers<ListJson<SigningKeyJson>>();
        routes.Post<OperationEndpoints>("/v1/keys/rotation", Role.Admin, (e, http) => e.Rotate(http))
            .About("Operation", "Makes a new signing key; the old ones go on verifying until nothing alive was signed by them")
            .Answers<SigningKeyJson>(200, 201).TakesKey();
        routes.Post<OperationEndpoints>("/v1/archive", Role.Admin, (e, http) => e.Archive(http))
            .About("Operation", "Moves old frames of the journal to compressed files now; doing it again moves what has grown old since")
            .Query("olderThanDays", "Frames of that age go, once a checkpoint covers them (30).").Answers<ArchivedJson>().TakesKey();
    }

    public static Access OnLoopback { get; } = new(Watchers, OpenOnLoopback: true);

    Task<IResult> Live() => Task.FromResult(Answers.Ok(new HealthJson("live"), ApiJson.Default.HealthJson));

    Task<IResult> Ready()
    {
        // One partition down for a fault is told, with the entry, but does not take the others out of service.
        var notServing = engine.Status.Where(p => p.State != "open").Select(p => new PartitionHealthJson(p.Partition, p.State, p.Fault)).ToArray();
        var health = new HealthJson(engine.IsReady ? "ready" : "not_ready") { Partitions = notServing.Length > 0 ? notServing : null, StoreWritable = engine.IsReady ? null : engine.IsWritable };
        return Task.FromResult(Answers.With(engine.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, health, ApiJson.Default.HealthJson));
    }

    Task<IResult> Metrics() => Task.FromResult(Results.Text(metrics.Write(), PrometheusText.ContentType, Encoding.UTF8));

    async Task<IResult> FreedLocks(HttpContext http)
    {
        var faults = new Faults();
        var listing = Listing.Read(http, faults);
        if (faults.Any) return Problems.Invalid(faults.Found);
        var found = await scans.AllAsync(Scans.FreedLocks);
        // In the order of time, which the id begins with.
        var page = listing.Page(found.SelectMany(f => f), f => $"{new Instant(f.At)} {f.Sku} {f.ReservationId}",
            f => new FreedLockJson(f.Sku, f.ReservationId, f.OrderId, f.Warehouse, f.Quantity, f.Why, f.At));
        return Answers.List(engine, page, ApiJson.Default.ListJsonFreedLockJson);
    }

    Task<IResult> Keys(HttpContext http)
    {
        var faults = new Faults();
        var listing = Listing.Read(http, faults);
        if (faults.Any) return Task.FromResult(Problems.Invalid(faults.Found));
        return Task.FromResult(Answers.Ok(listing.Page(keys.All, k => k.Id, Show), ApiJson.Default.ListJsonSigningKeyJson));
    }

    async Task<IResult> Rotate(HttpContext http)
    {
        var body = await http.BodyAsync();
        var claim = await calls.ClaimAsync(http, body);
        if (claim.Refusal is not null) return claim.Refusal;
        // Named by the call, so that a repeat finds the key that it made, whatever was rotated since.
        var id = claim.Key is { } call ? $"call-{call:x16}" : null;
        if (claim.IsRepeat) return Answers.Ok(Show(keys.TryGet(id!, out var earlier) ? earlier : keys.Current), ApiJson.Default.SigningKeyJson);
        try
        {
            return Answers.With(StatusCodes.Status201Created, Show(keys.Rotate(time.GetUtcNow().ToUnixTimeMilliseconds(), id)), ApiJson.Default.SigningKeyJson);
        }
        catch when (claim.Key is { } key)
        {
            await calls.FreeAsync(http, key);
            throw;
        }
    }

    async Task<IResult> Archive(HttpContext http)
    {
        var asked = http.Query("olderThanDays") ?? "30";
        if (!int.TryParse(asked, System.Globalization.CultureInfo.InvariantCulture, out var days) || days is < 0 or > 36_500)
            return Problems.Invalid("olderThanDays", "out_of_range", "A number of days is wanted, 0 or more.");
        if (!archive.IsPossible) return Problems.Invalid("olderThanDays", "not_supported", "No folder of archives is set (Engine:Archive:Directory), which all nodes must be able to read.");
        return await calls.OnceAsync(http, await http.BodyAsync(), StatusCodes.Status200OK, ApiJson.Default.ArchivedJson, async () =>
        {
            var report = await archive.RunAsync(TimeSpan.FromDays(days), http.RequestAborted);
            return (new ArchivedJson(report.Files, report.Frames, report.Bytes, report.PackedBytes), null);
        });
    }

    static SigningKeyJson Show(SigningKey key) => new(key.Id, key.CreatedAt, key.RetiredAt);
}
