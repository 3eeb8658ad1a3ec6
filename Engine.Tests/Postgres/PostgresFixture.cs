using Engine.Load.Torture;
using Npgsql;
using Xunit;

namespace Engine.Tests.Postgres;

/// <summary>One private server for all classes of the collection; each test takes a database of its own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    int _databases;

    public PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await PostgresServer.StartNewAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();

    /// <summary>A new, empty database; its connection string.</summary>
    public string NewDatabase()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        Run(Server.ConnectionString(), $"CREATE DATABASE {name} TEMPLATE template0");
        return Server.ConnectionString(name);
    }

    public static void Run(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    public static T Scalar<T>(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return (T)command.ExecuteScalar()!;
    }
}

[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresFixture>
{
    public const string Name = "PostgreSQL";
}

/// <summary>Clusters have servers of their own: what they mostly do is wait for leases, and others need not wait for them.</summary>
[CollectionDefinition(Name)]
public sealed class ClusterCollection : ICollectionFixture<PostgresFixture>
{
    public const string Name = "Clusters";
}

/// <summary>Half of them beside the other half.</summary>
[CollectionDefinition(Name)]
public sealed class FencingCollection : ICollectionFixture<PostgresFixture>
{
    public const string Name = "Fencing";
}
