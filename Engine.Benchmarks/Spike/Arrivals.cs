namespace Engine.Benchmarks.Spike;

enum Profile
{
    /// <summary>The same rate all the time.</summary>
    Constant,
    /// <summary>From nothing to the rate.</summary>
    Ramp,
    /// <summary>A tenth of the rate, in the middle third all of it.</summary>
    Spike,
    /// <summary>A whole day of a shop, its busiest hour at the rate.</summary>
    Day,
}

/// <summary>When orders arrive: at random, as buyers do (Poisson), so many a second as the profile says.</summary>
/// <param name="rate">The most a second.</param>
sealed class Arrivals(Profile profile, double rate, TimeSpan time, Random random)
{
    const double Least = 0.01;
    // Orders by the hour of a Chinese shop on an ordinary day, the busiest hour being 1: asleep before dawn, noon, and after dinner.
    static readonly double[] Hours = [0.25, 0.12, 0.06, 0.04, 0.03, 0.05, 0.12, 0.25, 0.42, 0.58, 0.68, 0.7, 0.66, 0.62, 0.6, 0.58, 0.57, 0.56, 0.6, 0.74, 0.95, 1, 0.85, 0.5];

    /// <summary>Orders a second at that moment.</summary>
    public double RateAt(double seconds)
    {
        var part = Math.Clamp(seconds / time.TotalSeconds, 0, 1);
        return rate * Math.Max(Least, profile switch
        {
            Profile.Ramp => part,
            Profile.Spike => part is >= 1 / 3.0 and < 2 / 3.0 ? 1 : 0.1,
            Profile.Day => Between(part * Hours.Length),
            _ => 1,
        });
    }

    static double Between(double hour)
    {
        var (from, to) = (Hours[(int)hour % Hours.Length], Hours[((int)hour + 1) % Hours.Length]);
        return from + (to - from) * (hour - Math.Floor(hour));
    }

    /// <summary>Seconds since the start, in order.</summary>
    public IEnumerable<double> All()
    {
        // By thinning: candidates at the highest rate, each kept as often as the profile has it.
        for (var at = 0.0; ;)
        {
            at -= Math.Log(1 - random.NextDouble()) / rate;
            if (at >= time.TotalSeconds) yield break;
            if (random.NextDouble() * rate < RateAt(at)) yield return at;
        }
    }
}
