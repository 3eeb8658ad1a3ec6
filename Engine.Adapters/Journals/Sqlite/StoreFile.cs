using Engine.Actors.Kernel;
using Engine.Adapters.Sqlite;
using Microsoft.Data.Sqlite;

namespace Engine.Adapters.Journals.Sqlite;

/// <summary>The database file of a data folder: how it is made, recognised and opened.</summary>
static class StoreFile
{
    /// <summary>How long a connection waits for a lock that only somebody else's tool can hold.</summary>
    public const int BusyMilliseconds = 2000;

    public static string PathIn(string directory) => Path.Combine(Path.GetFullPath(directory), "journal.db");

    /// <exception cref="StartupException" />
    public static SqliteConnection OpenForWriting(SqliteJournalOptions options, out int partitions)
    {
        var connection = Connection(options.Directory, SqliteOpenMode.ReadWriteCreate);
        try
        {
            Open(connection, Sql.CreateFile + Sql.PrepareWriter);
            if (options.MaxPageCount > 0) SqliteFile.Execute(connection, $"PRAGMA max_page_count={options.MaxPageCount}");
            if (!IsMade(connection)) Make(connection, options);
            partitions = ReadPartitions(connection);
            if (ReadMoved(connection) is { } moved) throw new StartupException($"The store {connection.DataSource} was moved to {moved} and is closed for good. Serve from there (Engine:Store=postgres).");
            Upgrade(connection);
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new StartupException($"The store {connection.DataSource} can't be opened: {e.Message}", e);
        }
        catch (StartupException)
        {
            connection.Dispose();
            throw;
        }
    }

    /// <exception cref="StoreUnavailableException" />
    public static SqliteConnection OpenForReading(string directory)
    {
        var connection = Connection(directory, SqliteOpenMode.ReadOnly);
        try
        {
            Open(connection, Sql.PrepareReader);
            if (IsMade(connection) && !HasPlaces(connection)) SqliteFile.Execute(connection, Sql.SeePlaces);
            SqliteFile.Execute(connection, Sql.OnlyRead);
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new StoreUnavailableException(File.Exists(connection.DataSource) ? $"The store {connection.DataSource} can't be opened: {e.Message}" : $"There is no store in {Path.GetFullPath(directory)}.", e);
        }
    }

    /// <exception cref="StartupException">The file is no store, or one of a newer format.</exception>
    public static int ReadPartitions(SqliteConnection connection)
    {
        var (format, partitions) = ReadMeta(connection);
        return format is > 0 and <= Sql.Format or Sql.MovedFormat
            ? partitions
            : throw new StartupException($"The store {connection.DataSource} has format {format}, made by a newer build; this one reads up to {Sql.Format}.");
    }

    static (int Format, int Partitions) ReadMeta(SqliteConnection connection)
    {
        if (!IsMade(connection)) throw new StartupException($"{connection.DataSource} is not a store of this engine.");
        using var meta = new SqliteStatement(connection, Sql.ReadMeta);
        return meta.Step()
            ? ((int)meta.Long(0), (int)meta.Long(1))
            : throw new StartupException($"{connection.DataSource} is not a store of this engine: it does not say its format.");
    }

    static void Upgrade(SqliteConnection connection)
    {
        for (var format = ReadMeta(connection).Format + 1; format <= Sql.Format; format++)
        {
            using var transaction = connection.BeginTransaction();
            using var change = connection.CreateCommand();
            change.CommandText = Sql.Upgrades[format];
            change.ExecuteNonQuery();
            using (var meta = new SqliteStatement(connection, Sql.SetFormat)) meta.With(format).Run();
            transaction.Commit();
        }
    }

    /// <summary>Where the content of a store went; null for one that can be written.</summary>
    /// <exception cref="StoreUnavailableException" />
    public static string? MovedTo(string directory)
    {
        using var connection = OpenForReading(directory);
        return ReadMoved(connection);
    }

    static string? ReadMoved(SqliteConnection connection)
    {
        using var made = new SqliteStatement(connection, Sql.IsMoved);
        if (made.OneLong() == 0) return null;
        using var read = new SqliteStatement(connection, Sql.ReadMoved);
        return read.Step() ? read.Text(0) : null;
    }

    /// <summary>Durably closes a store for good; nobody else has it open. Once more is no change.</summary>
    /// <exception cref="StoreUnavailableException" />
    public static void Close(string directory, string movedTo, long at)
    {
        try
        {
            using var connection = Connection(directory, SqliteOpenMode.ReadWrite);
            Open(connection, Sql.PrepareWriter);
            if (ReadMoved(connection) is not null) return;
            using var transaction = connection.BeginTransaction();
            using (var create = new SqliteStatement(connection, Sql.CreateMoved)) create.Run();
            using (var insert = new SqliteStatement(connection, Sql.InsertMoved)) insert.With(movedTo).With(at).Run();
            using (var format = new SqliteStatement(connection, Sql.SetFormat)) format.With(Sql.MovedFormat).Run();
            transaction.Commit();
        }
        catch (SqliteException e)
        {
            throw new StoreUnavailableException($"The store in {directory} can't be closed: {e.Message}", e);
        }
    }

    static SqliteConnection Connection(string directory, SqliteOpenMode mode) => SqliteFile.Connection(PathIn(directory), mode);

    static void Open(SqliteConnection connection, string pragmas) => SqliteFile.Open(connection, BusyMilliseconds, pragmas);

    static bool IsMade(SqliteConnection connection)
    {
        using var made = new SqliteStatement(connection, Sql.IsMade);
        return made.OneLong() > 0;
    }

    static bool HasPlaces(SqliteConnection connection)
    {
        using var has = new SqliteStatement(connection, Sql.HasPlaces);
        return has.OneLong() > 0;
    }

    static void Make(SqliteConnection connection, SqliteJournalOptions options)
    {
        using var transaction = connection.BeginTransaction();
        using (var tables = connection.CreateCommand())
        {
            tables.CommandText = Sql.CreateTables;
            tables.ExecuteNonQuery();
        }
        using (var meta = new SqliteStatement(connection, Sql.InsertMeta))
            meta.With(Sql.Format).With(options.Partitions).With(options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds()).Run();
        transaction.Commit();
    }
}
