using Engine.Actors;
using Engine.Actors.Kernel;
using Engine.Actors.Verification;
using Engine.Adapters;
using Engine.Adapters.Journals.Postgres;
using Engine.Load.Torture;
using Engine.Tests.Host;
using Engine.Tests.Kernel;
using Npgsql;
using Xunit;

namespace Engine.Tests.Postgres;

/// <summary>A second server beside that of the collection.</summary>
public sealed class SecondServer : IAsyncLifetime
{
    public PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await PostgresServer.StartNewAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

/// <summary>The contract of every journal, over two servers, and what is special about several.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresShardsTests(PostgresFixture postgres, SecondServer second) : JournalContract, IClassFixture<SecondServer>
{
    static int _databases;
    readonly string _first = postgres.NewDatabase();
    readonly string _second = NewDatabase(second.Server);
    PostgresShards? _store;

    static string NewDatabase(PostgresServer server)
    {
        var name = $"shard_{Interlocked.Increment(ref _databases)}";
        PostgresFixture.Run(server.ConnectionString(), $"CREATE DATABASE {name}");
        return server.ConnectionString(name);
    }

    PostgresJournalOptions Options => new() { ConnectionString = _first, Partitions = Partitions };

    protected override IJournal Open()
    {
        _store?.Dispose();
        return _store = new PostgresShards(Options, [_second]);
    }

    protected override IJournal OpenAnother()
    {
        _store?.Dispose();
        foreach (var database in new[] { _first, _second }) PostgresFixture.Run(database, "DROP SCHEMA IF EXISTS engine CASCADE");
        return Open();
    }

    public override void Dispose()
    {
        _store?.Dispose();
        NpgsqlConnection.ClearAllPools();
    }

    [Fact]
    public async Task Each_database_has_its_range_of_partitions()
    {
        var journal = Open();
        for (var partition = 0; partition < Partitions; partition++) await journal.Write(TestWrite.OfFrame(partition, journal.Acquire(partition, "a").Epoch, 1));
        Assert.Equal(1, PostgresFixture.Scalar<int>(_first, "SELECT max(partition) FROM engine.journal"));
        Assert.Equal(2, PostgresFixture.Scalar<int>(_second, "SELECT min(partition) FROM engine.journal"));
        using var reader = new PostgresShardsReader([_first, _second], null);
        for (var partition = 0; partition < Partitions; partition++) Assert.Single(reader.ReadFrames(partition, 0));
    }

    [Fact]
    public void Databases_that_are_missing_swapped_or_of_another_store_are_refused()
    {
        Open();
        _store!.Dispose();
        Assert.Contains("one of 2 databases", Assert.Throws<StartupException>(() => new PostgresJournal(Options)).Message);
        Assert.Contains("number 1 of 2", Assert.Throws<StartupException>(() => new PostgresShards(Options with { ConnectionString = _second }, [_first])).Message);
        using (new PostgresShards(Options with { ConnectionString = postgres.NewDatabase() }, [NewDatabase(second.Server)])) { }
        var stranger = NewDatabase(second.Server);
        using (new PostgresShards(Options with { ConnectionString = postgres.NewDatabase() }, [stranger])) { }
        Assert.Contains("another store", Assert.Throws<StartupException>(() => new PostgresShards(Options, [stranger])).Message);
        Assert.Contains("one of 2 databases", Assert.Throws<StartupException>(() => new PostgresShardsReader([_first], null)).Message);
    }

    [Fact]
    public async Task An_engine_serves_over_two_servers_and_one_that_is_down_takes_only_its_own_partitions_along()
    {
        await using var fallible = await PostgresServer.StartNewAsync();
        using var folder = new TempFolder();
        var settings = new Dictionary<string, string?> { ["Engine:Store"] = "postgres", ["Engine:Postgres"] = _first, ["Engine:PostgresShards:0"] = fallible.ConnectionString() };
        await using (var host = await ApiHost.StartAsync(folder: folder, settings: settings))
        {
            for (var i = 0; i < 8; i++) await host.Admin.Stock($"S{i}", 10);
            await fallible.KillAsync();
            await host.Admin.Until("/health/ready", r => r.Status == 503);
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => host.Admin.Get($"/v1/skus/S{i}")));
            Assert.Contains(answers, r => r.Status == 200);
            await fallible.StartAsync();
            await host.Admin.Until("/health/ready", r => r.Status == 200);
            for (var i = 0; i < 8; i++)
            {
                // Told to come again, as everybody is while an outcome is settled.
                Reply placed;
                do placed = await host.Admin.Post("/v1/orders", Host.Orders.New($"{i}", ($"S{i}", 1)).ToJsonString());
                while (placed.Status == 503);
                Assert.Contains(placed.Status, new[] { 200, 201 });
            }
        }
        using var reader = new PostgresShardsReader([_first, fallible.ConnectionString()], null);
        Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()) { Settled = true }.Run().First);
    }
}
