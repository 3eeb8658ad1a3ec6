using System.Globalization;

namespace Engine.Simulation;

/// <summary>What <c>simulate --seeds N --from S</c> does: runs seeds, tells how it goes, and names the seed that fails.</summary>
public static class SimulateCommand
{
    /// <param name="plant">The name of a fault to plant; null for none.</param>
    /// <returns>0 where every seed held; 1 where one failed (with a planted fault: where it was seen).</returns>
    public static int Run(int seeds, int from, string? plant, TextWriter output, TimeProvider time, CancellationToken stop)
    {
        PlantedFault fault = default;
        if (plant is not null)
        {
            if (PlantedFault.Parse(plant) is not { } known)
            {
                output.WriteLine($"unknown fault {plant}; known are: {string.Join(", ", PlantedFault.All)}");
                return 2;
            }
            fault = known;
        }
        var start = time.GetTimestamp();
        var told = TimeSpan.Zero;
        var result = SimulationRunner.Run(seeds, from, fault, progress: done =>
        {
            var elapsed = time.GetElapsedTime(start);
            if (elapsed - told < TimeSpan.FromSeconds(1)) return;
            told = elapsed;
            output.WriteLine(Line($"{done} of {seeds} seeds, {done / elapsed.TotalSeconds:F0} seeds/s"));
        }, stop: stop);
        var seconds = Math.Max(time.GetElapsedTime(start).TotalSeconds, 1e-6);
        output.WriteLine(Line($"{result.Seeds} seeds in {seconds:F1} s ({result.Seeds / seconds:F0} seeds/s): {result.Steps} steps, {result.Crashes} crashes, {result.Frames} frames, {result.Answers} answers, {result.Grants} grants, {result.CartsReserved} carts reserved and {result.CartsRefused} refused, {result.BundlesExpanded} bundles"));
        if (result.Failure is not { } failure)
        {
            output.WriteLine("every invariant held");
            return 0;
        }
        output.WriteLine("what became durable last:");
        foreach (var line in failure.Story.TakeLast(40)) output.WriteLine(line);
        output.WriteLine(failure);
        return 1;
    }

    static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
