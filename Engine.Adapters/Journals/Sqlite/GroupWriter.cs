using System.Runtime.InteropServices;
using Engine.Actors.Kernel;
using Microsoft.Data.Sqlite;

namespace Engine.Adapters.Journals.Sqlite;

/// <summary>
/// Carries groups of writes through a transaction and decides what became of each, also when the store fails.
/// <para>
/// A failure before the commit leaves nothing behind, and neither does a commit for which the disk had no room: what makes
/// a transaction valid is the last thing written. Any other failed commit may have put the whole transaction into the log
/// and failed only to flush it, and would then come back to life at the next start. So it is settled by a further small
/// commit, which takes that place in the log, and by looking in the same transaction whether the frames are there. While
/// that fails too, the outcome is unknown; whoever takes the partition over commits first and reads then, and so finds out.
/// </para>
/// <para>
/// The first frame that does not become durable breaks the streak (<see cref="IJournal.Streak"/>): before anybody is told, so that what is
/// submitted because of it is of the next.
/// </para>
/// </summary>
sealed class GroupWriter(WriteSession session, Action<WriteStep>? atStep) : IDisposable
{
    readonly List<WriteOutcome> _outcomes = [];
    volatile string? _trouble;
    long _transactions;
    long _durableWrites;
    long _streak = 1;

    public bool IsWritable => _trouble is null;
    public string? Trouble => _trouble;
    public long Transactions => Interlocked.Read(ref _transactions);
    public long DurableWrites => Interlocked.Read(ref _durableWrites);
    public long Streak => Interlocked.Read(ref _streak);

    public void Carry(List<JournalWrite> group)
    {
        var writes = CollectionsMarshal.AsSpan(group);
        if (TryCarry(writes)) return;
        // One write may have been too much for the store while the others fit: each gets its own chance, and its own outcome.
        for (var i = 0; i < writes.Length; i++)
        {
            if (writes.Length > 1 && TryCarry(writes.Slice(i, 1))) continue;
            Break(writes[i]);
            writes[i].Complete(WriteOutcome.Failed);
        }
    }

    /// <summary>Not durable, so nothing is that rests on it.</summary>
    void Break(JournalWrite write)
    {
        if (write.Streak == _streak) Interlocked.Increment(ref _streak);
    }

    /// <summary>Other work, in a transaction of its own.</summary>
    /// <exception cref="SqliteException" />
    public T Carry<T>(Func<WriteSession, T> work, bool inTransaction)
    {
        if (!inTransaction) return work(session);
        try
        {
            session.Begin();
            var result = work(session);
            session.Commit();
            _trouble = null;
            return result;
        }
        catch (SqliteException e)
        {
            Abandon(e);
            throw;
        }
    }

    /// <summary>What is due from time to time: to find out whether the store has recovered, and to erase dropped keys for good.</summary>
    public void Tend()
    {
        try
        {
            if (!IsWritable)
            {
                session.Probe();
                _trouble = null;
            }
            if (session.HasDroppedKeys) session.EraseDroppedKeys();
        }
        catch (SqliteException e)
        {
            Abandon(e);
        }
    }

    /// <summary>Completes all of the group, or, when the store failed before the commit, nothing of it and returns false.</summary>
    bool TryCarry(ReadOnlySpan<JournalWrite> group)
    {
        _outcomes.Clear();
        try
        {
            session.Begin();
            foreach (var write in group)
            {
                _outcomes.Add(write.Streak < _streak ? WriteOutcome.Failed : session.TryWrite(write) ? WriteOutcome.Durable : WriteOutcome.Refused);
                if (_outcomes[^1] == WriteOutcome.Refused) Break(write);
            }
            atStep?.Invoke(WriteStep.Written);
        }
        catch (Exception e) when (e is SqliteException or InvalidDataException)
        {
            Abandon(e);
            return false;
        }

        try
        {
            atStep?.Invoke(WriteStep.Committing);
            session.Commit();
            atStep?.Invoke(WriteStep.Committed);
            _trouble = null;
            Interlocked.Increment(ref _transactions);
        }
        catch (SqliteException e)
        {
            Abandon(e);
            var outcome = e.SqliteErrorCode == SQLitePCL.raw.SQLITE_FULL ? WriteOutcome.Failed : Settle(group);
            for (var i = 0; i < group.Length; i++)
            {
                if (_outcomes[i] != WriteOutcome.Durable) continue;
                _outcomes[i] = outcome;
                if (outcome != WriteOutcome.Durable) Break(group[i]);
            }
        }
        CompleteAll(group);
        return true;
    }

    void CompleteAll(ReadOnlySpan<JournalWrite> group)
    {
        for (var i = 0; i < group.Length; i++)
        {
            if (_outcomes[i] == WriteOutcome.Durable) Interlocked.Increment(ref _durableWrites);
            group[i].Complete(_outcomes[i]);
        }
    }

    /// <summary>What became of the writes of a group whose commit failed. They share one fate, so any frame among them tells.</summary>
    WriteOutcome Settle(ReadOnlySpan<JournalWrite> group)
    {
        JournalWrite? witness = null;
        for (var i = 0; i < group.Length && witness is null; i++)
            if (_outcomes[i] == WriteOutcome.Durable && group[i].Sequence != 0) witness = group[i];

        try
        {
            session.Begin();
            session.Settle();
            var isThere = witness is not null && session.Holds(witness);
            atStep?.Invoke(WriteStep.Settling);
            session.Commit();
            if (isThere) _trouble = null;
            return witness is null ? WriteOutcome.Unknown : isThere ? WriteOutcome.Durable : WriteOutcome.Failed;
        }
        catch (SqliteException e)
        {
            Abandon(e);
            return WriteOutcome.Unknown;
        }
    }

    void Abandon(Exception cause)
    {
        _trouble = cause.Message;
        session.ForgetTails();
        try
        {
            session.Rollback();
        }
        catch (SqliteException e)
        {
            // The next transaction begins by rolling this one back.
            _trouble = e.Message;
        }
    }

    public void Dispose() => session.Dispose();
}
