using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Postgres;
using Npgsql;

namespace Engine.Adapters.Views.Postgres;

/// <summary>
/// Read models in the schema <c>views</c>, which all nodes read and one projects: who holds an advisory lock on its connection.
/// Others are made in <c>views_rebuild</c> and renamed.
/// </summary>
/// <param name="reader">A role that may read the tables.</param>
sealed class PostgresViews(string connectionString, string node, string? reader) : ViewPlace
{
    const string LeadLock = "7238942110253";
    public const string TryLead = $"SELECT pg_try_advisory_lock({LeadLock})";
    public const string ReadIdentity = "SELECT coalesce(to_regclass('meta')::oid::bigint, 0)";
    public const string StopLeading = "SELECT pg_advisory_unlock_all()";
    const string NobodyLeads = $"SELECT pg_try_advisory_xact_lock({LeadLock})";
    const string LockMaking = "SELECT pg_advisory_xact_lock(7238942110252)";
    const string Schema = "views";
    const string RebuildSchema = "views_rebuild";
    const string IsMade = "SELECT to_regclass('views.meta') IS NOT NULL";
    const string ReadMeta = "SELECT version, partitions FROM views.meta";
    const string InsertMeta = "INSERT INTO meta(version, partitions) VALUES ($1, $2)";
    const string HoldsOther = "SELECT count(*) > 0 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'views'";
    const string Drop = "DROP SCHEMA IF EXISTS views CASCADE";
    const string DropRebuild = "DROP SCHEMA IF EXISTS views_rebuild CASCADE";
    const string Rename = "ALTER SCHEMA views_rebuild RENAME TO views";
    const string ReadBytes =
        "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'views' AND c.relkind = 'r'";
    const int RevisionBits = 32;

    readonly PostgresSource _source = new(connectionString, node, allowUnsafe: true);

    public override string Name => $"{_source.Name}, schema views";

    public override bool IsShared => true;

    public override long Bytes
    {
        get
        {
            try
            {
                // Not by one for readers: those are kept open by whoever has read, and there are no more.
                using var connection = _source.OpenControl();
                return connection.Scalar<long>(ReadBytes);
            }
            catch (Exception e) when (IsFault(e))
            {
                return 0;
            }
        }
    }

    public override ViewConnection OpenForWriting(int partitions, out string? remade)
    {
        using (var connection = _source.OpenControl())
        using (var transaction = connection.BeginTransaction())
        {
            connection.Run(LockMaking);
            remade = connection.Scalar<bool>(IsMade) ? Misfit(connection, partitions) : null;
            if (remade is not null)
            {
                // While builds change: who keeps these would write on into the new ones what belongs into its own.
                if (!connection.Scalar<bool>(NobodyLeads)) throw new StoreUnavailableException("the read models are kept by a node of another build");
                connection.Run(Drop);
            }
            if (!connection.Scalar<bool>(IsMade)) Make(connection, Schema, partitions);
            transaction.Commit();
        }
        return Open(_source.OpenProjecting(), Schema, leads: false);
    }

    public override ViewConnection MakeAlone(int partitions)
    {
        using (var connection = _source.OpenControl())
        using (var transaction = connection.BeginTransaction())
        {
            connection.Run(LockMaking);
            connection.Run(DropRebuild);
            Make(connection, RebuildSchema, partitions);
            transaction.Commit();
        }
        return Open(_source.OpenProjecting(), RebuildSchema, leads: true);
    }

    public override ViewConnection OpenForReading() => Open(_source.OpenReading(), Schema, leads: true);

    public override void Delete(ViewConnection? writer, Action close) => Exchange(writer, close, Drop);

    public override void DeleteAlone()
    {
        using var connection = _source.OpenControl();
        connection.Run(DropRebuild);
    }

    public override void Replace(ViewConnection? writer, Action close) => Exchange(writer, close, $"{Drop}; {Rename}");

    /// <summary>By the connection that holds the lock: whoever projects next finds the new tables.</summary>
    void Exchange(ViewConnection? writer, Action close, string sql)
    {
        try
        {
            if (writer is PostgresViewConnection { IsBroken: false } leading)
            {
                leading.Connection.Run(sql);
                return;
            }
            var connection = _source.OpenProjecting();
            using var alone = new PostgresViewConnection(connection, leads: false);
            if (!alone.TryLead()) throw new StartupException("The read models are kept by an engine that runs: ask it for the rebuild (--url).");
            connection.Run(sql);
        }
        finally
        {
            close();
        }
    }

    public override bool IsFault(Exception e) => e is StoreUnavailableException || PostgresSource.IsFault(e);

    public override bool IsDamage(Exception e) => e is PostgresException
    {
        SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted,
    };

    /// <summary>Why the tables can't be used as they are; null where they can.</summary>
    static string? Misfit(NpgsqlConnection connection, int partitions)
    {
        using var command = connection.Command(ReadMeta);
        using var row = command.ExecuteReader();
        if (!row.Read()) return "they say nothing of their shape";
        var version = row.GetInt64(0);
        if (version >> RevisionBits > ViewSql.Version >> RevisionBits) throw new StoreUnavailableException("the read models are those of a newer engine");
        return version == ViewSql.Version && row.GetInt64(1) == partitions ? null : "they are of another shape";
    }

    void Make(NpgsqlConnection connection, string schema, int partitions)
    {
        if (schema == Schema && connection.Scalar<bool>(HoldsOther)) throw new StoreUnavailableException("the schema views holds tables that are not the engine's");
        connection.Run($"CREATE SCHEMA IF NOT EXISTS {schema}; SET LOCAL search_path = {schema}; {PostgresSql.Tables(ViewSql.CreateTables)}");
        connection.Run(InsertMeta, ViewSql.Version, (long)partitions);
        if (reader is null) return;
        var role = $"\"{reader.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        connection.Run($"GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}");
    }

    static PostgresViewConnection Open(NpgsqlConnection connection, string schema, bool leads)
    {
        try
        {
            connection.Run($"SET search_path = {schema}");
            return new PostgresViewConnection(connection, leads);
        }
        catch
        {
            // Back to the pool, or it is soon empty.
            connection.Dispose();
            throw;
        }
    }

    public override void Dispose() => _source.Dispose();
}
