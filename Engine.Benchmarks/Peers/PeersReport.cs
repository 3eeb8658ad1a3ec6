using System.Globalization;
using System.Text;

namespace Engine.Benchmarks.Peers;

/// <summary>The results as a page to read.</summary>
static class PeersReport
{
    static readonly (string Work, string Title, string Unit, string Engine)[] Sections =
    [
        ("W1", "W1: an order of 1 to 3 lines over 10,000 SKUs, Zipf 0.99", "orders/s", PeersRun.EngineSqlite),
        ("W2", "W2: the same and its payment", "orders/s", PeersRun.EngineSqlite),
        ("W3", "W3: one line of one hot SKU", "orders/s", PeersRun.EngineSqlite),
        ("W4", "W4: the reservations of a SKU", "reads/s", PeersRun.EngineSqlite),
        ("shopify", "A signed Shopify order over HTTP", "orders/s", PeersRun.Http),
        ("youzan", "A signed Youzan 有赞 order over HTTP", "orders/s", PeersRun.Http),
        ("W4 over HTTP", "W4 over HTTP", "reads/s", PeersRun.Http),
        ("disk", "The disk", "orders/s", ""),
    ];

    /// <param name="Wanted">The least that issue 4 asks for, and what is better still; shares are ratios.</param>
    sealed record Budget(string What, Func<Results, Ratio?> Reached, double Wanted, double Stretch);

    static readonly Budget[] Budgets =
    [
        new("W1, SQLite : best PostgreSQL row locks", r => Ratio.Of(r.Find("W1", PeersRun.EngineSqlite), r.Best("W1", "PostgreSQL")), 20, 40),
        new("W1, SQLite : Redis", r => Ratio.Of(r.Find("W1", PeersRun.EngineSqlite), r.Find("W1", PeersRun.Redis)), 6, 6),
        new("W2, SQLite : best PostgreSQL row locks", r => Ratio.Of(r.Find("W2", PeersRun.EngineSqlite), r.Best("W2", "PostgreSQL")), 20, 40),
        new("W3 at 256 callers, SQLite : best PostgreSQL row locks", r => Ratio.Of(r.Find("W3", PeersRun.EngineSqlite256), r.Best("W3", "PostgreSQL")), 40, 40),
        new("W3 at 256 callers, SQLite : Redis", r => Ratio.Of(r.Find("W3", PeersRun.EngineSqlite256), r.Find("W3", PeersRun.Redis)), 4, 4),
        new("Shopify order over HTTP : bare Kestrel", r => Ratio.Of(r.Best("shopify", PeersRun.Http), r.Best("shopify", PeersRun.Ceiling)), 0.5, 0.65),
        new("Youzan order over HTTP : bare Kestrel", r => Ratio.Of(r.Best("youzan", PeersRun.Http), r.Best("youzan", PeersRun.Ceiling)), 0.5, 0.65),
        new("W4 over HTTP : bare Kestrel GET", r => Ratio.Of(r.Best("W4 over HTTP", PeersRun.Http), r.Best("W4 over HTTP", PeersRun.Ceiling)), 0.6, 0.8),
        new("W1, PostgreSQL store : SQLite", r => Ratio.Of(r.Find("W1", PeersRun.EnginePostgres), r.Find("W1", PeersRun.EngineSqlite)), 0.6, 0.8),
    ];

    public static string Markdown(Results results)
    {
        var text = new StringBuilder("# The engine and its peers, side by side\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Commit {results.Commit}, {results.At:yyyy-MM-dd HH:mm} UTC, {results.Machine}; ");
        text.Append(string.Join(", ", results.Versions.Where(v => v.Value.Length > 0).Select(v => v.Key == "Npgsql" ? $"Npgsql {v.Value}" : v.Value))).Append(".\n");
        text.Append(CultureInfo.InvariantCulture, $"{results.Rounds} alternating rounds of {results.Seconds:0} s each, load generator on the same cores; medians with the least and the most of the rounds. ");
        text.Append("All are durable before they answer. The peers do less than the engine: no expiry, no repeats recognised, no tokens, no history, no explanation, no personal data, and their stock never runs out.\n");
        foreach (var (work, title, unit, engine) in Sections)
        {
            var rows = results.Rows.FindAll(r => r.Work == work);
            if (rows.Count == 0) continue;
            var best = engine.Length == 0 ? null : results.Best(work, engine);
            text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| | {unit} | p99 ms | {(best is null ? "" : "engine is ahead by | ")}remarks |\n|---|---|---|{(best is null ? "" : "---|")}---|\n");
            foreach (var row in rows)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {Spread(row)} | {row.P99:0.##} | ");
                if (best is not null) text.Append(row == best ? "" : Of(Ratio.Of(best, row))).Append(" | ");
                text.Append(row.Rounds[^1].Note).Append(" |\n");
            }
        }
        return AddBudgets(text, results).ToString();
    }

    static StringBuilder AddBudgets(StringBuilder text, Results results)
    {
        var reached = Budgets.Select(b => (Budget: b, Ratio: b.Reached(results))).Where(b => b.Ratio is not null).ToArray();
        if (reached.Length == 0) return text;
        text.Append("\n## Budgets\n\n| | wanted | reached, round by round | |\n|---|---|---|---|\n");
        foreach (var (budget, ratio) in reached)
            text.Append(CultureInfo.InvariantCulture, $"| {budget.What} | {budget.Wanted:0.##}, at best {budget.Stretch:0.##} | {Of(ratio)} | {(ratio!.Median >= budget.Stretch ? "reached" : ratio.Median >= budget.Wanted ? "reached, stretch not" : "not reached")} |\n");
        return text;
    }

    static string Spread(Row row) => string.Create(CultureInfo.InvariantCulture, $"**{Round(row.Median):N0}** ({Round(row.Least):N0}–{Round(row.Most):N0})");

    static string Of(Ratio? ratio) => ratio is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:0.00} × ({ratio.Least:0.00}–{ratio.Most:0.00})");

    /// <summary>To three digits: more would say what the machine does not.</summary>
    static double Round(double value)
    {
        var step = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(Math.Max(1, value))) - 2));
        return Math.Round(value / step) * step;
    }
}
