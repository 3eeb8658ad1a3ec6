using Engine.Actors.Kernel;
using Npgsql;
using NpgsqlTypes;

namespace Engine.Adapters.Journals.Postgres;

/// <summary>One write as a call of <c>engine.append</c>; used again and again, so that a group costs no garbage.</summary>
sealed class AppendCommand
{
    readonly NpgsqlParameter<int> _partition = new() { NpgsqlDbType = NpgsqlDbType.Integer };
    readonly NpgsqlParameter<long> _epoch = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    readonly NpgsqlParameter<long> _sequence = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    readonly NpgsqlParameter<ReadOnlyMemory<byte>> _frame = new() { NpgsqlDbType = NpgsqlDbType.Bytea };
    readonly NpgsqlParameter _keys = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
    readonly NpgsqlParameter _droppedSequences = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
    readonly NpgsqlParameter _droppedIndexes = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer };
    readonly NpgsqlParameter _removed = new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
    readonly NpgsqlParameter<long> _segment = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
    readonly NpgsqlParameter<ReadOnlyMemory<byte>> _bytes = new() { NpgsqlDbType = NpgsqlDbType.Bytea };
    readonly NpgsqlParameter _checkpoint = new() { NpgsqlDbType = NpgsqlDbType.Bytea };

    public AppendCommand()
    {
        foreach (var parameter in new[] { _partition, _epoch, _sequence, _frame, _keys, _droppedSequences, _droppedIndexes, _removed, _segment, _bytes, _checkpoint })
            Command.Parameters.Add(parameter);
    }

    public NpgsqlBatchCommand Command { get; } = new(Sql.Append);

    public NpgsqlBatchCommand Of(JournalWrite write)
    {
        (_partition.TypedValue, _epoch.TypedValue) = (write.Partition, write.Epoch);
        (_sequence.TypedValue, _frame.TypedValue) = (write.Sequence, write.Frame);
        (_segment.TypedValue, _bytes.TypedValue) = (write.Segment, write.SegmentBytes);
        _keys.Value = write.Keys.Count == 0 ? DBNull.Value : write.Keys;
        _droppedSequences.Value = write.DroppedKeys.Count == 0 ? DBNull.Value : write.DroppedKeys.ConvertAll(key => key.Sequence);
        _droppedIndexes.Value = write.DroppedKeys.Count == 0 ? DBNull.Value : write.DroppedKeys.ConvertAll(key => key.Index);
        _removed.Value = write.RemovedSegments.Count == 0 ? DBNull.Value : write.RemovedSegments;
        _checkpoint.Value = (object?)write.Checkpoint ?? DBNull.Value;
        return Command;
    }

    /// <summary>Lets go of the borrowed buffers.</summary>
    public void Clear()
    {
        _frame.TypedValue = _bytes.TypedValue = default;
        _keys.Value = _droppedSequences.Value = _droppedIndexes.Value = _removed.Value = _checkpoint.Value = DBNull.Value;
    }
}
