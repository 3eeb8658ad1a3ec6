using System.Numerics;

namespace Engine.Load.Auditing;

/// <summary>
/// Counts times in buckets that grow with the time: each is known to 3 %, from a microsecond to hours, in 2,000 counters. Any
/// number of threads may record.
/// </summary>
public sealed class LatencyHistogram
{
    private const int FineBits = 5;
    private const int Fine = 1 << FineBits;

    private readonly long[] _counts = new long[(64 - FineBits) * Fine];

    public long Count => _counts.Sum();

    public void Record(TimeSpan time) => Interlocked.Increment(ref _counts[Bucket((ulong)Math.Max(0, time.Ticks / TimeSpan.TicksPerMicrosecond))]);

    /// <summary>The time that the given part of all recorded times does not exceed; zero while nothing was recorded.</summary>
    /// <param name="part">0.99 for p99.</param>
    public TimeSpan Percentile(double part)
    {
        var wanted = (long)Math.Ceiling(Count * part);
        for (var bucket = 0; bucket < _counts.Length && wanted > 0; bucket++)
        {
            wanted -= Volatile.Read(ref _counts[bucket]);
            if (wanted <= 0)
                return TimeSpan.FromMicroseconds(UpperEnd(bucket));
        }
        return TimeSpan.Zero;
    }

    // Below 32 µs each has its own bucket; above, 32 for each doubling.
    private static int Bucket(ulong micros)
    {
        var shift = Math.Max(0, BitOperations.Log2(micros | 1) - FineBits);
        return (shift * Fine) + (int)(micros >> shift);
    }

    private static double UpperEnd(int bucket)
    {
        var shift = bucket < 2 * Fine ? 0 : (bucket / Fine) - 1;
        return ((bucket - (shift * Fine) + 1.0) * Math.Pow(2, shift)) - 1;
    }
}
