using Npgsql;

namespace Engine.Adapters.Journals.Postgres;

/// <param name="Partitions">Of the whole store.</param>
/// <param name="Shard">Which of its databases this is, from 0.</param>
/// <param name="Shards">How many it is spread over.</param>
readonly record struct StoreMeta(int Format, int Partitions, int Shard, int Shards);

/// <summary>How the tables are made, changed and recognised.</summary>
static class PostgresSchema
{
    /// <summary>Makes the tables where there are none and brings older ones up to date, one engine at a time.</summary>
    /// <exception cref="StartupException">The store is of a newer format.</exception>
    /// <exception cref="NpgsqlException" />
    public static StoreMeta Prepare(NpgsqlConnection connection, string name, int partitions, int shard, int shards)
    {
        using var transaction = connection.BeginTransaction();
        connection.Run(Sql.LockSchema);
        if (!connection.Scalar<bool>(Sql.IsMade))
        {
            connection.Run(Sql.CreateTables);
            connection.Run(Sql.InsertMeta, Sql.Format, partitions, shard, shards);
        }
        var meta = Read(connection, name);
        for (var format = meta.Format + 1; format <= Sql.Format; format++)
        {
            connection.Run(Sql.Upgrades[format]);
            connection.Run(Sql.SetFormat, format);
        }
        connection.Run(Sql.CreateAppend);
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
        var meta = new StoreMeta(row.GetInt32(0), row.GetInt32(1), row.GetInt32(2), row.GetInt32(3));
        return meta.Format is > 0 and <= Sql.Format
            ? meta
            : throw new StartupException($"{name} is of format {meta.Format}, and this build knows formats up to {Sql.Format}: it was written by a newer engine.");
    }
}
