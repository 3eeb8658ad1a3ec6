using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Engine.Adapters.Views.Postgres;

/// <summary>A statement of <see cref="ViewSql"/> in PostgreSQL's words.</summary>
/// <param name="Uses">Which of the values that are given stand for its parameters, in order.</param>
sealed partial record PostgresSql(string Text, IReadOnlyList<int> Uses, bool IsQuery)
{
    static readonly ConcurrentDictionary<string, PostgresSql> Known = new(StringComparer.Ordinal);

    public static PostgresSql Of(string sql) => Known.GetOrAdd(sql, Translate);

    /// <summary>Texts in the order of their bytes, as everywhere in the engine.</summary>
    public static string Tables(string sql) => sql
        .Replace(" WITHOUT ROWID", "", StringComparison.Ordinal)
        .Replace("INTEGER", "bigint", StringComparison.Ordinal)
        .Replace("TEXT", "text COLLATE \"C\"", StringComparison.Ordinal)
        .Replace("BLOB", "bytea", StringComparison.Ordinal);

    static PostgresSql Translate(string sql)
    {
        List<int> uses = [];
        var next = 0;
        var text = Parameter().Replace(Hint().Replace(sql, ""), match =>
        {
            var value = match.Groups[1].Success ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) - 1 : next++;
            if (!uses.Contains(value)) uses.Add(value);
            return $"${uses.IndexOf(value) + 1}";
        });
        return new PostgresSql(text, uses, text.StartsWith("SELECT", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\?(\d+)?")]
    private static partial Regex Parameter();

    /// <summary>Which index is used is left to the planner here: it knows how many rows there are.</summary>
    [GeneratedRegex(@" (INDEXED BY \w+|NOT INDEXED)")]
    private static partial Regex Hint();
}
