using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Adapters.Canonical;
using Engine.Host.Cluster;
using Engine.Host.Security;

namespace Engine.Host.Api;

/// <summary>Warehouses: created and changed by admin, paused and opened by ops too, seen by all.</summary>
sealed class WarehouseEndpoints(IEngine engine, Scans scans)
{
    public static void Map(Routes routes)
    {
        routes.Put<WarehouseEndpoints>("/v1/warehouses/{warehouse}", Role.Admin | Role.Ops, (e, http) => e.Put(http))
            .About("Stock", "Creates a warehouse or changes what is given of it; answers once every decision knows it")
            .Takes<WarehouseBody>().Answers<WarehouseJson>(200, 201);
        routes.Get<WarehouseEndpoints>("/v1/warehouses", Role.Anyone, (e, http) => e.List(http))
            .About("Stock", "All warehouses").Paged().Answers<ListJson<WarehouseJson>>();
        routes.Get<WarehouseEndpoints>("/v1/warehouses/{warehouse}", Role.Anyone, (e, http) => e.Get(http))
            .About("Stock", "One warehouse").Answers<WarehouseJson>().Refuses(Code.UnknownWarehouse);
    }

    async Task<IResult> Put(HttpContext http)
    {
        var code = http.Segment("warehouse");
        var body = await http.ReadAsync(WarehouseBody.Read);
        if (!Names.IsWarehouse(code)) return Problems.Invalid([new Fault("warehouse", "bad_format", Names.WarehouseFormat), .. body.Faults]);
        if (!body.IsGood) return Problems.Invalid(body.Faults);

        var (kind, warehouses) = await ReadAll();
        if (warehouses is null) return Answers.Failure(kind);
        var known = Array.Find(warehouses, w => w.Code == code);
        WarehouseReply reply;
        do
        {
            if (known is null && body.Value.Name is null) return Problems.Invalid("name", "required", "This field is required.");
            var over = known ?? new WarehouseSettings();
            var wanted = Merge(code, over, body.Value);
            if (http.Caller().Role == Role.Ops && !OnlyStateDiffers(known, wanted))
                return Problems.Of(Code.Forbidden, "The role ops may change the state of a warehouse, nothing else.");
            var answer = await engine.AskAsync(ActorId.Warehouse(code), new ConfigureWarehouse { Settings = wanted, Over = over }, new AskOptions(Tenant: http.Caller().Name, Settle: Answers.SettleMax));
            if (answer.Reply is not WarehouseReply told) return Answers.Failure(answer.Kind);
            (reply, known) = (told, told.Settings);
        }
        // Somebody else changed it meanwhile: what this call leaves out stays as that one said.
        while (reply.HasMoved);
        var shown = WarehouseJson.Of(reply.Settings, (await RatesAsync()).GetValueOrDefault(code));
        return reply.Created ? Answers.Created(http, $"/v1/warehouses/{code}", shown, ApiJson.Default.WarehouseJson) : Answers.Ok(shown, ApiJson.Default.WarehouseJson);
    }

    static WarehouseSettings Merge(string code, WarehouseSettings known, WarehouseBody body) => new()
    {
        Code = code,
        Name = body.Name ?? known.Name,
        HasLocation = body.Location is not null || known.HasLocation,
        Latitude = body.Location is { } at ? (long)Math.Round(at.Lat * 1e7) : known.Latitude,
        Longitude = body.Location is { } to ? (long)Math.Round(to.Lon * 1e7) : known.Longitude,
        ColdChain = body.ColdChain ?? known.ColdChain,
        CapacityPerDay = body.CapacityPerDay ?? known.CapacityPerDay,
        State = body.State switch { "open" => WarehouseState.Open, "paused" => WarehouseState.Paused, _ => known.State },
    };

    static bool OnlyStateDiffers(WarehouseSettings? known, WarehouseSettings wanted)
    {
        if (known is null) return false;
        var sameState = Merge(known.Code, wanted, new WarehouseBody(null, null, null, null, known.State == WarehouseState.Open ? "open" : "paused"));
        return sameState.SameAs(known);
    }

    async Task<IResult> List(HttpContext http)
    {
        var faults = new Engine.Adapters.Canonical.Faults();
        var listing = Listing.Read(http, faults);
        if (faults.Any) return Problems.Invalid(faults.Found);
        var (kind, warehouses) = await ReadAll();
        if (warehouses is null) return Answers.Failure(kind);
        var rates = await RatesAsync();
        var page = listing.Page(warehouses.Where(w => http.Caller().MaySee(w.Code)), w => w.Code, w => WarehouseJson.Of(w, rates.GetValueOrDefault(w.Code)));
        return Answers.Ok(page, ApiJson.Default.ListJsonWarehouseJson);
    }

    async Task<IResult> Get(HttpContext http)
    {
        var code = http.Segment("warehouse");
        if (!http.Caller().MaySee(code)) return Problems.Of(Code.Forbidden, "The key is bound to other warehouses.");
        var (kind, warehouses) = await ReadAll();
        if (warehouses is null) return Answers.Failure(kind);
        if (Array.Find(warehouses, w => w.Code == code) is not { } found) return Problems.Of(Code.UnknownWarehouse, "No warehouse has this code.");
        return Answers.Ok(WarehouseJson.Of(found, (await RatesAsync()).GetValueOrDefault(code)), ApiJson.Default.WarehouseJson);
    }

    /// <summary>Every partition has all of them; the first is as good as any.</summary>
    async Task<(AnswerKind, WarehouseSettings[]?)> ReadAll()
    {
        var answer = await engine.ReadAsync<DirectoryActor>(ActorId.Directory(0), static (directory, now) => directory.View(now));
        return (answer.Kind, answer.Reply as WarehouseSettings[]);
    }

    async Task<Dictionary<string, double>> RatesAsync()
    {
        var stocks = await scans.AllAsync(Scans.Warehouses);
        return stocks.SelectMany(s => s).GroupBy(s => s.Warehouse).ToDictionary(
            g => g.Key, g => g.Sum(s => s.OnHand) is var onHand and > 0 ? (double)g.Sum(s => s.Promised) / onHand : 0);
    }
}
