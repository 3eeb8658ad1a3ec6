using System.Buffers;
using System.Text;
using Engine.Adapters.Tables;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Engine.Adapters.Sqlite;

/// <summary>Without a command, reader and parameter objects for each run; blobs go straight from borrowed memory.</summary>
sealed class SqliteStatement : Statement
{
    const int TextOnStackMax = 512;

    readonly sqlite3 _database;
    readonly sqlite3_stmt _statement;
    int _given;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("the connection is closed");
        Check(raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public override Statement With(string value)
    {
        if (value.Length == 0)
        {
            // An empty span has no address and would be bound as NULL.
            Check([]);
            Check(raw.sqlite3_bind_text(_statement, ++_given, ""));
            return this;
        }
        var count = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        var room = count <= TextOnStackMax ? stackalloc byte[TextOnStackMax] : rented = ArrayPool<byte>.Shared.Rent(count);
        ReadOnlySpan<byte> text = room[..Encoding.UTF8.GetBytes(value, room)];
        Check(text);
        Check(raw.sqlite3_bind_text(_statement, ++_given, text));
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return this;
    }

    protected override void Bind(long value) => Check(raw.sqlite3_bind_int64(_statement, ++_given, value));

    // An empty span has no address and would be bound as NULL.
    protected override void Bind(ReadOnlySpan<byte> value) =>
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_statement, ++_given, 0) : raw.sqlite3_bind_blob(_statement, ++_given, value));

    protected override void BindNull() => ++_given;

    public override bool Step()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW) return true;
        if (result != raw.SQLITE_DONE) Check(result);
        return false;
    }

    /// <summary>Ends also the read transaction that a run may hold open.</summary>
    public override void Reset()
    {
        // Its result repeats the error of the step, which was thrown from there.
        raw.sqlite3_reset(_statement);
        raw.sqlite3_clear_bindings(_statement);
        _given = 0;
        base.Reset();
    }

    public override bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;
    public override long Long(int column) => raw.sqlite3_column_int64(_statement, column);
    public override string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();
    public override ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);
    protected override bool IsLong(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_INTEGER;

    public override void Dispose() => _statement.Dispose();

    void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
