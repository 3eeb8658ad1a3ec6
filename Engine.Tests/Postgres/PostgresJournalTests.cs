using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Adapters;
using Engine.Adapters.Journals;
using Engine.Adapters.Journals.Postgres;
using Engine.Adapters.Keys;
using Engine.Tests.Kernel;
using Npgsql;
using Xunit;

namespace Engine.Tests.Postgres;

/// <summary>The contract of every journal, and what is special about this one, against a real server.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresJournalTests(PostgresFixture postgres) : OrderedJournalContract
{
    readonly string _database = postgres.NewDatabase();
    PostgresJournal? _journal;

    PostgresJournalOptions Options => new() { ConnectionString = _database, Partitions = Partitions };

    protected override IJournal Open() => OpenWith(Options);

    protected override IJournal OpenAnother()
    {
        _journal?.Dispose();
        PostgresFixture.Run(_database, "DROP SCHEMA IF EXISTS engine CASCADE");
        return OpenWith(Options);
    }

    PostgresJournal OpenWith(PostgresJournalOptions options)
    {
        _journal?.Dispose();
        return _journal = new PostgresJournal(options);
    }

    public override void Dispose()
    {
        _journal?.Dispose();
        NpgsqlConnection.ClearAllPools();
    }

    [Fact]
    public async Task What_gathers_during_a_commit_shares_the_next_one()
    {
        using var started = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var journal = OpenWith(Options with
        {
            AtStep = step =>
            {
                if (step != WriteStep.Committing) return;
                started.Set();
                go.Wait();
            },
        });
        var epochs = Enumerable.Range(0, Partitions).Select(partition => journal.Acquire(partition, "a").Epoch).ToArray();

        var first = TestWrite.OfFrame(0, epochs[0], 1);
        journal.Submit(first);
        started.Wait();
        var others = Enumerable.Range(1, 200).Select(i => TestWrite.OfFrame(i % Partitions, epochs[i % Partitions], i / Partitions + 1)).ToList();
        foreach (var write in others) journal.Submit(write);
        Assert.Equal(0, journal.Transactions);
        go.Set();

        Assert.Equal(WriteOutcome.Durable, await first.Done);
        foreach (var write in others) Assert.Equal(WriteOutcome.Durable, await write.Done);
        Assert.Equal(2, journal.Transactions);
        Assert.Equal(201, journal.DurableWrites);
    }

    [Fact]
    public async Task Two_engines_share_the_store_and_only_the_newest_owner_of_a_partition_writes()
    {
        var ours = Open();
        using var theirs = new PostgresJournal(Options);
        var (mine, other) = (ours.Acquire(0, "a"), ours.Acquire(1, "a"));
        Assert.Equal(WriteOutcome.Durable, await ours.Write(TestWrite.OfFrame(0, mine.Epoch, 1)));

        var taken = theirs.Acquire(0, "b");
        Assert.Equal(new Lease(mine.Epoch + 1, 1), taken);
        var (late, unaffected) = (TestWrite.OfFrame(0, mine.Epoch, 2, [1]), TestWrite.OfFrame(1, other.Epoch, 1));
        ours.Submit(late);
        ours.Submit(unaffected);

        Assert.Equal(WriteOutcome.Refused, await late.Done);
        Assert.Equal(WriteOutcome.Durable, await unaffected.Done);
        Assert.Equal(WriteOutcome.Durable, await theirs.Write(TestWrite.OfFrame(0, taken.Epoch, 2)));
    }

    [Fact]
    public async Task Who_takes_over_waits_for_a_write_on_its_way_and_reads_the_tail_behind_it()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        using var connection = new NpgsqlConnection(_database + ";Pooling=false");
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var append = new NpgsqlCommand($"SELECT engine.append(0, {epoch}, 1, 'x', NULL, NULL, NULL, NULL, 0, NULL, NULL)", connection);
        Assert.True((bool)(await append.ExecuteScalarAsync())!);

        var taking = Task.Run(() => journal.Acquire(0, "b"));
        await Task.Delay(300);
        Assert.False(taking.IsCompleted);
        await transaction.CommitAsync();
        Assert.Equal(new Lease(epoch + 1, 1), await taking);
    }

    [Fact]
    public async Task Who_was_stopped_while_it_held_a_partition_is_cut_off()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        using var stopped = new NpgsqlConnection(_database + ";Pooling=false");
        await stopped.OpenAsync();
        await using var transaction = await stopped.BeginTransactionAsync();
        await using var append = new NpgsqlCommand($"SELECT engine.append(0, {epoch}, 1, 'x', NULL, NULL, NULL, NULL, 0, NULL, NULL)", stopped);
        await append.ExecuteScalarAsync();

        Assert.Equal(new Lease(epoch + 1, 0), await Task.Run(() => journal.Acquire(0, "b")).WaitAsync(TimeSpan.FromSeconds(8)));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => transaction.CommitAsync());
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, epoch + 1, 1)));
    }

    [Fact]
    public async Task A_commit_that_the_server_refuses_is_no_success()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        PostgresFixture.Run(_database,
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no room''; END';
            CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON engine.journal DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.sequence = 1) EXECUTE FUNCTION refuse();
            """);
        Assert.Equal(WriteOutcome.Failed, await journal.Write(TestWrite.OfFrame(0, epoch, 1)));
        Assert.False(journal.IsWritable);
        Assert.Contains("no room", _journal!.Trouble);
        Assert.Empty(journal.ReadFrames(0, 0));

        PostgresFixture.Run(_database, "DROP TRIGGER refuse ON engine.journal");
        for (var i = 0; i < 100 && !journal.IsWritable; i++) await Task.Delay(50);
        Assert.True(journal.IsWritable);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, epoch, 1)));
    }

    [Fact]
    public async Task A_write_that_the_server_refuses_fails_alone()
    {
        var journal = Open();
        var epochs = Enumerable.Range(0, Partitions).Select(partition => journal.Acquire(partition, "a").Epoch).ToArray();
        PostgresFixture.Run(_database, "ALTER TABLE engine.journal ADD CHECK (partition <> 2)");
        var writes = Enumerable.Range(0, Partitions).Select(partition => TestWrite.OfFrame(partition, epochs[partition], 1)).ToList();
        foreach (var write in writes) journal.Submit(write);
        foreach (var write in writes) Assert.Equal(write.Partition == 2 ? WriteOutcome.Failed : WriteOutcome.Durable, await write.Done);
    }

    [Fact]
    public async Task A_connection_that_ends_without_an_answer_leaves_the_outcome_unknown()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, epoch, 1)));
        PostgresFixture.Run(_database,
            """
            CREATE FUNCTION fall() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END';
            CREATE TRIGGER fall BEFORE INSERT ON engine.journal FOR EACH ROW EXECUTE FUNCTION fall();
            """);
        Assert.Equal(WriteOutcome.Unknown, await journal.Write(TestWrite.OfFrame(0, epoch, 2)));
        PostgresFixture.Run(_database, "DROP TRIGGER fall ON engine.journal");

        var lease = journal.Acquire(0, "a");
        Assert.Equal(new Lease(epoch + 1, 1), lease);
        Assert.Equal(WriteOutcome.Durable, await journal.Write(TestWrite.OfFrame(0, lease.Epoch, 2)));
        Assert.True(journal.IsWritable);
    }

    [Fact]
    public async Task A_dropped_key_leaves_the_table()
    {
        var journal = Open();
        var epoch = journal.Acquire(0, "a").Epoch;
        var write = TestWrite.OfFrame(0, epoch, 1);
        write.Keys.AddRange([[1], [2]]);
        await journal.Write(write);
        var drop = new TestWrite { Partition = 0, Epoch = epoch };
        drop.DroppedKeys.Add(new KeyRef(1, 0));
        await journal.Write(drop);

        PostgresFixture.Run(_database, "CREATE EXTENSION pgstattuple");
        for (var i = 0; i < 100 && Dead() > 0; i++) await Task.Delay(50);
        Assert.Equal(0, Dead());

        long Dead() => PostgresFixture.Scalar<long>(_database, "SELECT dead_tuple_count FROM pgstattuple('engine.keys')");
    }

    [Fact]
    public void Signing_keys_are_shared_and_only_retired_ones_can_be_removed()
    {
        Open();
        using var other = new PostgresJournal(Options);
        _journal!.AddSigningKey(new StoredSigningKey("a", [1], 10, null));
        other.AddSigningKey(new StoredSigningKey("b", [2], 20, null));
        Assert.Equal([("a", (long?)20), ("b", null)], _journal.ReadSigningKeys().Select(key => (key.Id, key.RetiredAt)));
        Assert.False(_journal.RemoveSigningKey("b"));
        Assert.True(_journal.RemoveSigningKey("a"));
        Assert.Equal("b", Assert.Single(other.ReadSigningKeys()).Id);
    }

    [Fact]
    public void A_store_keeps_the_partitions_it_was_made_with()
    {
        Open();
        Assert.Equal(Partitions, OpenWith(Options with { Partitions = 32 }).Partitions);
    }

    [Fact]
    public async Task Engines_that_start_together_make_the_tables_once()
    {
        var engines = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => new PostgresJournal(Options))));
        foreach (var engine in engines) engine.Dispose();
        Assert.Equal(1, PostgresFixture.Scalar<long>(_database, "SELECT count(*) FROM engine.meta"));
    }

    [Fact]
    public void A_store_of_a_newer_format_is_refused_and_left_alone()
    {
        Open();
        _journal!.Dispose();
        PostgresFixture.Run(_database, $"UPDATE engine.meta SET format = {Sql.Format + 1}");
        Assert.Contains($"format {Sql.Format + 1}", Assert.Throws<StartupException>(() => new PostgresJournal(Options)).Message);
        Assert.Contains($"format {Sql.Format + 1}", Assert.Throws<StartupException>(() => new PostgresReader(_database)).Message);
        Assert.Equal(Sql.Format + 1, PostgresFixture.Scalar<int>(_database, "SELECT format FROM engine.meta"));
    }

    [Fact]
    public void A_server_that_is_not_there_is_named_and_its_password_is_not()
    {
        var missing = _database.Replace($"Port={postgres.Server.Port}", "Port=1");
        var refused = Assert.Throws<StartupException>(() => new PostgresJournal(Options with { ConnectionString = missing }));
        Assert.Contains("127.0.0.1:1/test_", refused.Message);
        Assert.DoesNotContain(postgres.Server.Password, refused.ToString());

        var wrong = _database.Replace($"Password={postgres.Server.Password}", "Password=not-this-one");
        Assert.DoesNotContain("not-this-one", Assert.Throws<StartupException>(() => new PostgresJournal(Options with { ConnectionString = wrong })).ToString());
        var torn = _database + ";se;cret=1";
        Assert.DoesNotContain("cret", Assert.Throws<StartupException>(() => new PostgresJournal(Options with { ConnectionString = torn })).ToString());
    }

    [Fact]
    public void A_database_without_a_store_is_not_read()
    {
        Assert.Contains("no store", Assert.Throws<StoreUnavailableException>(() => new PostgresReader(_database)).Message);
        Assert.False(PostgresFixture.Scalar<bool>(_database, "SELECT to_regnamespace('engine') IS NOT NULL"));
    }

    [Fact]
    public void Asynchronous_commit_is_refused_unless_told()
    {
        var name = new NpgsqlConnectionStringBuilder(_database).Database;
        PostgresFixture.Run(_database, $"ALTER DATABASE {name} SET synchronous_commit = off");
        var refused = Assert.Throws<StartupException>(() => new PostgresJournal(Options));
        Assert.Contains("synchronous_commit is off", refused.Message);
        Assert.Contains("Engine:AllowUnsafePostgres", refused.Message);
        Assert.Equal(1, OpenWith(Options with { AllowUnsafe = true }).Acquire(0, "a").Epoch);
    }
}
