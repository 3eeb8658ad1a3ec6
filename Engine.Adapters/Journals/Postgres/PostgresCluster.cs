using Engine.Actors.Cluster;
using Engine.Actors.Kernel;
using Npgsql;

namespace Engine.Adapters.Journals.Postgres;

/// <summary>A cluster's rows beside the journal: one per node, renewed round by round, and one per partition.</summary>
sealed class PostgresCluster(PostgresSource source, TakeOver takeOver) : IClusterStore
{
    public ClusterState Renew(NodeRow me, byte writes) => Change(connection =>
    {
        using var transaction = connection.BeginTransaction();
        // First: whoever takes over from this node waits for its row, or has been seen to by what is read behind it.
        connection.Run(Sql.Renew, me.Id, me.Name, me.Address, (short)me.Reads, me.IsLeaving);
        connection.Run(Sql.RaiseWritten, (short)writes);
        var (now, written) = ReadClock(connection);
        var state = new ClusterState(now, written, ReadNodes(connection), ReadOwners(connection));
        transaction.Commit();
        return state;
    });

    static (DateTimeOffset Now, byte Written) ReadClock(NpgsqlConnection connection)
    {
        using var command = connection.Command(Sql.ReadClock);
        using var row = command.ExecuteReader();
        row.Read();
        return (row.GetFieldValue<DateTimeOffset>(0), (byte)row.GetInt16(1));
    }

    static List<NodeRow> ReadNodes(NpgsqlConnection connection)
    {
        var nodes = new List<NodeRow>();
        using var command = connection.Command(Sql.ReadNodes);
        using var row = command.ExecuteReader();
        while (row.Read())
            nodes.Add(new NodeRow(row.GetString(0), row.GetString(1), row.GetString(2), (byte)row.GetInt16(3)) { Number = row.GetInt64(4), Renewal = row.GetInt64(5), IsLeaving = row.GetBoolean(6) });
        return nodes;
    }

    static List<PartitionRow> ReadOwners(NpgsqlConnection connection)
    {
        var owners = new List<PartitionRow>();
        using var command = connection.Command(Sql.ReadOwners);
        using var row = command.ExecuteReader();
        while (row.Read()) owners.Add(new PartitionRow(row.GetInt32(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetInt64(2)));
        return owners;
    }

    public Lease Acquire(string node, PartitionRow seen, long renewal) => takeOver.Run(node, seen, renewal);

    public void Release(string node, int partition, long epoch) => Change(connection => connection.Run(Sql.Release, partition, node, epoch));

    public void Forget(string node, long renewal) => Change(connection => connection.Run(Sql.Forget, node, renewal));

    T Change<T>(Func<NpgsqlConnection, T> change)
    {
        using var connection = source.OpenControl();
        try
        {
            return change(connection);
        }
        catch (Exception e) when (PostgresSource.IsFault(e))
        {
            throw source.Unavailable("can't be written to", e);
        }
    }
}
