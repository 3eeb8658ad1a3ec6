using System.Globalization;
using System.Text;
using Engine.Adapters.Tables;
using Npgsql;
using NpgsqlTypes;

namespace Engine.Adapters.Views.Postgres;

/// <summary>
/// The SQL of the read models, as SQLite has it, on PostgreSQL. What writes is queued and goes out with many others in one round
/// trip; what reads sends the queue ahead of itself and takes all rows at once, so that several can be open on one connection.
/// </summary>
sealed class PostgresStatement(PostgresViewConnection connection, PostgresSql sql) : Statement
{
    const char Replacement = '\uFFFD';

    readonly List<NpgsqlParameter> _given = [];
    List<object?[]>? _rows;
    int _row = -1;

    public override Statement With(string value)
    {
        var text = Storable(value);
        Check(Encoding.UTF8.GetBytes(text));
        _given.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = text });
        return this;
    }

    /// <summary>PostgreSQL holds no NUL in a text, and no half of a character.</summary>
    static string Storable(string value)
    {
        var text = value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value)) : value;
        return text.Replace('\0', Replacement);
    }

    // Of a type that the server infers from where it stands, so that a null and a number are the same statement.
    protected override void Bind(long value) => _given.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = value.ToString(CultureInfo.InvariantCulture) });

    protected override void Bind(ReadOnlySpan<byte> value) => _given.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bytea, Value = value.ToArray() });

    protected override void BindNull() => _given.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = DBNull.Value });

    public override void Run()
    {
        if (sql.IsQuery)
        {
            base.Run();
            return;
        }
        try
        {
            connection.Queue(Command());
        }
        finally
        {
            Reset();
        }
    }

    public override bool Step()
    {
        _rows ??= connection.Query(Command());
        return ++_row < _rows.Count;
    }

    public override void Reset()
    {
        _given.Clear();
        (_rows, _row) = (null, -1);
        base.Reset();
    }

    NpgsqlBatchCommand Command()
    {
        var command = new NpgsqlBatchCommand(sql.Text);
        // A statement may be given more than it uses.
        foreach (var used in sql.Uses) command.Parameters.Add(_given[used]);
        return command;
    }

    public override bool IsNull(int column) => Value(column) is null;
    public override long Long(int column) => Convert.ToInt64(Value(column), CultureInfo.InvariantCulture);
    public override string Text(int column) => (string)Value(column)!;
    public override ReadOnlySpan<byte> Blob(int column) => Value(column) is string text ? Encoding.UTF8.GetBytes(text) : (byte[]?)Value(column);
    protected override bool IsLong(int column) => Value(column) is long;

    object? Value(int column) => _rows![_row][column];

    public override void Dispose() { }
}
