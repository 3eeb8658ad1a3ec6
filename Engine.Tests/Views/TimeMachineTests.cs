using System.Text.Json;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Orders;
using Engine.Adapters.Views;
using Xunit;

namespace Engine.Tests.Views;

/// <summary>What was shown live is what the time machine shows of that moment.</summary>
public sealed class TimeMachineTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <param name="Version">The number of the last change; 0 where changes can't be told apart.</param>
    sealed record Shown(ActorId Actor, long At, long Version, string View);

    [Theory]
    [InlineData(31, 32 * 1024), InlineData(32, 300), InlineData(33, 1), InlineData(34, 2000)]
    public async Task Every_answer_is_given_again_for_its_instant_and_its_version(int seed, int bytesBetweenStates)
    {
        var story = new Story(seed);
        List<Shown> shown = [];
        Record(story, shown);
        story.Begin();
        for (var i = 0; i < 150; i++)
        {
            Record(story, shown);
            story.Step();
        }
        // A part of it is projected, a part lies behind, as it is for a moment after every change.
        ReadModels.RebuildOffline(Tables.Options(_folder, story.Rig.Journal) with { BytesBetweenStates = bytesBetweenStates }, _ => { });
        for (var i = 0; i < 30; i++)
        {
            Record(story, shown);
            story.Step();
        }
        Assert.Equal(bytesBetweenStates < 10_000, Tables.Query(_folder, "SELECT 1 FROM states LIMIT 1").Count > 0);

        using var models = new ReadModels(Tables.Options(_folder, story.Rig.Journal) with { BytesBetweenStates = bytesBetweenStates });
        models.Start();
        Assert.True(await models.CatchUpAsync(TimeSpan.FromSeconds(30)));
        var machine = new TimeMachine(models);
        Assert.True(shown.Count > 500);
        foreach (var then in shown)
        {
            Assert.Equal(then.View, View(machine.At(then.Actor, PastPoint.Instant(then.At)), then.At));
            if (then.Version > 0) Assert.Equal(then.View, View(machine.At(then.Actor, PastPoint.Change(then.Version)), then.At));
        }
    }

    static void Record(Story story, List<Shown> shown)
    {
        foreach (var id in story.SkuIds.Append(story.Touched).Where(id => id.Kind != ActorKind.None))
        {
            var answer = story.Rig.Node.ReadAsync<Actor>(id, static (actor, now) => (View(actor, now), actor is SkuActor sku ? sku.Version : 0)).AsTask();
            story.Rig.Settle();
            var (view, version) = ((string, long))answer.Result.Reply!;
            shown.Add(new Shown(id, story.Rig.Now, version, view));
        }
        story.Rig.Pass(TimeSpan.FromMilliseconds(1));
    }

    static string View(Actor actor, long now) => actor is SkuActor sku
        ? JsonSerializer.Serialize((sku.ToView(), sku.Reservations.Where(r => r.IsLive).OrderBy(r => r.Id, StringComparer.Ordinal).Select(r => ReservationView.Of(sku.Sku, r)).ToArray()), Fields)
        : JsonSerializer.Serialize((OrderView)actor.View(now)! with { At = now }, Fields);

    static readonly JsonSerializerOptions Fields = new() { IncludeFields = true };

    [Fact]
    public async Task A_place_in_an_orders_history_shows_the_order_as_it_was_when_that_was_written()
    {
        var story = new Story(40);
        story.Begin();
        story.Tell(150);
        using var models = new ReadModels(Tables.Options(_folder, story.Rig.Journal) with { BytesBetweenStates = 200 });
        models.Start();
        Assert.True(await models.CatchUpAsync(TimeSpan.FromSeconds(30)));
        var machine = new TimeMachine(models);
        foreach (var id in story.OrderIds)
        {
            var history = story.Rig.Read<OrderView>(id).History;
            for (var n = 1; n <= history.Count; n++)
            {
                var then = (OrderActor)machine.At(id, PastPoint.Change(n));
                Assert.Equal((n, history[n - 1].State, history[n - 1].Paid, history[n - 1].At), (then.History.Count, then.State, then.IsPaid, then.History[^1].At));
            }
            Assert.Empty(((OrderActor)machine.At(id, PastPoint.Change(0))).History);
            Assert.Equal(history.Count, ((OrderActor)machine.At(id, PastPoint.Change(long.MaxValue - 1))).History.Count);
        }
    }

    [Fact]
    public async Task Every_movement_leads_from_the_figures_before_it_to_those_after_it()
    {
        var story = new Story(50);
        story.Begin();
        story.Tell(200);
        using var models = new ReadModels(Tables.Options(_folder, story.Rig.Journal) with { BytesBetweenStates = 500 });
        models.Start();
        Assert.True(await models.CatchUpAsync(TimeSpan.FromSeconds(30)));
        var (machine, lists) = (new TimeMachine(models), new ViewLists(models));
        foreach (var id in story.SkuIds)
        {
            var all = lists.Movements(new MovementFilter { Sku = id.Key }, null, 10_000)!;
            Assert.Equal(Enumerable.Range(1, all.Count).Select(n => (long)n), all.Select(m => m.Sequence));
            foreach (var m in all)
            {
                var then = ((SkuActor)machine.At(id, PastPoint.Change(m.Sequence))).ToView();
                Assert.Equal(new StockFigures(then.OnHand, then.Reserved, then.Committed, then.Shortage, then.Available), m.After);
                if (m.There is not null && then.Warehouses.Single(w => w.Warehouse == m.Warehouse) is var w) Assert.Equal(new StockFigures(w.OnHand, w.Reserved, w.Committed, w.Shortage, w.Available), m.There);
                Assert.NotEmpty(m.Cause);
            }
            var (from, to) = (all[all.Count / 3].At, all[all.Count * 2 / 3].At);
            var between = all.Where(m => m.At >= from && m.At < to).Select(m => m.Sequence).ToArray();
            Assert.Equal(between, lists.Movements(new MovementFilter { Sku = id.Key, From = from, To = to }, null, 10_000)!.Select(m => m.Sequence));
            Assert.Equal(between.Reverse(), lists.Movements(new MovementFilter { Sku = id.Key, From = from, To = to, NewestFirst = true }, null, 10_000)!.Select(m => m.Sequence));
        }
        Assert.Null(lists.Movements(new MovementFilter { Sku = "never" }, null, 1));
    }
}
