using Engine.Actors.Kernel;
using Engine.Tests.Host;
using Engine.Tests.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Engine.Tests.Acceptance;

/// <summary>Story 7: the store dies in the middle of a commit whose outcome nobody knows.</summary>
public sealed class UnknownOutcomeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Story_7_a_commit_of_unknown_outcome_deducts_neither_twice_nor_never(bool written)
    {
        var (host, journal) = await StartAsync();
        await using var _ = host;
        var api = host.Admin;
        await api.Stock("A", 10);
        for (var i = 0; i < 10; i++)
        {
            var token = await api.Token("A");
            journal.LoseNextAnswer(written);
            var first = await api.Reserve("A", $"r{i}", 1, token);
            Assert.Equal((503, "outcome_unknown"), (first.Status, first.Code));
            Reply again = first;
            await Shop.Until(async () => (again = await api.Reserve("A", $"r{i}", 1, token)).Status != 503, "settled");
            // The frame is settled either way: it was there, or the identical one was submitted again.
            Assert.Equal(200, again.Status);
            Assert.Equal((10, i + 1, 0, 9 - i), await api.Figures("A"));
        }
    }

    [Fact]
    public async Task A_node_is_not_ready_while_it_can_not_find_out_what_became_of_a_commit()
    {
        var (host, journal) = await StartAsync();
        await using var _ = host;
        await host.Admin.Stock("A", 10);
        var token = await host.Admin.Token("A");
        Assert.Equal(200, (await host.Admin.Get("/health/ready")).Status);

        journal.GoAway(true);
        journal.LoseNextAnswer(written: true);
        Assert.Equal("outcome_unknown", (await host.Admin.Reserve("A", "r", 1, token)).Code);
        Assert.Equal(503, (await host.Admin.Get("/health/ready")).Status);
        // Nobody is kept waiting for a store that may be away for long.
        Assert.Equal((503, "store_unavailable"), Told(await host.Admin.Get("/v1/skus/A")));
        Assert.Equal((503, "store_unavailable"), Told(await host.Admin.Reserve("A", "other", 1, token)));

        journal.GoAway(false);
        await Shop.Until(async () => (await host.Admin.Get("/health/ready")).Status == 200, "ready");
        Assert.Equal(200, (await host.Admin.Reserve("A", "r", 1, token)).Status);
    }

    static (int, string?) Told(Reply reply) => (reply.Status, reply.Code);

    static async Task<(ApiHost Host, UncertainJournal Journal)> StartAsync()
    {
        UncertainJournal? journal = null;
        var host = await ApiHost.StartAsync(replace: services =>
        {
            var real = services.Last(s => s.ServiceType == typeof(IJournal));
            services.AddSingleton<IJournal>(provider => journal = new UncertainJournal((IJournal)real.ImplementationFactory!(provider)));
        });
        return (host, journal!);
    }

    /// <summary>A journal whose answers get lost: the write happened, or it did not, and nobody says which.</summary>
    sealed class UncertainJournal(IJournal inner) : JournalAround(inner)
    {
        bool _lose, _written, _isAway;

        public void LoseNextAnswer(bool written) => (_written, _lose) = (written, true);

        public void GoAway(bool isAway) => _isAway = isAway;

        public override bool CanBeTakenOver => !_isAway;

        public override void Submit(JournalWrite write)
        {
            if (!_lose || write.Sequence == 0)
            {
                Inner.Submit(write);
                return;
            }
            _lose = false;
            if (_written) Inner.Submit(new Unheard(write));
            else write.Complete(WriteOutcome.Unknown);
        }

        sealed class Unheard : JournalWrite
        {
            readonly JournalWrite _write;

            public Unheard(JournalWrite write)
            {
                _write = write;
                (Partition, Epoch, Sequence, Frame) = (write.Partition, write.Epoch, write.Sequence, write.Frame);
                Keys.AddRange(write.Keys);
                DroppedKeys.AddRange(write.DroppedKeys);
            }

            public override void Complete(WriteOutcome outcome) => _write.Complete(WriteOutcome.Unknown);
        }
    }
}
