using System.Collections.Concurrent;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters.Tables;

namespace Engine.Adapters.Views;

/// <summary>
/// One set of read models, open: the connection that writes, for its projector alone, and reading ones for everybody. What is
/// found damaged is remembered, and from then on nothing is read from it.
/// </summary>
sealed class ViewStore : IDisposable
{
    readonly ViewPlace _place;
    readonly IDomain _domain;
    readonly ConcurrentBag<ViewReader> _idle = [];
    volatile string? _damage;

    /// <param name="isAlone">Made from nothing, and read by nobody until it is closed and put in its place.</param>
    public ViewStore(ViewPlace place, int partitions, IDomain domain, bool isAlone = false)
    {
        (_place, _domain) = (place, domain);
        try
        {
            string? remade = null;
            Writer = isAlone ? place.MakeAlone(partitions) : place.OpenForWriting(partitions, out remade);
            Remade = remade;
        }
        catch (Exception e) when (place.IsFault(e))
        {
            throw Unavailable(e);
        }
    }

    public ViewConnection Writer { get; }
    /// <summary>Why what was there had to be thrown away.</summary>
    public string? Remade { get; }
    public string? Damage => _damage;

    public void Condemn(string damage) => _damage ??= damage;

    /// <exception cref="StoreUnavailableException">The file is damaged or out of reach.</exception>
    public T Read<T>(Func<ViewReader, T> read)
    {
        if (_damage is { } damage) throw new StoreUnavailableException($"{_place.Name} is damaged and is made anew: {damage}");
        try
        {
            if (!_idle.TryTake(out var reader)) reader = new ViewReader(_place.OpenForReading(), _domain);
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
            throw new StoreUnavailableException($"{_place.Name} is damaged and is made anew: {e.Message}", e);
        }
        catch (Exception e) when (_place.IsFault(e))
        {
            if (_place.IsDamage(e)) Condemn(e.Message);
            throw Unavailable(e);
        }
    }

    StoreUnavailableException Unavailable(Exception e) => new($"{_place.Name} can't be read: {e.Message}", e);

    /// <summary>Closes. Nobody reads any more.</summary>
    public void Dispose()
    {
        while (_idle.TryTake(out var reader)) reader.Dispose();
        Writer.Dispose();
    }
}

/// <summary>A reading connection; used by one thread at a time.</summary>
sealed class ViewReader(ViewConnection connection, IDomain domain) : IDisposable
{
    public PastReader Past { get; } = new(connection, domain);
    public Statement Lines { get; } = connection.Prepare(ViewSql.ReadLines);

    /// <summary>A statement for one question.</summary>
    public Statement Prepare(string sql) => connection.Prepare(sql);

    /// <summary>All that is read within sees the tables as they are at one moment.</summary>
    public T InOneMoment<T>(Func<ViewReader, T> read)
    {
        connection.BeginRead();
        var result = read(this);
        connection.Commit();
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
        connection.Dispose();
    }
}
