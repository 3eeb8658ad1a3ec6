using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Engine.Adapters.Sqlite;

/// <summary>Connections to database files.</summary>
static class SqliteFile
{
    const int NoMemoryStatistics = 0;

    /// <summary>
    /// Every connection here is used by one thread at a time, so SQLite need not take its lock for each parameter and each column,
    /// nor one for each piece of memory to count it. Where another part of the process was first with SQLite, it goes on locking.
    /// </summary>
    static SqliteFile()
    {
        Batteries_V2.Init();
        raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
        raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, NoMemoryStatistics);
    }

    /// <summary>Not open yet. Without a pool: who opens it keeps it with its statements, and it is closed when that one says so.</summary>
    public static SqliteConnection Connection(string path, SqliteOpenMode mode) =>
        new(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());

    /// <param name="busyMilliseconds">How long it waits for somebody else's lock.</param>
    public static void Open(SqliteConnection connection, int busyMilliseconds, string pragmas)
    {
        connection.Open();
        raw.sqlite3_busy_timeout(connection.Handle, busyMilliseconds);
        Execute(connection, pragmas);
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
