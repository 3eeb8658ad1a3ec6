using System.Globalization;

namespace Engine.Benchmarks.Measuring;

/// <summary>CPU time of this process by the name of the thread, where the system tells it (Linux).</summary>
static class ThreadTimes
{
    const string Tasks = "/proc/self/task";
    // In ticks of a hundredth of a second, behind the name in brackets.
    const int UserTicks = 11;
    const int SystemTicks = 12;
    const double MillisPerTick = 10;

    public static Dictionary<string, double> Read()
    {
        var times = new Dictionary<string, double>();
        if (!Directory.Exists(Tasks)) return times;
        foreach (var task in Directory.EnumerateDirectories(Tasks))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(task, "stat"));
                var end = stat.LastIndexOf(')');
                var name = stat[(stat.IndexOf('(') + 1)..end];
                var fields = stat[(end + 2)..].Split(' ');
                var millis = (long.Parse(fields[UserTicks], CultureInfo.InvariantCulture) + long.Parse(fields[SystemTicks], CultureInfo.InvariantCulture)) * MillisPerTick;
                times[name] = times.GetValueOrDefault(name) + millis;
            }
            catch (IOException)
            {
                // Ended meanwhile.
            }
        }
        return times;
    }

    /// <summary>What each has used since, the largest first.</summary>
    public static IEnumerable<(string Thread, double Millis)> Since(Dictionary<string, double> before) =>
        Read().Select(now => (now.Key, now.Value - before.GetValueOrDefault(now.Key))).Where(t => t.Item2 > 0).OrderByDescending(t => t.Item2);
}
