using System.Globalization;
using System.Text.Json.Nodes;
using CsvHelper;
using Engine.Actors.Inventory;
using Engine.Adapters;
using Engine.Adapters.Canonical;
using Engine.Host.Api;

namespace Engine.Host.Bulk;

/// <summary>One line of a stock file: what it asks for, or all that is wrong with it.</summary>
/// <param name="Line">Counted from 1, as editors do.</param>
/// <param name="Bytes">How far the file was read, about, for showing progress.</param>
readonly record struct StockRow(long Line, long Bytes, AdjustmentLineBody? Wish, IReadOnlyList<Fault> Faults);

/// <summary>
/// Reads a stock file line by line: CSV with a header (sku, warehouse, delta or set, reason) or NDJSON with the same names. A
/// line is held to the same rules as a line of <c>POST /v1/stock/adjustments</c>; without a reason a set is a stocktake and a
/// delta is received.
/// </summary>
static class StockRows
{
    static readonly string[] Columns = ["sku", "warehouse", "delta", "set", "reason"];

    /// <exception cref="StartupException">The file can't be read, is of no known kind, or its header does not fit.</exception>
    public static IEnumerable<StockRow> Read(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => ReadCsv(path),
        ".ndjson" or ".jsonl" => ReadNdjson(path),
        var other => throw new StartupException($"{path}: a file named {(other.Length == 0 ? "without an ending" : other)} can't be imported; .csv and .ndjson can."),
    };

    static IEnumerable<StockRow> ReadNdjson(string path)
    {
        using var reader = Open(path);
        for (long line = 1; reader.ReadLine() is { } text; line++)
        {
            if (string.IsNullOrWhiteSpace(text)) continue;
            yield return Row(line, reader.BaseStream.Position, System.Text.Encoding.UTF8.GetBytes(text));
        }
    }

    static IEnumerable<StockRow> ReadCsv(string path)
    {
        using var csv = CsvReader.Create(Open(path).BaseStream, new CsvReaderOptions { TrackLineNumbers = true, TrimWhitespace = true });
        csv.ReadHeader();
        var columns = Columns.Select(name => (Name: name, Index: csv.TryGetFieldIndex(name, out var index) ? index : -1)).Where(c => c.Index >= 0).ToArray();
        CheckHeader([.. columns.Select(c => c.Name)], path);
        while (csv.Read())
        {
            var wish = new JsonObject();
            foreach (var (name, index) in columns)
                if (!csv.IsEmpty(index)) wish[name] = Value(name, csv.GetString(index));
            yield return Row(csv.LineNumber, csv.ByteOffset, System.Text.Encoding.UTF8.GetBytes(wish.ToJsonString()));
        }
    }

    static void CheckHeader(string[] header, string path)
    {
        var missing = Columns[..2].Except(header).ToList();
        if (!header.Contains("delta") && !header.Contains("set")) missing.Add("delta or set");
        if (missing.Count > 0) throw new StartupException($"{path}: the first line must name the columns; missing: {string.Join(", ", missing)}.");
    }

    static JsonNode Value(string column, string text) =>
        column is "delta" or "set" && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number) : JsonValue.Create(text);

    static StockRow Row(long line, long bytes, byte[] json)
    {
        var reading = Requests.Read(json, ReadWish);
        return new StockRow(line, bytes, reading.Value, reading.Faults);
    }

    static AdjustmentLineBody ReadWish(Fields fields) => AdjustmentLineBody.Read(fields, fields.Has("set") ? StockReason.Stocktake : StockReason.Receiving);

    static StreamReader Open(string path)
    {
        try
        {
            return new StreamReader(path, System.Text.Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"{path} can't be read: {e.Message}", e);
        }
    }
}
