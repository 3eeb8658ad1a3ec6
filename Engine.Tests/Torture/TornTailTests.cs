using Engine.Actors;
using Engine.Actors.Kernel;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Sqlite;
using Engine.Tests.Verifying;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 16: the log of a real store ends anywhere. Cut off, zeroed, overwritten with noise or with one sector missing, at
/// thousands of places of its tail: what is left is whole, checksummed, chained and gapless, ends with a commit, and holds
/// everything that was durable before the damage.
/// </summary>
public sealed class TornTailTests(ITestOutputHelper output)
{
    static int Cuts => Often.Rounds(200, full: 12_000, "ENGINE_TORTURE_CUTS");

    public static TheoryData<Damage> Kinds => [.. Enum.GetValues<Damage>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Whatever_happens_to_the_tail_only_whole_commits_are_left_and_none_before_it_is_missing(Damage kind)
    {
        using var folder = new TempFolder();
        var log = await TornLog.WriteAsync(folder.Path);
        var places = log.Places(Cuts);
        foreach (var place in places) Assert.Null(log.Check(kind, place));
        output.WriteLine($"{places.Count} places over the last {log.Length - places[0]} bytes, {log.Commits.Count(c => c.Length > places[0])} commits among them");
    }

    /// <summary>An engine opens what is left and goes on; the whole proof holds.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_engine_goes_on_from_what_is_left_and_it_verifies(Damage kind)
    {
        using var folder = new TempFolder();
        var log = await TornLog.WriteAsync(folder.Path);
        foreach (var place in log.Places(8).Where((_, i) => i % 6 == 0))
        {
            using var copy = new TempFolder();
            log.Copy(kind, place, copy.Path);
            using (var journal = new SqliteJournal(new SqliteJournalOptions { Directory = copy.Path, TimeProvider = new ManualTime() }))
            {
                await using var node = new EngineNode(journal, EngineDomain.Instance, TimeProvider.System);
                await node.OpenAsync();
                Assert.All(node.Status, s => Assert.Equal("open", s.State));
                await SmallShop.SellOn(node, 500 + (int)(place % 100));
                await node.StopAsync(TimeSpan.FromSeconds(30));
            }
            using var reader = new SqliteReader(copy.Path);
            Assert.Null(new Verifier(reader, EngineDomain.Instance, () => new MemoryStream()) { Settled = true }.Run().First);
        }
    }

    /// <summary>The mutant: whoever acknowledges at the write instead of the commit has told of what a cut takes away.</summary>
    [Fact]
    public async Task An_acknowledgement_before_the_commit_is_seen()
    {
        using var folder = new TempFolder();
        var log = await TornLog.WriteAsync(folder.Path);
        log.AcknowledgeEarly();
        Assert.Contains(log.Places(200), place => log.Check(Damage.Cut, place)?.Contains("acknowledged", StringComparison.Ordinal) == true);
    }
}
