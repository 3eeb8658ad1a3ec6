using Engine.Actors.Kernel;
using Xunit;

namespace Engine.Tests.Kernel;

/// <summary>Orders whose locks end in one moment: beside new work they end at a pace, by themselves at once.</summary>
public sealed class DeadlinePaceTests
{
    const int Partitions = 3;
    const int Skus = 20;
    const int Orders = 2_000;
    static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    readonly EngineRig _rig = new(Partitions, new Limits { QuestionsPerSecond = 600, QuestionsAtOnce = 16, LateMax = 2_000 });
    int _fresh;

    void Fill(int skus)
    {
        for (var sku = 0; sku < skus; sku++) _rig.Adjust(Sku(sku), "w", 1_000_000);
        for (var order = 0; order < Orders; order++) _rig.Place($"storm-{order}", (Sku(order % skus), 1));
        Assert.Equal(Orders, Locked);
        _rig.Time.Advance(TimeSpan.FromMinutes(15) - Step);
    }

    [Theory, InlineData(Skus), InlineData(1)]
    public void Beside_new_work_so_many_end_in_a_second_and_no_more_also_where_all_are_of_one_partition(int skus)
    {
        Fill(skus);
        Pass(TimeSpan.FromSeconds(1), isBusy: true);
        Assert.InRange(Orders - Locked, _rig.Limits.QuestionsPerSecond * 9 / 10, _rig.Limits.QuestionsPerSecond + (Partitions * _rig.Limits.QuestionsAtOnce));
    }

    [Fact]
    public void What_is_too_late_goes_before_new_work()
    {
        Fill(Skus);
        Pass(TimeSpan.FromMilliseconds(_rig.Limits.LateMax), isBusy: true);
        Assert.InRange(Locked, 1, Orders);
        Pass(2 * Step, isBusy: true);
        Assert.Equal(0, Locked);
    }

    [Fact]
    public void Where_nobody_waits_all_end_at_once()
    {
        Fill(Skus);
        Pass(2 * Step, isBusy: false);
        Assert.Equal(0, Locked);
    }

    void Pass(TimeSpan time, bool isBusy)
    {
        for (var left = time; left > TimeSpan.Zero; left -= Step)
        {
            // One to each partition, and more: new work comes everywhere.
            for (var i = 0; isBusy && i < 4 * Partitions; i++) _rig.Adjust($"fresh-{_fresh++}", "w", 1);
            _rig.Time.Advance(Step);
            _rig.Node.Tick();
            _rig.Settle();
        }
    }

    int Locked => Enumerable.Range(0, Skus).Sum(sku => (int)_rig.Stock(Sku(sku)).Reserved);

    static string Sku(int number) => $"sku-{number}";
}
