using Engine.Adapters.Sqlite;
using Microsoft.Data.Sqlite;

namespace Engine.Adapters.Views.Sqlite;

/// <summary>Read models in a file of their own beside the journal; another is made beside it and moved over it.</summary>
sealed class ViewFile(string path, string rebuildPath) : ViewPlace
{
    const int BusyMilliseconds = 5000;

    public override string Name => path;

    public override long Bytes => new[] { path, path + "-wal" }.Sum(f => new FileInfo(f) is { Exists: true } file ? file.Length : 0);

    public override ViewConnection OpenForWriting(int partitions, out string? remade)
    {
        remade = null;
        if (File.Exists(path))
        {
            try
            {
                var found = Open(path, SqliteOpenMode.ReadWrite, ViewSql.PrepareWriter);
                if (IsOurs(found, partitions)) return new SqliteViewConnection(found, isWriter: true);
                found.Dispose();
                remade = "it is of another shape";
            }
            catch (SqliteException e) when (IsDamage(e))
            {
                remade = e.Message;
            }
            Delete(path);
        }
        return Make(path, ViewSql.PrepareWriter, partitions);
    }

    public override ViewConnection MakeAlone(int partitions)
    {
        Delete(rebuildPath);
        return Make(rebuildPath, ViewSql.PrepareAlone, partitions);
    }

    public override ViewConnection OpenForReading() => new SqliteViewConnection(Open(path, SqliteOpenMode.ReadOnly, ViewSql.PrepareReader), isWriter: false);

    public override void Delete(ViewConnection? writer, Action close)
    {
        close();
        Delete(path);
    }

    public override void DeleteAlone() => Delete(rebuildPath);

    public override void Replace(ViewConnection? writer, Action close)
    {
        close();
        Finish(rebuildPath);
        Delete(path);
        File.Move(rebuildPath, path);
    }

    public override bool IsFault(Exception e) => e is SqliteException;

    public override bool IsDamage(Exception e) => e is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB };

    /// <summary>Brings a finished file to the disk.</summary>
    static void Finish(string path)
    {
        using (var connection = Open(path, SqliteOpenMode.ReadWrite, ViewSql.EndAlone)) { }
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    static void Delete(string path)
    {
        foreach (var file in new[] { path, path + "-wal", path + "-shm" }) File.Delete(file);
    }

    static SqliteConnection Open(string path, SqliteOpenMode mode, string pragmas)
    {
        var connection = SqliteFile.Connection(path, mode);
        try
        {
            SqliteFile.Open(connection, BusyMilliseconds, pragmas);
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
        using var made = new SqliteStatement(connection, ViewSql.IsMade);
        if (made.OneLong() is null or 0) return false;
        using var meta = new SqliteStatement(connection, ViewSql.ReadMeta);
        try
        {
            return meta.Step() && meta.Long(0) == ViewSql.Version && meta.Long(1) == partitions;
        }
        finally
        {
            meta.Reset();
        }
    }

    static SqliteViewConnection Make(string path, string pragmas, int partitions)
    {
        var connection = Open(path, SqliteOpenMode.ReadWriteCreate, ViewSql.CreateFile + pragmas);
        SqliteFile.Execute(connection, $"BEGIN; {ViewSql.CreateTables}");
        using (var meta = new SqliteStatement(connection, ViewSql.InsertMeta)) meta.With(ViewSql.Version).With(partitions).Run();
        SqliteFile.Execute(connection, ViewSql.Commit);
        return new SqliteViewConnection(connection, isWriter: true);
    }
}
