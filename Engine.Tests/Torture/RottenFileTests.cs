using System.Security.Cryptography;
using System.Text;
using Engine.Actors;
using Engine.Actors.Verification;
using Engine.Adapters;
using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Keys;
using Engine.Host.Cli;
using Engine.Tests.Host;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Engine.Tests.Torture;

/// <summary>FAULTS 17 on the real file: a bit of a row is flipped while the engine is down, and the engine is started on it.</summary>
public sealed class RottenFileTests : IAsyncLifetime
{
    const int Partitions = 4;

    readonly TempFolder _folder = new();

    string Data => _folder.File("data");

    public async Task InitializeAsync()
    {
        await using var host = await ApiHost.StartAsync(folder: _folder);
        for (var i = 0; i < 8; i++) await host.Admin.Stock($"SKU-{i}", 10);
        Assert.Equal(201, (await host.Admin.Post("/v1/orders", Host.Orders.New("1", ("SKU-1", 1)).ToJsonString())).Status);
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("journal", "frame", 50, "frame ")]
    [InlineData("checkpoints", "bytes", 3, "checkpoint: ")]
    [InlineData("checkpoints", "bytes", 40, "checkpoint: ")]
    [InlineData("segments", "bytes", 60, "segment 1 at ")]
    public async Task One_partition_stops_and_is_named_by_health_and_by_verify_and_the_others_serve(string table, string column, int at, string names)
    {
        var ill = ActorId("SKU-0");
        Flip(table, column, $"partition={ill}", at);
        await using (var host = await ApiHost.StartAsync(folder: _folder))
        {
            // A snapshot is met when it is read: at the latest by a look at all.
            await host.Admin.Get("/v1/replenishments");
            var health = await host.Admin.Until("/health/ready", r => table == "journal" || r.At("partitions") is not null);
            if (table != "journal")
            {
                Assert.Equal((200, 1), (health.Status, health.At("partitions")!.AsArray().Count));
                Assert.Equal($"{ill}", health.Text("partitions[0].partition"));
                Assert.Equal("stopped", health.Text("partitions[0].state"));
                Assert.Contains(names, health.Text("partitions[0].fault"), StringComparison.Ordinal);
                Assert.Equal(503, (await host.Admin.Get("/v1/skus/SKU-0")).Status);
            }
            for (var i = 0; i < 8; i++)
                if (ActorId($"SKU-{i}") != ill) Assert.Equal("10", (await host.Admin.Get($"/v1/skus/SKU-{i}")).Text("onHand"));
        }
        using (var reader = new SqliteReader(Data))
        {
            var breach = new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()).Run().First!;
            Assert.Equal(ill, breach.Partition);
            Assert.Contains(names, breach.ToString(), StringComparison.Ordinal);
        }
        Assert.Equal(1, await EngineCommands.RunAsync(["verify", "--data", Data]));
    }

    [Fact]
    public async Task A_flipped_key_shows_the_order_without_its_person_and_says_so()
    {
        Flip("keys", "wrapped", "1=1", 30);
        await using var host = await ApiHost.StartAsync(folder: _folder);
        var order = await host.Admin.Get(Host.Orders.Path("1"));
        Assert.Equal(200, order.Status);
        Assert.Null(order.Text("buyer.name"));
        Assert.Equal("广东省", order.Text("address.province"));
        Assert.Contains("personal_data_unreadable", order.At("flags")!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_signing_key_is_named_and_nothing_is_signed()
    {
        Flip("signing_keys", "wrapped", "1=1", 20);
        using var journal = new SqliteJournal(new SqliteJournalOptions { Directory = Data });
        var fault = Assert.Throws<StartupException>(() => new SigningKeys(journal, MasterKey.LoadOrCreate(Path.Combine(Data, "keys", "master.key")), 0));
        Assert.Contains(journal.ReadSigningKeys()[0].Id, fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Every bit of a row of keys: what it then answers is the same text or none, never another and never "forgotten".</summary>
    [Fact]
    public void No_flipped_bit_of_a_row_of_keys_reads_as_other_text_or_as_forgotten()
    {
        var seal = new PersonalSeal(MasterKey.LoadOrCreate(_folder.File("master.key")));
        var plain = Encoding.UTF8.GetBytes("张伟 13800000000");
        var (cipher, key) = seal.Seal(plain, "order");
        var row = KeyRow.Pack([seal.Seal(plain, "before").WrappedKey, key, seal.Seal(plain, "behind").WrappedKey]);
        var refused = 0;
        for (var bit = 0; bit < row.Length * 8; bit++)
        {
            row[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.Equal(plain, seal.Open(cipher, KeyRow.Read(row, 1)!, "order"));
            }
            catch (Exception e) when (e is CryptographicException or InvalidDataException)
            {
                refused++;
            }
            row[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.True(refused >= key.Length * 8);
    }

    static int ActorId(string sku) => Actors.Deciders.ActorId.Sku(sku).PartitionOf(Partitions);

    void Flip(string table, string column, string where, int at)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Data, "journal.db")};Pooling=False");
        connection.Open();
        using var read = connection.CreateCommand();
        read.CommandText = $"SELECT rowid, {column} FROM {table} WHERE {where} ORDER BY rowid LIMIT 1";
        using var rows = read.ExecuteReader();
        Assert.True(rows.Read());
        var (id, bytes) = (rows.GetInt64(0), (byte[])rows[1]);
        rows.Close();
        bytes[at] ^= 4;
        using var write = connection.CreateCommand();
        write.CommandText = $"UPDATE {table} SET {column}=$bytes WHERE rowid=$id";
        write.Parameters.AddWithValue("$bytes", bytes);
        write.Parameters.AddWithValue("$id", id);
        Assert.Equal(1, write.ExecuteNonQuery());
    }
}
