using System.Globalization;

namespace Engine.Benchmarks.Where;

/// <summary>Puts every sample to the part of the engine that it belongs to.</summary>
static class Parts
{
    /// <param name="report">Lines of <c>perf report</c>: share | thread | file | symbol.</param>
    /// <param name="micros">What an order takes in all.</param>
    /// <returns>µs an order of each part, the largest first.</returns>
    public static IReadOnlyList<(string Part, double Micros)> Of(IEnumerable<string> report, double micros)
    {
        var shares = new Dictionary<string, double>();
        foreach (var line in report)
        {
            var fields = line.Split('|', 4, StringSplitOptions.TrimEntries);
            if (fields.Length < 4 || !double.TryParse(fields[0].TrimEnd('%'), CultureInfo.InvariantCulture, out var share)) continue;
            var part = Of(fields[1], fields[2], fields[3]);
            shares[part] = shares.GetValueOrDefault(part) + share;
        }
        var sum = shares.Values.Sum();
        return [.. shares.Select(s => (s.Key, s.Value / sum * micros)).OrderByDescending(s => s.Item2)];
    }

    static string Of(string thread, string file, string symbol)
    {
        bool Has(string words) => symbol.Contains(words, StringComparison.Ordinal);
        return thread switch
        {
            "read models" => "read models",
            _ when thread.Contains("journal", StringComparison.Ordinal) => "journal: the writing thread",
            _ when thread.Contains("GC", StringComparison.Ordinal) => "collector, on threads of its own",
            _ when thread.Contains("Tiered", StringComparison.Ordinal) || file.Contains("libclrjit", StringComparison.Ordinal) => "compiler",
            _ when symbol.StartsWith("[k]", StringComparison.Ordinal) => "operating system: threads, memory",
            _ when file.Contains("libclrgc", StringComparison.Ordinal) || file.Contains("libcoreclr", StringComparison.Ordinal) => "runtime: collecting, allocating",
            _ when file.Contains("crypto", StringComparison.OrdinalIgnoreCase) || Has("Adapters.Keys") || Has("Security.Cryptography") => "sealing personal data",
            _ when Has("Engine.Actors.Kernel") => "kernel: mailboxes, batches, frames",
            _ when Has("Engine.Actors.Deciders") => "encoding",
            _ when Has("Engine.Actors.") => "deciders and state",
            _ when Has("Engine.Adapters.Journals") || file.Contains("sqlite", StringComparison.Ordinal) || Has("Npgsql") => "journal: handing over",
            _ when Has("Engine.Benchmarks") || Has("Engine.Load") || Has("Engine.Host") => "callers",
            _ when Has("System.Collections") => "collections",
            _ when Has("System.Threading") => "tasks and locks",
            _ => "other framework code",
        };
    }
}
