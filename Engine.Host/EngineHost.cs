using System.Security.Cryptography;
using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Cluster;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Adapters;
using Engine.Adapters.Journals;
using Engine.Adapters.Journals.Postgres;
using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Keys;
using Engine.Adapters.Views;
using Engine.Host.Api;
using Engine.Host.Cluster;
using Engine.Host.Ingress;
using Engine.Host.Metrics;
using Engine.Host.Security;
using Engine.Host.Settings;
using Engine.Host.Trials;
using Engine.Host.Upkeep;
using Engine.Host.Views;
using Serilog;
using Serilog.Events;
using Serilog.Settings.Configuration;

namespace Engine.Host;

/// <summary>Puts the process together: settings, store, engine, endpoints. Nothing is opened before it is started.</summary>
public static class EngineHost
{
    const int BodyBytesMax = 1 << 20;
    /// <summary>What ending in order may take. Whoever would kill the process after a time (deploy/) waits longer.</summary>
    internal static readonly TimeSpan ShutdownMax = TimeSpan.FromSeconds(40);

    /// <summary><c>appsettings.json</c> beside the executable, then the environment, then what the command line says.</summary>
    /// <exception cref="StartupException">The file can't be read.</exception>
    public static IConfiguration Configuration(IReadOnlyDictionary<string, string?> commandLine) =>
        SettingsReader.Build(new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true, reloadOnChange: false)
            .AddEnvironmentVariables()
            .AddInMemoryCollection(commandLine));

    /// <exception cref="StartupException">The settings can't be used.</exception>
    /// <param name="replace">For tests: puts other parts in the place of these.</param>
    public static WebApplication Build(IConfiguration configuration, TimeProvider? time = null, Action<IServiceCollection>? replace = null)
    {
        var settings = SettingsReader.Read(configuration);
        FaultPoints.Refuse(settings.Urls);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, ApplicationName = "Engine.Host" });
        builder.Logging.AddSerilog(Logger(configuration), dispose: true);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownMax);
        AddServer(builder, settings);
        AddEngine(builder.Services, settings, time ?? FaultPoints.Clock);
        AddEndpoints(builder.Services);
        replace?.Invoke(builder.Services);

        var app = builder.Build();
        FaultPoints.Use(app);
        app.UseMiddleware<RequestMetrics>();
        app.UseMiddleware<ErrorMiddleware>();
        app.UseRouting();
        app.UseMiddleware<AccessMiddleware>();
        MapEndpoints(app);
        return app;
    }

    static Serilog.ILogger Logger(IConfiguration configuration) => new LoggerConfiguration()
        .MinimumLevel.Information()
        .MinimumLevel.Override("Microsoft.AspNetCore", LogEventLevel.Warning)
        // While anything would be logged there, an activity and a scope are made for each request. What fails is logged by ErrorMiddleware.
        .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off)
        // The framework's word, a page of its calls, for what goes on to whoever starts the host and is told there.
        .Filter.ByExcluding(e => e.MessageTemplate.Text == "Hosting failed to start")
        .WriteTo.Console(outputTemplate: "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffzzz} {Level:u3} {Message:lj} <{SourceContext}>{NewLine}{Exception}", formatProvider: System.Globalization.CultureInfo.InvariantCulture)
        .ReadFrom.Configuration(configuration, new ConfigurationReaderOptions(typeof(ConsoleLoggerConfigurationExtensions).Assembly))
        .CreateLogger();

    static void AddServer(WebApplicationBuilder builder, EngineSettings settings)
    {
        builder.WebHost.UseKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = BodyBytesMax;
            server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            server.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        });
        builder.WebHost.UseUrls(settings.Urls.Split(';'));
        builder.Services.AddRouting();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            ApiJson.Configure(json.SerializerOptions);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        });
        builder.Services.AddOpenApi("v1", ApiDescription.Configure);
    }

    static void AddEngine(IServiceCollection services, EngineSettings settings, TimeProvider time)
    {
        services.AddSingleton(settings);
        services.AddSingleton(time);
        services.AddSingleton(Metrics);
        services.AddSingleton(settings.Sla.Clock());
        AddStore(services, settings, time);
        services.AddSingleton(sp => Master(sp.GetRequiredService<ISigningKeyStore>(), settings.MasterKeyPath));
        services.AddSingleton(sp => new PersonalSeal(sp.GetRequiredService<MasterKey>()));
        services.AddSingleton(sp => new SigningKeys(sp.GetRequiredService<ISigningKeyStore>(), sp.GetRequiredService<MasterKey>(), time.GetUtcNow().ToUnixTimeMilliseconds()));
        services.AddSingleton<ITokenKeys>(sp => new TokenKeys(sp.GetRequiredService<SigningKeys>(), settings.IsInCluster ? time : null));
        services.AddSingleton<SnapshotTokens>();
        services.AddSingleton(sp => Keys(sp, settings));
        services.AddSingleton(sp => new EngineNode(sp.GetRequiredService<IJournal>(), EngineDomain.Instance, time, settings.IsInCluster ? new BlockingThreads() : null, owner: settings.NodeName, fault: FaultPoints.Kernel)
        {
            Tails = sp.GetService<TailFile>(),
        });
        if (settings.IsInCluster) AddCluster(services, settings);
        else
        {
            services.AddSingleton<IEngine>(sp => sp.GetRequiredService<EngineNode>());
            services.AddSingleton(sp => new Scans(sp.GetRequiredService<IEngine>()));
        }
        services.AddSingleton<ClusterView>();
        services.AddSingleton<EngineLifetime>();
        services.AddHostedService(sp => sp.GetRequiredService<EngineLifetime>());
        services.AddSingleton<Census>();
        services.AddHostedService(sp => sp.GetRequiredService<Census>());
        services.AddHostedService<LockAuditor>();
        services.AddHostedService<RetiredKeys>();
        services.AddSingleton<ArchiveSchedule>();
        services.AddHostedService(sp => sp.GetRequiredService<ArchiveSchedule>());
        AddViews(services, settings, time);
    }

    static void AddCluster(IServiceCollection services, EngineSettings settings)
    {
        services.AddSingleton(_ => new Peers(settings.Cluster.Secret!, EngineDomain.Instance));
        services.AddSingleton(sp => new ClusterMember(
            new NodeRow($"{settings.NodeName}#{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}", settings.NodeName, settings.Cluster.Advertise!, FrameLayout.Version),
            sp.GetRequiredService<EngineNode>(), ((PostgresJournal)sp.GetRequiredService<IStore>()).Cluster, sp.GetRequiredService<Peers>()));
        services.AddSingleton<ClusterEngine>();
        services.AddSingleton<IEngine>(sp => sp.GetRequiredService<ClusterEngine>());
        services.AddSingleton(sp => new Scans(sp.GetRequiredService<EngineNode>(), sp.GetRequiredService<ClusterMember>(), sp.GetRequiredService<Peers>()));
        services.AddSingleton<ClusterEndpoints>();
        services.AddSingleton<HandingOn>();
        services.AddSingleton<ClusterService>();
        services.AddHostedService(sp => sp.GetRequiredService<ClusterService>());
        services.AddHostedService(sp => sp.GetRequiredService<HandingOn>());
    }

    static void AddViews(IServiceCollection services, EngineSettings settings, TimeProvider time)
    {
        services.AddSingleton<PersonIndex>();
        services.AddSingleton(sp =>
        {
            var (engine, log) = (sp.GetRequiredService<IEngine>(), sp.GetRequiredService<ILogger<ReadModels>>());
            return new ReadModels(new ReadModelOptions
            {
                Directory = settings.DataDirectory, Postgres = settings.Store == "postgres" ? settings.Postgres : null, Reader = settings.ViewsReader, Node = settings.NodeName,
                Journal = sp.GetRequiredService<IJournalReader>(),
                Domain = EngineDomain.Instance,
                Persons = sp.GetRequiredService<PersonIndex>(),
                Time = time,
                Durable = () => [.. engine.Status.Select(p => p.Sequence)],
                IsBusy = () => sp.GetRequiredService<EngineNode>().IsBusy,
                Remade = log.ViewsRemade,
                Failed = log.ViewsFailed,
            });
        });
        services.AddSingleton<ViewLists>();
        services.AddSingleton<TimeMachine>();
        services.AddSingleton<ViewDesk>();
        services.AddSingleton<PastDesk>();
        services.AddHostedService<ViewsService>();
    }

    static void AddStore(IServiceCollection services, EngineSettings settings, TimeProvider time)
    {
        // The embedded store locks its folder itself; beside PostgreSQL it holds keys and read models of one node.
        if (settings.Store == "postgres") services.AddSingleton(_ => StoreLock.Take(Directory.CreateDirectory(settings.DataDirectory).FullName, time));
        services.AddSingleton(sp =>
        {
            sp.GetService<StoreLock>();
            return Stores.Open(settings, time, atStep: FaultPoints.AtStep);
        });
        // An embedded store is of this machine; any other may come back as a standby that was behind.
        if (settings.Store == "postgres") services.AddSingleton(sp => new TailFile(Path.Combine(settings.DataDirectory, "acknowledged"), sp.GetRequiredService<IStore>().Partitions));
        services.AddSingleton(sp => FaultPoints.Around(sp.GetRequiredService<IStore>()));
        services.AddSingleton<IJournalReader>(sp => sp.GetRequiredService<IStore>());
        services.AddSingleton<ISigningKeyStore>(sp => sp.GetRequiredService<IStore>());
    }

    static EngineMetrics Metrics(IServiceProvider services)
    {
        var metrics = new EngineMetrics();
        metrics.Observe((IEngine)services.GetRequiredService<EngineNode>());
        if (services.GetService<ClusterMember>() is { } member) metrics.Observe(member, services.GetRequiredService<EngineNode>(), services.GetRequiredService<Peers>());
        metrics.Observe(services.GetRequiredService<Census>());
        metrics.Observe(services.GetRequiredService<ReadModels>());
        metrics.Observe(services.GetRequiredService<IStore>());
        return metrics;
    }

    /// <summary>A store that holds keys is sealed by a master key already: a new one would hide that it is missing.</summary>
    static MasterKey Master(ISigningKeyStore store, string path) => store.ReadSigningKeys().Any() ? MasterKey.Load(path) : MasterKey.LoadOrCreate(path);

    static ApiKeys Keys(IServiceProvider services, EngineSettings settings)
    {
        if (settings.Keys.Count > 0) return new ApiKeys(settings.Keys);
        // Behind the store: whoever holds its lock makes the key beside it.
        services.GetRequiredService<IJournal>();
        var key = AdminKeyFile.LoadOrCreate(settings.DataDirectory, out var path, out var isNew);
        var log = services.GetRequiredService<ILogger<ApiKeys>>();
        if (isNew) log.AdminKeyMade(path);
        else log.AdminKeyRead(path);
        return new ApiKeys([key]);
    }

    static void AddEndpoints(IServiceCollection services)
    {
        services.AddSingleton(_ => new BodyBudget());
        services.AddSingleton<Shops>();
        services.AddSingleton<PersonalDesk>();
        services.AddSingleton<CallClaims>();
        services.AddSingleton(sp => new NearDuplicates(sp.GetRequiredService<PersonalSeal>(), sp.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IntakeFactory>();
        services.AddSingleton<OrderDesk>();
        services.AddSingleton<OrderRenderer>();
        services.AddSingleton<OrderLineReservations>();
        services.AddSingleton<QuarantineDesk>();
        services.AddSingleton<TokenDesk>();
        services.AddSingleton<StockReader>();
        services.AddSingleton<CartDesk>();
        services.AddSingleton<WarehouseEndpoints>();
        services.AddSingleton<SkuEndpoints>();
        services.AddSingleton<AdjustmentDesk>();
        services.AddSingleton<AdjustmentEndpoints>();
        services.AddSingleton<ReservationEndpoints>();
        services.AddSingleton<CartEndpoints>();
        services.AddSingleton<OrderEndpoints>();
        services.AddSingleton<OrderListEndpoints>();
        services.AddSingleton<OrderActionEndpoints>();
        services.AddSingleton<WebhookEndpoints>();
        services.AddSingleton<QuarantineEndpoints>();
        services.AddSingleton<OperationEndpoints>();
        services.AddSingleton<ViewEndpoints>();
        services.AddSingleton<StockHistoryEndpoints>();
    }

    static void MapEndpoints(WebApplication app)
    {
        var routes = new Routes(app);
        WarehouseEndpoints.Map(routes);
        SkuEndpoints.Map(routes);
        AdjustmentEndpoints.Map(routes);
        ReservationEndpoints.Map(routes);
        CartEndpoints.Map(routes);
        OrderEndpoints.Map(routes);
        OrderListEndpoints.Map(routes);
        OrderActionEndpoints.Map(routes);
        WebhookEndpoints.Map(app);
        QuarantineEndpoints.Map(routes);
        OperationEndpoints.Map(routes);
        ViewEndpoints.Map(routes);
        StockHistoryEndpoints.Map(routes);
        ClusterView.Map(routes);
        if (app.Services.GetRequiredService<EngineSettings>().IsInCluster) ClusterEndpoints.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json").WithMetadata(OperationEndpoints.OnLoopback);
    }
}
