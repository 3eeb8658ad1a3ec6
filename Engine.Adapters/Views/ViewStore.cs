using System.Collections.Concurrent;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Sqlite;
using Microsoft.Data.Sqlite;

namespace Engine.Adapters.Views;

/// <summary>
/// One file of read models, open: the connection that writes, for its projector alone, and reading ones for everybody. What is
/// found damaged is remembered, and from then on nothing is read from it.
/// </summary>
sealed class ViewStore : IDisposable
{
    readonly IDomain _domain;
    readonly ConcurrentBag<ViewReader> _idle = [];
    volatile string? _damage;

    /// <param name="isAlone">Made from nothing, and read by nobody until it is closed and put in its place.</param>
    public ViewStore(string path, int partitions, IDomain domain, bool isAlone = false)
    {
        (Path, _domain) = (path, domain);
        try
        {
            string? remade = null;
            Writer = isAlone ? ViewFile.MakeAlone(path, partitions) : ViewFile.OpenForWriting(path, partitions, out remade);
            Remade = remade;
        }
        catch (SqliteException e)
        {
            throw Unavailable(e);
        }
    }

    public string Path { get; }
    public SqliteConnection Writer { get; }
    /// <summary>Why what was there had to be thrown away.</summary>
    public string? Remade { get; }
    public string? Damage => _damage;

    public long Bytes => new[] { Path, Path + "-wal" }.Sum(f => new FileInfo(f) is { Exists: true } file ? file.Length : 0);

    public void Condemn(string damage) => _damage ??= damage;

    /// <exception cref="StoreUnavailableException">The file is damaged or out of reach.</exception>
    public T Read<T>(Func<ViewReader, T> read)
    {
        if (_damage is { } damage) throw new StoreUnavailableException($"{Path} is damaged and is made anew: {damage}");
        try
        {
            if (!_idle.TryTake(out var reader)) reader = new ViewReader(ViewFile.OpenForReading(Path), _domain);
            try
            {
                var result = reader.InOneMoment(read);
                _idle.Add(reader);
                return result;
            }
            catch
            {
                // What is wrong may lie in the connection: the next read opens a new one.
                reader.Dispose();
                throw;
            }
        }
        catch (DamagedRowException e)
        {
            Condemn(e.Message);
            throw new StoreUnavailableException($"{Path} is damaged and is made anew: {e.Message}", e);
        }
        catch (SqliteException e)
        {
            if (ViewFile.IsDamage(e)) Condemn(e.Message);
            throw Unavailable(e);
        }
    }

    StoreUnavailableException Unavailable(SqliteException e) => new($"{Path} can't be read: {e.Message}", e);

    /// <summary>Brings the log home and closes. Nobody reads any more.</summary>
    public void Dispose()
    {
        while (_idle.TryTake(out var reader)) reader.Dispose();
        TruncateLog();
        Writer.Dispose();
    }

    void TruncateLog()
    {
        try
        {
            using var truncate = new Statement(Writer, ViewSql.TruncateLog);
            truncate.Run();
        }
        catch (SqliteException)
        {
            // A damaged file is thrown away, and any other keeps its log beside it.
        }
    }
}

/// <summary>A reading connection; used by one thread at a time.</summary>
sealed class ViewReader(SqliteConnection connection, IDomain domain) : IDisposable
{
    readonly Statement _begin = new(connection, ViewSql.BeginRead);
    readonly Statement _commit = new(connection, ViewSql.Commit);

    public PastReader Past { get; } = new(connection, domain);
    public Statement Lines { get; } = new(connection, ViewSql.ReadLines);

    /// <summary>A statement for one question.</summary>
    public Statement Prepare(string sql) => new(connection, sql);

    /// <summary>All that is read within sees the tables as they are at one moment.</summary>
    public T InOneMoment<T>(Func<ViewReader, T> read)
    {
        _begin.Run();
        var result = read(this);
        _commit.Run();
        return result;
    }

    public FrameProgress[] Progress(int partitions)
    {
        using var read = Prepare(ViewSql.ReadProgress);
        return FrameProgress.Read(read, partitions);
    }

    public long? NumberOf(ActorId id)
    {
        using var find = Prepare(id.Kind == ActorKind.Sku ? ViewSql.FindSku : ViewSql.FindOrder);
        return find.With(id.Key).OneLong();
    }

    public void Dispose()
    {
        Past.Dispose();
        Lines.Dispose();
        _begin.Dispose();
        _commit.Dispose();
        connection.Dispose();
    }
}
