namespace Engine.Load;

/// <summary>
/// Picks ranks with Zipf's frequencies (rank r as often as 1/r^exponent) in constant time, by Vose's alias method: every
/// column of the table holds its own rank and one alias, and the coin of the column decides between the two.
/// </summary>
public sealed class Zipf
{
    private readonly double[] _coin;
    private readonly int[] _alias;

    public Zipf(int count, double exponent = 0.99)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _coin = new double[count];
        _alias = new int[count];
        Fill(Weights(count, exponent));
    }

    /// <summary>A rank from 0, the most frequent.</summary>
    public int Next(Random random)
    {
        var column = random.Next(_coin.Length);
        return random.NextDouble() < _coin[column] ? column : _alias[column];
    }

    // Scaled to a mean of 1: what a column lacks, another one has too much.
    private static double[] Weights(int count, double exponent)
    {
        var weights = new double[count];
        for (var rank = 0; rank < count; rank++)
            weights[rank] = Math.Pow(rank + 1, -exponent);
        var scale = count / weights.Sum();
        for (var rank = 0; rank < count; rank++)
            weights[rank] *= scale;
        return weights;
    }

    private void Fill(double[] weights)
    {
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (var rank = 0; rank < weights.Length; rank++)
            (weights[rank] < 1 ? small : large).Push(rank);
        while (small.Count > 0 && large.Count > 0)
        {
            var needy = small.Pop();
            var giver = large.Pop();
            _coin[needy] = weights[needy];
            _alias[needy] = giver;
            weights[giver] -= 1 - weights[needy];
            (weights[giver] < 1 ? small : large).Push(giver);
        }
        // What is left differs from 1 only by rounding.
        foreach (var rank in small.Concat(large))
            _coin[rank] = 1;
    }
}
