using System.Text.Json;
using Engine.Benchmarks.Measuring;
using Engine.Load.Auditing;

namespace Engine.Benchmarks.Peers;

/// <summary>What one run came to.</summary>
/// <param name="PerSecond">Of what is counted.</param>
/// <param name="P50">Milliseconds, as the next.</param>
/// <param name="Note">What is to be known of it.</param>
sealed record Figure(double PerSecond, double P50, double P99, string Note = "")
{
    public static Figure Of(LatencyHistogram times, double perSecond, string note = "") =>
        new(perSecond, times.Percentile(0.5).TotalMilliseconds, times.Percentile(0.99).TotalMilliseconds, note);

    public static Figure Of(Sample sample, string note = "") => Of(sample.Done, sample.PerSecond, note);
}

/// <param name="Work">W1 to W4, or the limit that is measured.</param>
/// <param name="Rounds">One figure a round, in order.</param>
sealed record Row(string Work, string Name, List<Figure> Rounds)
{
    public double Median => Statistics.Median(Rounds.Select(f => f.PerSecond));
    public double Least => Rounds.Min(f => f.PerSecond);
    public double Most => Rounds.Max(f => f.PerSecond);
    public double P99 => Statistics.Median(Rounds.Select(f => f.P99));
}

/// <summary>How far one is ahead of another, round by round, so that a machine that is slow for a minute is slow for both.</summary>
sealed record Ratio(double Median, double Least, double Most)
{
    public static Ratio? Of(Row? one, Row? other)
    {
        if (one is null || other is null) return null;
        var each = one.Rounds.Zip(other.Rounds, (a, b) => a.PerSecond / b.PerSecond).ToArray();
        return each.Length == 0 ? null : new Ratio(Statistics.Median(each), each.Min(), each.Max());
    }
}

/// <summary>All rows, in the order in which they were measured first.</summary>
sealed record Results(string Commit, string Machine, DateTimeOffset At, double Seconds, int Rounds, IReadOnlyDictionary<string, string> Versions)
{
    public List<Row> Rows { get; init; } = [];

    public void Add(string work, string name, Figure figure)
    {
        if (Find(work, name) is not { } row) Rows.Add(row = new Row(work, name, []));
        row.Rounds.Add(figure);
    }

    public Row? Find(string work, string name) => Rows.Find(r => r.Work == work && r.Name == name);

    /// <summary>The one with the best median of those whose name begins so.</summary>
    public Row? Best(string work, string name) => Rows.Where(r => r.Work == work && r.Name.StartsWith(name, StringComparison.Ordinal)).MaxBy(r => r.Median);

    public string ToJson() => JsonSerializer.Serialize(this, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true });
}
