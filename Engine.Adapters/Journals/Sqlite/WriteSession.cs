using Engine.Actors.Kernel;
using Engine.Adapters.Journals.Archives;
using Engine.Adapters.Keys;
using Engine.Adapters.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Engine.Adapters.Journals.Sqlite;

/// <summary>The writing connection and all that is done within its transactions; used by the writer thread alone.</summary>
sealed class WriteSession : IDisposable
{
    const long NotKnown = -1;

    /// <summary>Frames whose places are written together. Who reads looks through so many.</summary>
    const int PlacedAtOnce = 256;

    readonly SqliteConnection _connection;
    readonly List<SqliteStatement> _statements = [];
    readonly SqliteStatement _begin, _commit, _rollback, _settle, _readEpochs, _raiseEpoch, _readTail, _insertFrame, _readFrame;
    readonly SqliteStatement _insertKeys, _readKeys, _insertChunk, _deleteSegment, _writeCheckpoint, _placeFrames, _placeKeys, _setPlaced, _probe, _endProbe;

    // Nobody else writes to the store (StoreLock), so a tail once read stays known until a transaction fails.
    readonly long[] _tails;
    readonly long[] _epochs;
    // At the start nobody knows how many the last run left.
    int _unplaced = PlacedAtOnce;

    public WriteSession(SqliteConnection connection, int partitions)
    {
        _connection = connection;
        _tails = new long[partitions];
        _epochs = new long[partitions];
        Array.Fill(_tails, NotKnown);

        _begin = Prepare(Sql.Begin);
        _commit = Prepare(Sql.Commit);
        _rollback = Prepare(Sql.Rollback);
        _settle = Prepare(Sql.Settle);
        _readEpochs = Prepare(Sql.ReadEpochs);
        _raiseEpoch = Prepare(Sql.RaiseEpoch);
        _readTail = Prepare(Sql.ReadTail);
        _insertFrame = Prepare(Sql.InsertFrame);
        _readFrame = Prepare(Sql.ReadFrame);
        _insertKeys = Prepare(Sql.InsertKeys);
        _readKeys = Prepare(Sql.ReadKeys);
        _insertChunk = Prepare(Sql.InsertChunk);
        _deleteSegment = Prepare(Sql.DeleteSegment);
        _writeCheckpoint = Prepare(Sql.WriteCheckpoint);
        _placeFrames = Prepare(Sql.PlaceFrames);
        _placeKeys = Prepare(Sql.PlaceKeys);
        _setPlaced = Prepare(Sql.SetPlaced);
        _probe = Prepare(Sql.Probe);
        _endProbe = Prepare(Sql.EndProbe);
    }

    /// <summary>A key was dropped whose older copies may still be in the log. At the start nobody knows: the last run may have been killed.</summary>
    public bool HasDroppedKeys { get; private set; } = true;

    /// <summary>Opens a transaction and learns who owns what within it.</summary>
    public void Begin()
    {
        Rollback();
        _begin.Run();
        Array.Clear(_epochs);
        try
        {
            while (_readEpochs.Step()) _epochs[_readEpochs.Long(0)] = _readEpochs.Long(1);
        }
        finally
        {
            _readEpochs.Reset();
        }
    }

    public void Commit()
    {
        if (_unplaced >= PlacedAtOnce) Place();
        _commit.Run();
    }

    /// <summary>Ends a transaction that failed; some failures have ended it already.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0) _rollback.Run();
    }

    /// <summary>After a transaction that failed: what was remembered from within it is not true, or not known to be.</summary>
    public void ForgetTails() => Array.Fill(_tails, NotKnown);

    /// <summary>False, and nothing done, when the write's epoch is not the newest or its frame does not follow the tail.</summary>
    public bool TryWrite(JournalWrite write)
    {
        var partition = write.Partition;
        if (write.Epoch != _epochs[partition]) return false;
        if (write.Sequence != 0)
        {
            if (write.Sequence != Tail(partition) + 1) return false;
            _insertFrame.With(partition).With(write.Sequence).With(write.Epoch).With(write.Frame.Span).Run();
            _tails[partition] = write.Sequence;
            _unplaced++;
            if (write.Keys.Count > 0) _insertKeys.With(partition).With(write.Sequence).With(KeyRow.Pack(write.Keys)).Run();
        }
        foreach (var dropped in write.DroppedKeys.GroupBy(key => key.Sequence)) DropKeys(partition, dropped.Key, dropped.Select(key => key.Index));
        foreach (var segment in write.RemovedSegments) _deleteSegment.With(partition).With(segment).Run();
        if (write.Segment != 0) WriteSegment(partition, write.Segment, (write as SegmentPart)?.FirstChunk ?? 0, write.SegmentBytes.Span);
        if (write.Checkpoint is { } checkpoint) _writeCheckpoint.With(partition).With(checkpoint).Run();
        return true;
    }

    public Lease TakeOver(int partition, string owner)
    {
        var epoch = _raiseEpoch.With(partition).With(owner).OneLong() ?? throw new InvalidDataException($"no epoch came back for partition {partition}");
        _tails[partition] = NotKnown;
        return new Lease(epoch, Tail(partition));
    }

    /// <summary>Whether exactly this frame is in the store.</summary>
    public bool Holds(JournalWrite write)
    {
        try
        {
            return _readFrame.With(write.Partition).With(write.Sequence).Step()
                && _readFrame.Long(0) == write.Epoch
                && _readFrame.Blob(1).SequenceEqual(write.Frame.Span);
        }
        finally
        {
            _readFrame.Reset();
        }
    }

    /// <summary>Writes the smallest thing there is, over whatever a failed commit may have left in the log.</summary>
    public void Settle() => _settle.Run();

    /// <summary>Finds out whether the store takes writes again, in two transactions that leave room behind.</summary>
    public void Probe()
    {
        Begin();
        _probe.Run();
        Commit();
        Begin();
        _endProbe.Run();
        Commit();
    }

    public void AddSigningKey(StoredSigningKey key)
    {
        using var retire = new SqliteStatement(_connection, Sql.RetireSigningKeys);
        using var insert = new SqliteStatement(_connection, Sql.InsertSigningKey);
        retire.With(key.CreatedAt).Run();
        insert.With(key.Id).With(key.Wrapped).With(key.CreatedAt).Run();
    }

    public void ReplaceSigningKeys(IEnumerable<StoredSigningKey> keys)
    {
        using var replace = new SqliteStatement(_connection, Sql.ReplaceSigningKey);
        foreach (var key in keys) replace.With(key.Wrapped).With(key.Id).Run();
        HasDroppedKeys = true;
    }

    public void AddArchive(ArchiveEntry entry)
    {
        using var insert = new SqliteStatement(_connection, Sql.InsertArchive);
        insert.With(entry.Partition).With(entry.First).With(entry.Last).With(entry.File).Run();
    }

    public long ArchivedThrough(int partition)
    {
        using var read = new SqliteStatement(_connection, Sql.ArchivedThrough);
        return read.With(partition).OneLong() ?? 0;
    }

    /// <summary>False when none was left.</summary>
    public bool RemoveArchived(int partition)
    {
        // Those that are archived may be among the newest.
        Place();
        using var places = new SqliteStatement(_connection, Sql.RemoveArchivedPlaces);
        using var remove = new SqliteStatement(_connection, Sql.RemoveFrame);
        List<long> removed = [];
        places.With(partition);
        while (places.Step()) removed.Add(places.Long(0));
        foreach (var id in removed) remove.With(id).Run();
        return removed.Count > 0;
    }

    public bool RemoveSigningKey(string id)
    {
        using var delete = new SqliteStatement(_connection, Sql.DeleteSigningKey);
        return delete.With(id).Step();
    }

    /// <summary>Leaves no older copy of a dropped key in the log. Later, when a reader still needs the log.</summary>
    public void EraseDroppedKeys()
    {
        // Readers are short, and commits should not wait for them: better to come again than to wait here.
        raw.sqlite3_busy_timeout(_connection.Handle, 0);
        try
        {
            using var truncate = new SqliteStatement(_connection, Sql.TruncateLog);
            if (truncate.OneLong() == 0) HasDroppedKeys = false;
        }
        finally
        {
            raw.sqlite3_busy_timeout(_connection.Handle, StoreFile.BusyMilliseconds);
        }
    }

    public void Execute(string sql) => SqliteFile.Execute(_connection, sql);

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
        _connection.Dispose();
    }

    SqliteStatement Prepare(string sql)
    {
        var statement = new SqliteStatement(_connection, sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Writes where the newest rows lie. Where the transaction fails the next one that counts so far does it.</summary>
    void Place()
    {
        _placeFrames.Run();
        _placeKeys.Run();
        _setPlaced.Run();
        _unplaced = 0;
    }

    long Tail(int partition)
    {
        ref var tail = ref _tails[partition];
        if (tail == NotKnown) tail = _readTail.With(partition).OneLong() ?? 0;
        return tail;
    }

    void DropKeys(int partition, long sequence, IEnumerable<int> indexes) => ChangeKeys(partition, sequence, (row, change) =>
    {
        foreach (var index in indexes)
            if (KeyRow.Drop(row, index, out var start, out var count)) change(start, count);
    });

    public void ReplaceKeys(int partition, in FrameKeys keys)
    {
        var replacements = keys.Wrapped;
        ChangeKeys(partition, keys.Sequence, (row, change) =>
        {
            for (var index = 0; index < replacements.Length; index++)
            {
                if (replacements[index] is not { } key) continue;
                KeyRow.Replace(row, index, key, out var start, out var count);
                change(start, count);
            }
        });
    }

    /// <summary>Changes a row where it stands: older copies are left only in the log.</summary>
    void ChangeKeys(int partition, long sequence, Action<byte[], Action<int, int>> work)
    {
        byte[] row;
        long id;
        try
        {
            if (!_readKeys.With(partition).With(sequence).Step()) return;
            row = _readKeys.Blob(0).ToArray();
            id = _readKeys.Long(1);
        }
        finally
        {
            _readKeys.Reset();
        }

        using var blob = new SqliteBlob(_connection, "keys", "wrapped", id);
        work(row, (start, count) =>
        {
            blob.Position = start;
            blob.Write(row, start, count);
            HasDroppedKeys = true;
        });
    }

    void WriteSegment(int partition, long segment, int chunk, ReadOnlySpan<byte> bytes)
    {
        // The number may have been used before by an owner that ended before its checkpoint named the segment.
        if (chunk == 0) _deleteSegment.With(partition).With(segment).Run();
        do
        {
            var piece = bytes[..Math.Min(bytes.Length, SegmentChunks.Bytes)];
            _insertChunk.With(partition).With(segment).With(chunk++).With(piece).Run();
            bytes = bytes[piece.Length..];
        } while (!bytes.IsEmpty);
    }
}
