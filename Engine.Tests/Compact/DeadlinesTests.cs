using Engine.Actors.Compact;
using Engine.Actors.Deciders;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Engine.Tests.Compact;

/// <summary>The deadlines of a partition against a dictionary of them.</summary>
public sealed class DeadlinesTests
{
    const int Ids = 300;

    [Fact]
    public void Whatever_is_set_moved_and_given_up_comes_when_it_is_due_and_under_its_own_id()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue - 1)), seed =>
        {
            var random = new Random(seed);
            var (deadlines, model) = (new Deadlines(), new Dictionary<ActorId, long>());
            for (var now = 0L; now < 1500; now++)
            {
                var id = IdOf(random.Next(Ids), random.Next(2) == 0);
                var at = random.Next(3) == 0 ? Actor.Never : now + random.Next(-5, 400);
                deadlines.Set(id, at);
                if (at == Actor.Never) model.Remove(id);
                else model[id] = at;
                if (random.Next(4) == 0) TakeDue(deadlines, model, now);
                Assert.Equal(model.Count == 0 ? Actor.Never : model.Values.Min(), deadlines.Next);
            }
            var read = new Deadlines();
            var written = Codec.Writer(4096);
            deadlines.Layout(written);
            read.Layout(Codec.Reader(written.Written.ToArray()));
            Assert.Equal(model.Count, read.Count);
            TakeDue(read, model, long.MaxValue - 1);
            Assert.Empty(model);
            return true;
        }));
    }

    static ActorId IdOf(int number, bool isOrder) => isOrder ? ActorId.Order($"shop:订单{number}{new string('0', number % 60)}") : ActorId.Sku($"SKU-{number}");

    static void TakeDue(Deadlines deadlines, Dictionary<ActorId, long> model, long now)
    {
        while (deadlines.TryTake(now, out var id))
        {
            Assert.Equal(model.Values.Min(), model[id]);
            model.Remove(id);
        }
        Assert.DoesNotContain(model.Values, at => at <= now);
    }
}
