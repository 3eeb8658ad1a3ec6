using Engine.Actors.Verification;
using Engine.Host.Proof;
using Engine.Host.Settings;
using Engine.Load.Auditing;
using Engine.Simulation;
using Xunit;

namespace Engine.Tests.Torture;

/// <summary>The proof that a merchant can run (FEATURES G1).</summary>
[Collection(nameof(OneAtATime))]
public sealed class ProofTests
{
    static readonly SimulationResult Lives = new(1, 1, 1, 1, 1, 1, null);

    [Fact]
    public async Task Every_promise_holds_under_kills_and_torn_logs()
    {
        var score = await new ProofRun(new EngineSettings(), TimeSpan.FromSeconds(10), seed: 1, TextWriter.Null, TimeProvider.System, CancellationToken.None).RunAsync();
        Assert.True(score.Holds, string.Join('\n', score.Wrong));
        Assert.True(score is { Kills: > 0, Acknowledged: > 0, Simulated.Crashes: > 0, Journal.Grants: > 0 });
    }

    [Fact]
    public void A_score_holds_only_where_all_was_tried_and_nothing_is_wrong()
    {
        Assert.True(Score().Holds);
        Assert.False(new ProofScore().Holds);
        Assert.False(Score(s => s.Journal = null).Holds);
        Assert.False(Score(s => s.Wrong = ["a reservation is gone"]).Holds);
        Assert.False(Score(s => s.Orders = new TallyResult(0, 1, 0, [])).Holds);
        Assert.False(Score(s => s.Journal = new VerifyReport { Breaches = [new Breach(0, 1, "oversold")] }).Holds);
        Assert.False(Score(s => s.Simulated = Lives with { Failure = new SimulationFailure(1, "I2", 1, "oversold", []) }).Holds);
    }

    static ProofScore Score(Action<ProofScore>? change = null)
    {
        var score = new ProofScore { Simulated = Lives, Orders = new TallyResult(0, 0, 0, []), Journal = new VerifyReport() };
        change?.Invoke(score);
        return score;
    }
}
