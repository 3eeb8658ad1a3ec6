using CsvHelper;
using Engine.Adapters.Canonical;

namespace Engine.Host.Api;

/// <summary>A list as a table for spreadsheets (RFC 4180): streamed page by page, and whole, whatever its length.</summary>
static class CsvTable
{
    const string ContentType = "text/csv; charset=utf-8";
    /// <summary>No record may be longer: what does not fit would be written in a way that the server forbids.</summary>
    const int BufferBytes = 256 * 1024;
    /// <summary>A text that a spreadsheet would take for a formula is shown as the text it is.</summary>
    static readonly CsvWriterOptions Rfc4180 = new() { Injection = CsvInjection.Escape, BufferSize = BufferBytes };

    /// <summary>By <c>?format=csv</c> or <c>Accept: text/csv</c>.</summary>
    public static bool IsWanted(HttpContext http, Faults faults)
    {
        if (http.Query("format") is { } format)
        {
            if (format is not ("csv" or "json")) faults.Add("format", "unknown_value", "json or csv is wanted.");
            return format == "csv";
        }
        return http.Request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals("text/csv", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>A page of rows, a row having a cell for every column: texts, numbers, or null.</summary>
    /// <param name="page">The next page; empty at the end.</param>
    public static IResult Of(string[] columns, Func<Task<IReadOnlyList<object?[]>>> page) => new CsvResult(columns, page);

    sealed class CsvResult(string[] columns, Func<Task<IReadOnlyList<object?[]>>> page) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            // The first page before the first byte: what can't be read at all is still answered as a problem.
            var rows = await page();
            httpContext.Response.ContentType = ContentType;
            await using var csv = CsvWriter.Create(httpContext.Response.Body, Rfc4180, leaveOpen: true);
            foreach (var column in columns) csv.WriteField(column);
            await csv.EndRecordAsync(httpContext.RequestAborted);
            for (; rows.Count > 0; rows = await page())
            {
                foreach (var row in rows)
                {
                    foreach (var cell in row) csv.WriteField(cell);
                    await csv.EndRecordAsync(httpContext.RequestAborted);
                }
            }
        }
    }
}
