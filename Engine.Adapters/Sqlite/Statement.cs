using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Engine.Adapters.Sqlite;

/// <summary>
/// A statement prepared once and run many times, without a command, reader and parameter objects for each run: parameters
/// are given in order with <see cref="With(long)"/>, blobs straight from borrowed memory.
/// </summary>
sealed class Statement : IDisposable
{
    const int TextOnStackMax = 512;

    readonly sqlite3 _database;
    readonly sqlite3_stmt _statement;
    int _given;
    RowCheck _check;

    public Statement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("the connection is closed");
        Check(raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public Statement With(long value)
    {
        _check.Add(value);
        Check(raw.sqlite3_bind_int64(_statement, ++_given, value));
        return this;
    }

    public Statement With(string value)
    {
        if (value.Length == 0)
        {
            // An empty span has no address and would be bound as NULL.
            _check.Add([]);
            Check(raw.sqlite3_bind_text(_statement, ++_given, ""));
            return this;
        }
        var count = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        var room = count <= TextOnStackMax ? stackalloc byte[TextOnStackMax] : rented = ArrayPool<byte>.Shared.Rent(count);
        ReadOnlySpan<byte> text = room[..Encoding.UTF8.GetBytes(value, room)];
        _check.Add(text);
        Check(raw.sqlite3_bind_text(_statement, ++_given, text));
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return this;
    }

    public Statement With(ReadOnlySpan<byte> value)
    {
        _check.Add(value);
        // An empty span has no address and would be bound as NULL.
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, ++_given, 0) : raw.sqlite3_bind_blob(_statement, ++_given, value));
        return this;
    }

    public Statement WithNull()
    {
        _check.AddNull();
        Check(raw.sqlite3_bind_null(_statement, ++_given));
        return this;
    }

    /// <summary>NULL for an empty text.</summary>
    public Statement WithOrNull(string? value) => string.IsNullOrEmpty(value) ? WithNull() : With(value);

    public Statement WithOrNull(long? value) => value is { } number ? With(number) : WithNull();

    /// <summary>The checksum of all values given so far, by which <see cref="RequireWhole"/> knows the row again.</summary>
    public Statement WithCheck() => With(_check.Value);

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
        _check = default;
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
    public long? LongOrNull(int column) => IsNull(column) ? null : Long(column);
    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();
    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>Valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    /// <summary>Holds the row's first columns against the checksum behind them, which was written by <see cref="WithCheck"/>.</summary>
    /// <exception cref="DamagedRowException">The row is not as it was written.</exception>
    public void RequireWhole(int columns, string what)
    {
        var check = default(RowCheck);
        for (var column = 0; column < columns; column++)
        {
            switch (raw.sqlite3_column_type(_statement, column))
            {
                case raw.SQLITE_INTEGER: check.Add(Long(column)); break;
                case raw.SQLITE_NULL: check.AddNull(); break;
                // Of a text, the same bytes as of a blob: UTF-8.
                default: check.Add(Blob(column)); break;
            }
        }
        if (check.Value != Long(columns)) throw new DamagedRowException($"a row of {what} is not as it was written");
    }

    public void Dispose() => _statement.Dispose();

    void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
