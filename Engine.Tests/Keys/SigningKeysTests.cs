using Engine.Adapters;
using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Keys;
using Xunit;

namespace Engine.Tests.Keys;

public sealed class SigningKeysTests : IDisposable
{
    readonly TempFolder _folder = new();
    readonly MasterKey _master;
    SqliteJournal _store;

    public SigningKeysTests()
    {
        _master = MasterKey.LoadOrCreate(_folder.File("master.key"));
        _store = OpenStore();
    }

    SqliteJournal OpenStore() => new(new SqliteJournalOptions { Directory = _folder.File("data") });

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_first_start_makes_the_first_key_and_later_starts_find_it()
    {
        var first = new SigningKeys(_store, _master, 1000);
        Assert.Equal(32, first.Current.Secret.Length);
        Assert.Equal(1000, first.Current.CreatedAt);
        Assert.Null(first.Current.RetiredAt);

        _store.Dispose();
        _store = OpenStore();
        var later = new SigningKeys(_store, _master, 2000);
        Assert.Equal(first.Current.Id, later.Current.Id);
        Assert.Equal(first.Current.Secret, later.Current.Secret);
        Assert.Single(later.All);
    }

    [Fact]
    public void A_retired_key_still_verifies_until_it_is_removed()
    {
        var keys = new SigningKeys(_store, _master, 1000);
        var old = keys.Current;
        var rotated = keys.Rotate(5000);
        Assert.Equal(rotated, keys.Current);
        Assert.NotEqual(old.Secret, rotated.Secret);
        Assert.True(keys.TryGet(old.Id, out var retired));
        Assert.Equal(old.Secret, retired.Secret);
        Assert.Equal(5000, retired.RetiredAt);
        Assert.Equal([old.Id, rotated.Id], keys.All.Select(key => key.Id));

        Assert.True(keys.Remove(old.Id));
        Assert.False(keys.TryGet(old.Id, out _));
        Assert.False(keys.Remove(old.Id));
    }

    [Fact]
    public void A_retirement_keeps_the_time_it_was_made_at()
    {
        var keys = new SigningKeys(_store, _master, 1000);
        keys.Rotate(2000);
        keys.Rotate(3000);
        Assert.Equal([2000L, 3000L, null], keys.All.Select(key => key.RetiredAt));
    }

    [Fact]
    public void The_current_key_can_not_be_removed()
    {
        var keys = new SigningKeys(_store, _master, 1000);
        Assert.False(keys.Remove(keys.Current.Id));
        Assert.True(keys.TryGet(keys.Current.Id, out _));
        Assert.Single(_store.ReadSigningKeys());
    }

    [Fact]
    public void Nodes_share_the_keys()
    {
        var one = new SigningKeys(_store, _master, 1000);
        var two = new SigningKeys(_store, _master, 1000);
        Assert.Equal(one.Current.Id, two.Current.Id);
        var rotated = one.Rotate(2000);
        Assert.False(two.TryGet(rotated.Id, out _));
        two.Reload();
        Assert.Equal(rotated.Id, two.Current.Id);
    }

    [Fact]
    public void The_store_never_holds_the_secret_itself()
    {
        var keys = new SigningKeys(_store, _master, 1000);
        Assert.True(_store.ReadSigningKeys().Single().Wrapped.AsSpan().IndexOf(keys.Current.Secret) < 0);
    }

    [Fact]
    public void Keys_of_another_master_key_are_refused_with_what_is_wrong()
    {
        _ = new SigningKeys(_store, _master, 1000);
        var other = MasterKey.LoadOrCreate(_folder.File("other.key"));
        Assert.Contains("master key", Assert.Throws<StartupException>(() => new SigningKeys(_store, other, 2000)).Message);
    }
}
