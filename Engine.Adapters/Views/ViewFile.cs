using Engine.Adapters.Sqlite;
using Microsoft.Data.Sqlite;

namespace Engine.Adapters.Views;

/// <summary>The file of the read models: how it is made, recognised, opened, moved and thrown away. All of it can be projected again.</summary>
static class ViewFile
{
    const int BusyMilliseconds = 5000;

    /// <summary>Opens the file, or makes it; one that is of another shape or damaged is made anew, and <paramref name="remade"/> says why.</summary>
    public static SqliteConnection OpenForWriting(string path, int partitions, out string? remade)
    {
        remade = null;
        if (File.Exists(path))
        {
            try
            {
                var found = Open(path, SqliteOpenMode.ReadWrite, ViewSql.PrepareWriter);
                if (IsOurs(found, partitions)) return found;
                found.Dispose();
                remade = "it is of another shape";
            }
            catch (SqliteException e) when (IsDamage(e))
            {
                remade = e.Message;
            }
            Delete(path);
        }
        var made = Open(path, SqliteOpenMode.ReadWriteCreate, ViewSql.CreateFile + ViewSql.PrepareWriter);
        Make(made, partitions);
        return made;
    }

    /// <summary>Makes a file that nobody reads until it takes its place (<see cref="Replace"/>); what was there is thrown away.</summary>
    public static SqliteConnection MakeAlone(string path, int partitions)
    {
        Delete(path);
        var made = Open(path, SqliteOpenMode.ReadWriteCreate, ViewSql.CreateFile + ViewSql.PrepareAlone);
        Make(made, partitions);
        return made;
    }

    /// <summary>Brings a finished file to the disk.</summary>
    static void Finish(string path)
    {
        using (var connection = Open(path, SqliteOpenMode.ReadWrite, ViewSql.EndAlone)) { }
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    public static SqliteConnection OpenForReading(string path) => Open(path, SqliteOpenMode.ReadOnly, ViewSql.PrepareReader);

    public static void Delete(string path)
    {
        foreach (var file in new[] { path, path + "-wal", path + "-shm" }) File.Delete(file);
    }

    /// <summary>Puts a finished file, which nobody has open any more, in the place of another.</summary>
    public static void Replace(string path, string by)
    {
        Finish(by);
        Delete(path);
        File.Move(by, path);
    }

    /// <summary>The file itself is broken, rather than out of reach.</summary>
    public static bool IsDamage(SqliteException e) => e.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB;

    // Pooling is off: connections are kept with their statements and closed when the file is replaced.
    static SqliteConnection Open(string path, SqliteOpenMode mode, string pragmas)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        try
        {
            connection.Open();
            SQLitePCL.raw.sqlite3_busy_timeout(connection.Handle, BusyMilliseconds);
            Execute(connection, pragmas);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    static bool IsOurs(SqliteConnection connection, int partitions)
    {
        using var made = new Statement(connection, ViewSql.IsMade);
        if (made.OneLong() is null or 0) return false;
        using var meta = new Statement(connection, ViewSql.ReadMeta);
        try
        {
            return meta.Step() && meta.Long(0) == ViewSql.Version && meta.Long(1) == partitions;
        }
        finally
        {
            meta.Reset();
        }
    }

    static void Make(SqliteConnection connection, int partitions)
    {
        Execute(connection, $"BEGIN; {ViewSql.CreateTables}");
        using (var meta = new Statement(connection, ViewSql.InsertMeta)) meta.With(ViewSql.Version).With(partitions).Run();
        Execute(connection, ViewSql.Commit);
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
