using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Engine.Actors;
using Engine.Actors.Kernel;
using Engine.Adapters.Views;
using Engine.Adapters.Views.Postgres;
using Engine.Tests.Views;
using Npgsql;
using Xunit;

namespace Engine.Tests.Postgres;

/// <summary>The tables of the schema <c>views</c>: row by row those of the file, whoever projects and whatever interrupts it.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresViewsTests(PostgresFixture postgres) : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    readonly TempFolder _folder = new();
    readonly string _database = postgres.NewDatabase();

    public void Dispose() => _folder.Dispose();

    ReadModelOptions Options(IJournalReader journal, string node = "a") => Tables.Options(_folder, journal) with { Postgres = _database, Node = node };

    [Theory]
    [InlineData(7), InlineData(8), InlineData(9)]
    public void Interrupted_anywhere_it_ends_with_the_rows_that_the_file_has(int seed)
    {
        var story = new Story(seed);
        story.Begin();
        story.Tell(100);
        var random = new Random(seed);
        var frames = Tables.Durable(story.Rig.Journal).Sum();
        using var place = new PostgresViews(_database, "a", reader: null);
        for (var done = 0L; done < frames;)
        {
            var journal = new StumblingJournal(story.Rig.Journal, random.Next(1, 40));
            using var store = new ViewStore(place, journal.Partitions, EngineDomain.Instance);
            using var projector = new Projector(store, journal, EngineDomain.Instance, new NoPersonIndex())
            {
                BytesPerTransaction = random.Next(1, 20_000), BytesPerSlice = random.Next(1, 5_000),
            };
            Assert.Null(store.Remade);
            journal.IsCounting = true;
            try
            {
                while (projector.Advance() > 0) { }
            }
            catch (StoreUnavailableException)
            {
                // The same projector goes on where it was, or a new one does.
                journal.IsCounting = random.Next(2) == 0;
                if (!journal.IsCounting) projector.Advance();
            }
            done = projector.Progress.Sum(p => p.Sequence);
        }
        Tables.Project(_folder, story.Rig.Journal);
        Assert.Equal(Tables.Dump(_folder), Dump());
    }

    [Fact]
    public async Task One_node_projects_and_another_goes_on_when_that_one_is_gone()
    {
        var story = new Story(4);
        story.Begin();
        story.Tell(40);
        using var first = new ReadModels(Options(story.Rig.Journal, "a"));
        first.Start();
        Assert.True(await first.CatchUpAsync(Patience));
        using var second = new ReadModels(Options(story.Rig.Journal, "b"));
        second.Start();
        story.Tell(40);
        Assert.True(await second.CatchUpAsync(Patience));
        Assert.Throws<StoreUnavailableException>(() => second.Rebuild());

        // The one that projects loses its connections, and may lose the lock to the other or take it again: either goes on.
        PostgresFixture.Run(_database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'engine a%'");
        story.Tell(40);
        Assert.True(await second.CatchUpAsync(Patience));
        first.Dispose();
        story.Tell(40);
        Assert.True(await second.CatchUpAsync(Patience));
        Assert.True(second.Rebuild());
        for (var i = 0; i < 500 && second.Status.Rebuilds == 0; i++) await Task.Delay(20);
        Assert.Equal(1, second.Status.Rebuilds);
        Assert.True(await second.CatchUpAsync(Patience));
        Assert.True(second.Bytes > 0);

        Tables.Project(_folder, story.Rig.Journal);
        Assert.Equal(Tables.Dump(_folder), Dump());
    }

    [Fact]
    public async Task A_rebuild_that_loses_its_server_is_given_up_and_can_be_asked_for_again()
    {
        var story = new Story(6);
        story.Begin();
        story.Tell(40);
        var failed = new ConcurrentQueue<Exception>();
        using var models = new ReadModels(Options(story.Rig.Journal) with { Failed = failed.Enqueue });
        models.Start();
        Assert.True(await models.CatchUpAsync(Patience));

        var name = new NpgsqlConnectionStringBuilder(_database).Database;
        PostgresFixture.Run(postgres.Server.ConnectionString(), $"ALTER DATABASE {name} ALLOW_CONNECTIONS false");
        PostgresFixture.Run(postgres.Server.ConnectionString(), $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        Assert.True(models.Rebuild());
        for (var i = 0; i < 500 && (failed.IsEmpty || models.Status.IsRebuilding); i++) await Task.Delay(20);
        Assert.False(models.Status.IsRebuilding);
        Assert.NotEmpty(failed);

        PostgresFixture.Run(postgres.Server.ConnectionString(), $"ALTER DATABASE {name} ALLOW_CONNECTIONS true");
        story.Tell(40);
        Assert.True(await models.CatchUpAsync(Patience));
        Assert.True(models.Rebuild());
        for (var i = 0; i < 500 && models.Status.Rebuilds == 0; i++) await Task.Delay(20);
        Assert.Equal(1, models.Status.Rebuilds);
        Assert.True(await models.CatchUpAsync(Patience));
        Tables.Project(_folder, story.Rig.Journal);
        Assert.Equal(Tables.Dump(_folder), Dump());
    }

    [Fact]
    public async Task Tables_that_are_dropped_under_several_nodes_are_made_anew_and_no_node_ends()
    {
        var story = new Story(6);
        story.Begin();
        story.Tell(40);
        using var first = new ReadModels(Options(story.Rig.Journal, "a"));
        using var second = new ReadModels(Options(story.Rig.Journal, "b"));
        foreach (var models in new[] { first, second })
        {
            models.Start();
            Assert.True(await models.CatchUpAsync(Patience));
        }
        for (var i = 0; i < 3; i++)
        {
            PostgresFixture.Run(_database, "DROP SCHEMA views CASCADE");
            // In the first round nobody writes: who only looks finds it first.
            if (i > 0) story.Tell(40);
            else await Task.Delay(1500);
            foreach (var models in new[] { second, first }) Assert.True(await models.CatchUpAsync(Patience));
        }
        Tables.Project(_folder, story.Rig.Journal);
        Assert.Equal(Tables.Dump(_folder), Dump());
    }

    [Fact]
    public async Task A_role_of_reports_reads_the_tables_and_nothing_else()
    {
        PostgresFixture.Run(_database, $"CREATE ROLE bi LOGIN PASSWORD '{postgres.Server.Password}'; CREATE SCHEMA engine; CREATE TABLE engine.keys(wrapped bytea)");
        var story = new Story(5);
        story.Begin();
        using (var models = new ReadModels(Options(story.Rig.Journal) with { Reader = "bi" }))
        {
            models.Start();
            Assert.True(await models.CatchUpAsync(Patience));
            models.Rebuild();
            for (var i = 0; i < 500 && models.Status.Rebuilds == 0; i++) await Task.Delay(20);
        }
        var reports = new NpgsqlConnectionStringBuilder(_database) { Username = "bi" }.ConnectionString;
        Assert.True(PostgresFixture.Scalar<long>(reports, "SELECT count(*) FROM views.skus") > 0);
        Assert.Equal("42501", Assert.Throws<PostgresException>(() => PostgresFixture.Run(reports, "DELETE FROM views.skus")).SqlState);
        Assert.Equal("42501", Assert.Throws<PostgresException>(() => PostgresFixture.Run(reports, "SELECT * FROM engine.keys")).SqlState);
    }

    [Fact]
    public async Task Tables_of_others_are_left_alone_and_those_of_another_shape_are_made_anew()
    {
        PostgresFixture.Run(_database, "CREATE SCHEMA views; CREATE TABLE views.of_others(a int)");
        var story = new Story(6);
        story.Begin();
        var failed = new TaskCompletionSource<Exception>();
        using (var models = new ReadModels(Options(story.Rig.Journal) with { Failed = e => failed.TrySetResult(e) }))
        {
            models.Start();
            Assert.Contains("not the engine's", (await failed.Task.WaitAsync(Patience)).Message);
        }
        PostgresFixture.Run(_database, "DROP TABLE views.of_others");
        using (var models = new ReadModels(Options(story.Rig.Journal)))
        {
            models.Start();
            Assert.True(await models.CatchUpAsync(Patience));
        }
        PostgresFixture.Run(_database, "UPDATE views.meta SET version = version - 1; DELETE FROM views.skus");
        var remade = "";
        using (var models = new ReadModels(Options(story.Rig.Journal) with { Remade = why => remade = why }))
        {
            models.Start();
            Assert.True(await models.CatchUpAsync(Patience));
        }
        Assert.Contains("another shape", remade);
        Tables.Project(_folder, story.Rig.Journal);
        Assert.Equal(Tables.Dump(_folder), Dump());
    }

    [Fact]
    public void Texts_that_the_server_can_not_hold_are_kept_as_far_as_it_can()
    {
        using var place = new PostgresViews(_database, "a", reader: null);
        using var connection = place.OpenForWriting(1, out _);
        using var write = connection.Prepare("INSERT INTO progress(partition, sequence, at, hash) VALUES(?, ?, ?, ?)");
        using var tag = connection.Prepare(ViewSql.WriteTag);
        connection.Begin();
        tag.With("a\0b\uD800c 张").With(1).Run();
        write.With(0).With(1).With(2).With([1, 2]).Run();
        connection.Commit();
        using var read = connection.Prepare("SELECT tag, number FROM tags");
        Assert.True(read.Step());
        Assert.Equal("a\uFFFDb\uFFFDc 张", read.Text(0));
    }

    /// <summary>As <see cref="Tables.Dump"/> has the file.</summary>
    string Dump()
    {
        using var connection = new NpgsqlConnection(_database + ";Pooling=false");
        connection.Open();
        var text = new StringBuilder();
        foreach (var table in Query("SELECT tablename FROM pg_tables WHERE schemaname = 'views' ORDER BY tablename COLLATE \"C\"").Select(row => row[0]))
        {
            text.Append("# ").AppendLine(table);
            foreach (var row in Query($"SELECT * FROM views.{table}").Select(r => string.Join('|', r)).Order(StringComparer.Ordinal)) text.AppendLine(row);
        }
        return text.ToString();

        List<string[]> Query(string sql)
        {
            using var command = new NpgsqlCommand(sql, connection);
            using var reader = command.ExecuteReader();
            var rows = new List<string[]>();
            while (reader.Read())
                rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) switch
                {
                    DBNull => "null",
                    byte[] bytes => Convert.ToHexString(bytes),
                    var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
                })]);
            return rows;
        }
    }
}
