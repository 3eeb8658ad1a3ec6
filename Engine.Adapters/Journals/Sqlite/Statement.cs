using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Engine.Adapters.Journals.Sqlite;

/// <summary>
/// A statement prepared once and run many times, without a command, reader and parameter objects for each run: parameters
/// are given in order with <see cref="With(long)"/>, blobs straight from borrowed memory.
/// </summary>
sealed class Statement : IDisposable
{
    readonly sqlite3 _database;
    readonly sqlite3_stmt _statement;
    int _given;

    public Statement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("the connection is closed");
        Check(raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public Statement With(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_given, value));
        return this;
    }

    public Statement With(string value)
    {
        Check(raw.sqlite3_bind_text(_statement, ++_given, value));
        return this;
    }

    public Statement With(ReadOnlySpan<byte> value)
    {
        // An empty span has no address and would be bound as NULL.
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, ++_given, 0) : raw.sqlite3_bind_blob(_statement, ++_given, value));
        return this;
    }

    /// <summary>Runs to the end, past any rows.</summary>
    public void Run()
    {
        try
        {
            while (Step()) { }
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>To the next row; false when there is none. <see cref="Reset"/> must follow, whatever comes of it.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW) return true;
        if (result != raw.SQLITE_DONE) Check(result);
        return false;
    }

    /// <summary>Ends a run, and with it the read transaction it may hold open.</summary>
    public void Reset()
    {
        // Its result repeats the error of the step, which was thrown from there.
        raw.sqlite3_reset(_statement);
        raw.sqlite3_clear_bindings(_statement);
        _given = 0;
    }

    /// <summary>The first column of the only row, or null.</summary>
    public long? OneLong()
    {
        try
        {
            return Step() && !IsNull(0) ? Long(0) : null;
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>The first column of the only row, or null.</summary>
    public byte[]? OneBlob()
    {
        try
        {
            return Step() ? Blob(0).ToArray() : null;
        }
        finally
        {
            Reset();
        }
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;
    public long Long(int column) => raw.sqlite3_column_int64(_statement, column);
    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

    /// <summary>Valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    public void Dispose() => _statement.Dispose();

    void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
