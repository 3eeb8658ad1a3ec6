using Engine.Adapters.Sqlite;
using Engine.Adapters.Tables;
using Microsoft.Data.Sqlite;

namespace Engine.Adapters.Views.Sqlite;

sealed class SqliteViewConnection : ViewConnection
{
    readonly bool _isWriter;
    readonly Statement _begin, _beginRead, _commit, _rollback;

    public SqliteViewConnection(SqliteConnection connection, bool isWriter)
    {
        (Connection, _isWriter) = (connection, isWriter);
        (_begin, _beginRead) = (Prepare(ViewSql.Begin), Prepare(ViewSql.BeginRead));
        (_commit, _rollback) = (Prepare(ViewSql.Commit), Prepare(ViewSql.Rollback));
    }

    public SqliteConnection Connection { get; }

    public override Statement Prepare(string sql) => new SqliteStatement(Connection, sql);

    public override void Begin() => _begin.Run();
    public override void BeginRead() => _beginRead.Run();
    public override void Commit() => _commit.Run();

    public override void Rollback()
    {
        if (SQLitePCL.raw.sqlite3_get_autocommit(Connection.Handle) == 0) _rollback.Run();
    }

    /// <summary>Closes; who writes brings the log home before, so that the file can be moved.</summary>
    public override void Dispose()
    {
        if (_isWriter) TruncateLog();
        foreach (var statement in new[] { _begin, _beginRead, _commit, _rollback }) statement.Dispose();
        Connection.Dispose();
    }

    void TruncateLog()
    {
        try
        {
            using var truncate = Prepare(ViewSql.TruncateLog);
            truncate.Run();
        }
        catch (SqliteException)
        {
            // A damaged file is thrown away, and any other keeps its log beside it.
        }
    }
}
