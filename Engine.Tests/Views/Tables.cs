using System.Globalization;
using System.Text;
using Engine.Actors;
using Engine.Actors.Kernel;
using Engine.Adapters.Views;
using Microsoft.Data.Sqlite;

namespace Engine.Tests.Views;

/// <summary>Reads the tables of read models as anybody with SQLite would.</summary>
static class Tables
{
    public static ReadModelOptions Options(TempFolder folder, IJournalReader journal, IPersonIndex? persons = null) => new()
    {
        Directory = folder.Path, Journal = journal, Domain = EngineDomain.Instance, Persons = persons ?? new NoPersonIndex(), Durable = () => Durable(journal),
    };

    public static IReadOnlyList<long> Durable(IJournalReader journal) =>
        [.. Enumerable.Range(0, journal.Partitions).Select(p => journal.ReadFrames(p, 0).Select(f => f.Sequence).LastOrDefault())];

    public static void Project(TempFolder folder, IJournalReader journal) => ReadModels.RebuildOffline(Options(folder, journal), _ => { });

    public static List<string[]> Query(TempFolder folder, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.File(ReadModels.FileName)};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string[]>();
        while (reader.Read()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => Text(reader.GetValue(i)))]);
        return rows;
    }

    static string Text(object value) => value switch
    {
        DBNull => "null",
        byte[] bytes => Convert.ToHexString(bytes),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>Every row of every table.</summary>
    public static string Dump(TempFolder folder)
    {
        var text = new StringBuilder();
        foreach (var table in Query(folder, "SELECT name FROM sqlite_schema WHERE type='table' ORDER BY name"))
        {
            text.Append("# ").AppendLine(table[0]);
            foreach (var row in Query(folder, $"SELECT * FROM {table[0]}").Select(r => string.Join('|', r)).Order(StringComparer.Ordinal)) text.AppendLine(row);
        }
        return text.ToString();
    }
}
