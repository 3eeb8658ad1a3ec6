
using Engine.Actors.Orders;

namespace Engine.Simulation;

/// <param name="Story">What became durable, in order, up to the failure.</param>
public sealed record SimulationFailure(int Seed, string Invariant, int Step, string Message, IReadOnlyList<string> Story)
{
    public override string ToString() => $"seed={Seed} invariant={Invariant} step={Step} {Message}";
}

/// <summary>What a number of seeds came to.</summary>
public sealed record SimulationResult(int Seeds, long Steps, long Frames, long Answers, long Grants, long Crashes, SimulationFailure? Failure)
{
    public long CartsReserved { get; init; }
    public long CartsRefused { get; init; }
    public long BundlesExpanded { get; init; }
}

/// <summary>Runs seeds until one fails or all are done.</summary>
public static class SimulationRunner
{
    public const int DefaultSteps = 1500;

    /// <param name="policies">What shops have chosen; null for many different choices.</param>
    /// <param name="progress">Is told after each seed how many are done.</param>
    public static SimulationResult Run(
        int seeds, int from = 1, PlantedFault fault = default, int steps = DefaultSteps, IReadOnlyList<ShopPolicy>? policies = null, Action<int>? progress = null, CancellationToken stop = default)
    {
        var sum = new SimulationResult(0, 0, 0, 0, 0, 0, null);
        for (var seed = from; seed < from + seeds && !stop.IsCancellationRequested; seed++)
        {
            var run = SimulationRun.Of(seed, fault, policies: policies);
            var failure = Try(run, seed, steps);
            sum = new(sum.Seeds + 1, sum.Steps + run.StepsDone, sum.Frames + run.Replica.Frames, sum.Answers + run.Courier.Answers, sum.Grants + run.Stock.Grants, sum.Crashes + run.Crashes, null)
            {
                CartsReserved = sum.CartsReserved + run.Carts.Reserved, CartsRefused = sum.CartsRefused + run.Carts.Refused, BundlesExpanded = sum.BundlesExpanded + run.Carts.Expanded,
            };
            if (failure is not null) return sum with { Failure = Retell(failure, fault, steps, policies) };
            progress?.Invoke(sum.Seeds);
        }
        return sum;
    }

    /// <summary>What follows from every choice and every frame of a run: the same seed must give the same.</summary>
    public static ulong TraceOf(int seed, int steps = DefaultSteps)
    {
        var run = SimulationRun.Of(seed);
        run.Run(steps);
        return run.TraceHash;
    }

    static SimulationFailure? Try(SimulationRun run, int seed, int steps)
    {
        try
        {
            run.Run(steps);
            return null;
        }
        catch (BrokenInvariantException e)
        {
            return new SimulationFailure(seed, e.Invariant, run.StepsDone, e.Message, run.Story);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nothing may escape from a partition's turn or from work beside it.
            return new SimulationFailure(seed, "I12", run.StepsDone, e.ToString(), run.Story);
        }
    }

    /// <summary>The same run once more, this time with its story.</summary>
    static SimulationFailure Retell(SimulationFailure failure, PlantedFault fault, int steps, IReadOnlyList<ShopPolicy>? policies) =>
        Try(SimulationRun.Of(failure.Seed, fault, tells: true, policies), failure.Seed, steps) ?? failure;
}
