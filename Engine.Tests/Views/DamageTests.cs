using System.Text;
using Engine.Actors.Kernel;
using Engine.Adapters.Views;
using Xunit;

namespace Engine.Tests.Views;

/// <summary>Whatever is wrong with the file, it is said and made anew; what is damaged is not served.</summary>
public sealed class DamageTests : IDisposable
{
    readonly TempFolder _folder = new();
    readonly Story _story = new(20);
    readonly List<string> _remade = [], _failed = [];

    public DamageTests()
    {
        _story.Begin();
        _story.Tell(60);
        Tables.Project(_folder, _story.Rig.Journal);
    }

    public void Dispose() => _folder.Dispose();

    ReadModels Open(IJournalReader? journal = null)
    {
        var models = new ReadModels(Tables.Options(_folder, journal ?? _story.Rig.Journal) with { Remade = why => { lock (_remade) _remade.Add(why); }, Failed = e => { lock (_failed) _failed.Add(e.ToString()); } });
        models.Start();
        Assert.True(models.CatchUpAsync(TimeSpan.FromSeconds(30)).Result);
        return models;
    }

    static IReadOnlyList<OrderRow> Orders(ReadModels models) => new ViewLists(models).Orders(new OrderFilter { Now = 0 }, OrderCursor.Start, 1000);

    /// <summary>Alters the file where it holds this text.</summary>
    void Flip(string text)
    {
        var path = _folder.File(ReadModels.FileName);
        var (bytes, sought) = (File.ReadAllBytes(path), Encoding.UTF8.GetBytes(text));
        var found = 0;
        for (var at = bytes.AsSpan().IndexOf(sought); at >= 0;)
        {
            bytes[at + sought.Length - 1] ^= 1;
            found++;
            var next = bytes.AsSpan(at + 1).IndexOf(sought);
            at = next < 0 ? -1 : at + 1 + next;
        }
        Assert.NotEqual(0, found);
        File.WriteAllBytes(path, bytes);
    }

    [Fact]
    public void A_row_with_a_flipped_bit_is_not_served_but_made_anew()
    {
        var before = Tables.Dump(_folder);
        Flip("CNY");
        using (var models = Open())
        {
            var error = Assert.Throws<StoreUnavailableException>(() => Orders(models));
            Assert.Contains("a row of orders is not as it was written", error.Message);
            SpinWait.SpinUntil(() => models.Status.Rebuilds == 1 && models.CatchUpAsync(TimeSpan.FromSeconds(30)).Result);
            Assert.All(Orders(models), o => Assert.Equal("CNY", o.Currency));
            Assert.Equal(["a row of orders is not as it was written"], _remade);
        }
        Assert.Equal(before, Tables.Dump(_folder));
    }

    [Fact]
    public void A_file_that_is_no_database_is_made_anew()
    {
        var before = Tables.Dump(_folder);
        var path = _folder.File(ReadModels.FileName);
        var bytes = File.ReadAllBytes(path);
        Array.Fill(bytes, (byte)7, 0, 200);
        File.WriteAllBytes(path, bytes);
        using (Open()) Assert.Contains("not a database", Assert.Single(_remade));
        Assert.Equal(before, Tables.Dump(_folder));
    }

    [Fact]
    public void Pages_overwritten_with_noise_are_noticed_when_they_are_needed()
    {
        var path = _folder.File(ReadModels.FileName);
        var bytes = File.ReadAllBytes(path);
        new Random(1).NextBytes(bytes.AsSpan(8192));
        File.WriteAllBytes(path, bytes);
        using var models = Open();
        SpinWait.SpinUntil(() =>
        {
            try
            {
                return Orders(models).Count > 0;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        });
        Assert.NotEmpty(_remade);
        Assert.All(Orders(models), o => Assert.Equal("CNY", o.Currency));
    }

    [Fact]
    public void A_file_of_another_journal_is_made_anew()
    {
        var other = new Story(21);
        other.Begin();
        other.Tell(80);
        using (Open(other.Rig.Journal)) Assert.Equal(["it is of another journal"], _remade);
        using var fresh = new TempFolder();
        Tables.Project(fresh, other.Rig.Journal);
        Assert.Equal(Tables.Dump(fresh), Tables.Dump(_folder));
    }

    [Fact]
    public void A_file_of_another_shape_is_made_anew()
    {
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder.File(ReadModels.FileName)};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE meta SET version=version+1";
            command.ExecuteNonQuery();
        }
        using (Open()) Assert.Equal(["it is of another shape"], _remade);
    }

    [Fact]
    public async Task Rebuilds_that_are_asked_for_all_the_time_come_one_after_another()
    {
        using var models = Open();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var time = 0; models.Status.Rebuilds < 20; time++)
        {
            Assert.False(patience.IsCancellationRequested, string.Join('\n', _failed));
            models.Rebuild();
            if (time % 1000 == 0) _story.Tell(1);
        }
        Assert.True(await models.CatchUpAsync(TimeSpan.FromSeconds(30)));
        models.Dispose();
        Assert.Empty(_remade);
        Assert.Empty(_failed);
        using var fresh = new TempFolder();
        Tables.Project(fresh, _story.Rig.Journal);
        Assert.Equal(Tables.Dump(fresh), Tables.Dump(_folder));
    }

    [Fact]
    public async Task A_rebuild_takes_the_place_of_what_was_served_and_shows_the_same()
    {
        using var models = Open();
        var before = Orders(models).Select(o => o.ToString()).ToArray();
        _story.Tell(30);
        Assert.True(models.Rebuild());
        SpinWait.SpinUntil(() => models.Status.Rebuilds == 1);
        Assert.True(await models.CatchUpAsync(TimeSpan.FromSeconds(30)));
        Assert.True(Orders(models).Count >= before.Length);
        Assert.Empty(_remade);
        models.Dispose();
        using var fresh = new TempFolder();
        Tables.Project(fresh, _story.Rig.Journal);
        Assert.Equal(Tables.Dump(fresh), Tables.Dump(_folder));
    }
}
