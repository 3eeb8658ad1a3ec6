using Engine.Actors.Cluster;
using Engine.Actors.Kernel;
using Npgsql;

namespace Engine.Adapters.Journals.Postgres;

/// <summary>
/// Takes partitions over: raises the epoch, commits that, and only then reads where the journal ends. Raising it waits for a
/// transaction that still holds the row; one that goes on holding it belongs to a node that was stopped or cut off in the middle,
/// and its connection is ended.
/// </summary>
sealed class TakeOver(PostgresSource source)
{
    static readonly TimeSpan BlockedMax = TimeSpan.FromSeconds(2);

    /// <exception cref="StoreUnavailableException" />
    public Lease Run(int partition, string owner) => Run(partition, Sql.RaiseEpoch, partition, owner);

    /// <summary>By a node of a cluster, if nothing is different from what it has seen.</summary>
    /// <exception cref="NotOwnerException" />
    /// <exception cref="StoreUnavailableException" />
    public Lease Run(string node, PartitionRow seen, long renewal) =>
        Run(seen.Partition, Sql.TakeOver, seen.Partition, node, seen.Owner is null ? DBNull.Value : seen.Owner, seen.Epoch, renewal);

    Lease Run(int partition, string sql, params object[] values)
    {
        using var connection = source.OpenControl();
        var isCertain = true;
        connection.Notice += (_, told) => isCertain &= told.Notice.InvariantSeverity != "WARNING";
        try
        {
            var epoch = Raise(connection, sql, values) ?? throw new NotOwnerException($"partition {partition} has moved, or its owner has renewed its lease");
            if (!isCertain) throw new TimeoutException("the take-over was committed, but no standby has confirmed it");
            return new Lease(epoch, connection.Scalar<long>(Sql.ReadTail, partition));
        }
        catch (Exception e) when (PostgresSource.IsFault(e))
        {
            throw source.Unavailable($"does not give partition {partition} away", e);
        }
    }

    long? Raise(NpgsqlConnection connection, string sql, object[] values)
    {
        using var command = connection.Command(sql, values);
        var raising = command.ExecuteScalarAsync();
        while (Task.WaitAny([raising], BlockedMax) < 0) EndBlockers(connection.ProcessID);
        return raising.GetAwaiter().GetResult() as long?;
    }

    void EndBlockers(int blocked)
    {
        try
        {
            using var connection = source.OpenReading();
            connection.Run(Sql.EndBlockers, blocked);
        }
        catch (Exception e) when (e is StoreUnavailableException || PostgresSource.IsFault(e))
        {
            // The take-over itself says what is wrong, or it is tried again.
        }
    }
}
