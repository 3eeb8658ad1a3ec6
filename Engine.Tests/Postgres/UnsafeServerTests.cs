using Engine.Actors.Kernel;
using Engine.Adapters;
using Engine.Adapters.Journals.Postgres;
using Engine.Load.Torture;
using Xunit;

namespace Engine.Tests.Postgres;

public sealed class UnsafeServerTests
{
    [Fact]
    public async Task A_server_that_does_not_flush_is_refused_unless_told()
    {
        await using var server = await PostgresServer.StartNewAsync(new Dictionary<string, string> { ["fsync"] = "off", ["full_page_writes"] = "off" });
        var options = new PostgresJournalOptions { ConnectionString = server.ConnectionString() };
        var refused = Assert.Throws<StartupException>(() => new PostgresJournal(options));
        Assert.Contains("fsync is off", refused.Message);
        Assert.Contains("full_page_writes is off", refused.Message);
        using var told = new PostgresJournal(options with { AllowUnsafe = true });
        Assert.Equal(1, told.Acquire(0, "a").Epoch);
    }

    [Fact]
    public void A_server_whose_name_nobody_knows_is_out_of_reach_like_any_other()
    {
        using var source = new PostgresSource("Host=no-such-server.invalid;Username=engine;Database=engine", "a", allowUnsafe: false);
        Assert.Contains("no-such-server.invalid", Assert.Throws<StoreUnavailableException>(source.OpenReading).Message, StringComparison.Ordinal);
    }
}
