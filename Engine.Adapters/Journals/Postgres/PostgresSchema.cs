using Npgsql;

namespace Engine.Adapters.Journals.Postgres;

/// <param name="Partitions">Of the whole store.</param>
/// <param name="Shard">Which of its databases this is, from 0.</param>
/// <param name="Shards">How many it is spread over.</param>
/// <param name="Store">Which store; all its databases say the same.</param>
/// <param name="IsMigrating">It is being filled from another store and is none yet.</param>
readonly record struct StoreMeta(int Format, int Partitions, int Shard, int Shards, Guid Store, bool IsMigrating)
{
    /// <exception cref="StartupException">It is not the database that stood at this place when the store was made.</exception>
    public void Require(int shard, int shards, Guid store, string name)
    {
        if (Shards != shards) throw new StartupException($"{name} is one of {Shards} databases of its store, and {shards} are set (Engine:Postgres, Engine:PostgresShards): that is fixed when the store is made.");
        if (Store != store) throw new StartupException($"{name} is of another store than the database in Engine:Postgres.");
        if (Shard != shard) throw new StartupException($"{name} was number {Shard} of {Shards} when the store was made, and is set as number {shard}: the order of Engine:Postgres, Engine:PostgresShards:0 and so on must stay.");
    }
}

/// <summary>How the tables are made, changed and recognised.</summary>
static class PostgresSchema
{
    /// <summary>Makes the tables where there are none and brings older ones up to date, one engine at a time.</summary>
    /// <exception cref="StartupException">The store is of a newer format.</exception>
    /// <exception cref="NpgsqlException" />
    public static StoreMeta Prepare(NpgsqlConnection connection, string name, PostgresJournalOptions options)
    {
        using var transaction = connection.BeginTransaction();
        connection.Run(Sql.LockSchema);
        if (!connection.Scalar<bool>(Sql.IsMade))
        {
            connection.Run(Sql.CreateTables);
            connection.Run(Sql.InsertMeta, Sql.Format, options.Partitions, options.Shard, options.Shards, options.Store ?? Guid.CreateVersion7(options.TimeProvider.GetUtcNow()), options.Migrates);
        }
        var meta = Read(connection, name);
        meta.Require(options.Shard, options.Shards, options.Store ?? meta.Store, name);
        if (meta.IsMigrating && !options.Migrates) throw new StartupException($"{name} is being filled from another store and is not whole: the same -- migrate again completes it.");
        // Of several databases the first becomes a store last.
        if (!meta.IsMigrating && options.Migrates && options.Shard == 0) throw new StartupException($"{name} holds a store already: nothing is moved over it.");
        for (var format = meta.Format + 1; format <= Sql.Format; format++)
        {
            connection.Run(Sql.Upgrades[format]);
            connection.Run(Sql.SetFormat, format);
        }
        connection.Run(Sql.CreateAppend);
        connection.Run(Sql.CreateRefuse);
        connection.Run(Sql.CreateTakeOver);
        transaction.Commit();
        return meta;
    }

    /// <exception cref="StartupException">The store is of a newer format.</exception>
    /// <exception cref="NpgsqlException" />
    public static StoreMeta Read(NpgsqlConnection connection, string name)
    {
        using var command = connection.Command(Sql.ReadMeta);
        using var row = command.ExecuteReader();
        if (!row.Read()) throw new StartupException($"{name} holds tables of an engine, but they do not say of which format.");
        var meta = new StoreMeta(row.GetInt32(0), row.GetInt32(1), row.GetInt32(2), row.GetInt32(3), row.GetGuid(4), row.GetBoolean(5));
        return meta.Format is > 0 and <= Sql.Format
            ? meta
            : throw new StartupException($"{name} is of format {meta.Format}, and this build knows formats up to {Sql.Format}: it was written by a newer engine.");
    }
}
