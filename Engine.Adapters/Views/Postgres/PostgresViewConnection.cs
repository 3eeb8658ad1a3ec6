using System.Data;
using Engine.Adapters.Journals.Postgres;
using Engine.Adapters.Tables;
using Npgsql;

namespace Engine.Adapters.Views.Postgres;

/// <summary>A connection to the tables of one schema, and what is to be written on it.</summary>
/// <param name="leads">Nobody else writes to these tables anyway.</param>
sealed class PostgresViewConnection(NpgsqlConnection connection, bool leads) : ViewConnection
{
    /// <summary>Enough to make the round trip's cost small.</summary>
    const int QueuedMax = 500;

    NpgsqlBatch? _queue;
    NpgsqlTransaction? _transaction;
    bool _leads = leads;
    // Which tables it leads, for their names may come to mean others; null where nobody else can put any there.
    long? _tables;

    public NpgsqlConnection Connection => connection;

    public override bool IsBroken => connection.FullState != ConnectionState.Open;

    public override Statement Prepare(string sql) => new PostgresStatement(this, PostgresSql.Of(sql));

    public override void Begin() => _transaction = connection.BeginTransaction();

    public override void BeginRead() => _transaction = connection.BeginTransaction(IsolationLevel.RepeatableRead);

    public override void Commit()
    {
        Flush();
        _transaction?.Commit();
        EndTransaction();
    }

    public override void Rollback()
    {
        _queue = null;
        try
        {
            if (!IsBroken) _transaction?.Rollback();
        }
        finally
        {
            EndTransaction();
        }
    }

    public override bool TryLead()
    {
        if (_leads) return true;
        _leads = connection.Scalar<bool>(PostgresViews.TryLead);
        if (_leads) _tables = Tables;
        return _leads;
    }

    public override bool IsReplaced => _tables is { } tables && tables != Tables;

    long Tables => connection.Scalar<long>(PostgresViews.ReadIdentity);

    public void Queue(NpgsqlBatchCommand command)
    {
        _queue ??= new NpgsqlBatch(connection);
        _queue.BatchCommands.Add(command);
        if (_queue.BatchCommands.Count >= QueuedMax) Flush();
    }

    public List<object?[]> Query(NpgsqlBatchCommand command)
    {
        var batch = _queue ?? new NpgsqlBatch(connection);
        batch.BatchCommands.Add(command);
        _queue = null;
        using (batch)
        using (var reader = batch.ExecuteReader())
        {
            List<object?[]> rows = [];
            // What only writes brings no result, so the one that comes is the question's.
            while (reader.Read()) rows.Add(Row(reader));
            while (reader.NextResult()) { }
            return rows;
        }
    }

    static object?[] Row(NpgsqlDataReader reader)
    {
        var row = new object?[reader.FieldCount];
        for (var i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
        return row;
    }

    void Flush()
    {
        using var batch = _queue;
        _queue = null;
        batch?.ExecuteNonQuery();
    }

    void EndTransaction()
    {
        _transaction?.Dispose();
        _transaction = null;
    }

    /// <summary>The pool keeps the session, and a session keeps its locks.</summary>
    public override void Dispose()
    {
        try
        {
            if (!IsBroken) connection.Run(PostgresViews.StopLeading);
        }
        catch (NpgsqlException)
        {
            // Then the session is gone, and its locks with it.
        }
        connection.Dispose();
    }
}
