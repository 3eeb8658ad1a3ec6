using System.Text.Json;
using Engine.Adapters;
using Engine.Adapters.Canonical;
using Engine.Host.Api;

namespace Engine.Host.Bulk;

/// <summary>What has been done of an import. Kept in a file beside the imported one while it is not finished.</summary>
sealed record ImportProgress(string Reference, long Batches, long Line, long Applied, long Refused, long Bad, long Bytes)
{
    public long Lines => Applied + Refused + Bad;
}

/// <summary>
/// Imports a stock file in batches of fixed size, each under a reference that follows from the file's and its place: whatever is
/// interrupted, the same batch sent again is the same adjustment, so nothing is booked twice and nothing left out.
/// </summary>
/// <param name="reference">The same for every attempt at the same import.</param>
/// <param name="report">Takes a line of JSON for every line of the file that was not applied.</param>
sealed class StockImport(string reference, IStockTarget target, TextWriter report, Action<ImportProgress> save, TimeProvider time)
{
    public const int BatchLines = 500;
    const int BatchesAtOnce = 16;
    static readonly TimeSpan WhenBusy = TimeSpan.FromMilliseconds(50);

    readonly Queue<(Batch Batch, Task<BatchResult> Result)> _inFlight = new();
    readonly HashSet<string> _skusInFlight = new(StringComparer.Ordinal);

    sealed record Batch(long Number, List<StockRow> Rows)
    {
        public IEnumerable<StockRow> Good => Rows.Where(r => r.Wish is not null);
    }

    /// <summary>How far it is; safe to read from another thread.</summary>
    public ImportProgress Progress { get; private set; } = new(reference, 0, 0, 0, 0, 0, 0);

    /// <param name="from">What an earlier attempt has done.</param>
    /// <param name="stop">Ends it once what was sent is answered.</param>
    /// <exception cref="StartupException">The file or the target can't be used.</exception>
    public async Task RunAsync(IEnumerable<StockRow> rows, ImportProgress? from, CancellationToken stop)
    {
        if (from is not null) Progress = from;
        foreach (var batch in Batches(rows).Skip((int)Progress.Batches))
        {
            if (stop.IsCancellationRequested) break;
            // Batches run side by side; lines of one SKU stay in the order of the file.
            while (_inFlight.Count >= BatchesAtOnce || (_inFlight.Count > 0 && batch.Good.Any(r => _skusInFlight.Contains(r.Wish!.Sku)))) await FinishOldestAsync();
            foreach (var row in batch.Good) _skusInFlight.Add(row.Wish!.Sku);
            _inFlight.Enqueue((batch, SendAsync(batch)));
        }
        while (_inFlight.Count > 0) await FinishOldestAsync();
    }

    static IEnumerable<Batch> Batches(IEnumerable<StockRow> rows)
    {
        var number = 0L;
        var batch = new List<StockRow>(BatchLines);
        foreach (var row in rows)
        {
            batch.Add(row);
            if (batch.Count < BatchLines) continue;
            yield return new Batch(number++, batch);
            batch = new List<StockRow>(BatchLines);
        }
        if (batch.Count > 0) yield return new Batch(number, batch);
    }

    async Task<BatchResult> SendAsync(Batch batch)
    {
        AdjustmentLineBody[] lines = [.. batch.Good.Select(r => r.Wish!)];
        if (lines.Length == 0) return new BatchResult([], false);
        var wish = new AdjustmentBody($"{reference}:{batch.Number}", lines);
        while (true)
        {
            var result = await target.AdjustAsync(wish);
            if (!result.IsBusy) return result;
            await Task.Delay(WhenBusy, time);
        }
    }

    async Task FinishOldestAsync()
    {
        var (batch, sent) = _inFlight.Dequeue();
        var result = await sent;
        long applied = 0, refused = 0, bad = 0;
        var good = 0;
        foreach (var row in batch.Rows)
        {
            if (row.Wish is null)
            {
                bad++;
                Report(row, null);
                continue;
            }
            _skusInFlight.Remove(row.Wish.Sku);
            if (result.Lines[good++] is { } code)
            {
                refused++;
                Report(row, code);
            }
            else applied++;
        }
        var last = batch.Rows[^1];
        Progress = new ImportProgress(reference, batch.Number + 1, last.Line, Progress.Applied + applied, Progress.Refused + refused, Progress.Bad + bad, last.Bytes);
        await report.FlushAsync();
        save(Progress);
    }

    void Report(in StockRow row, string? refusal)
    {
        IReadOnlyList<Fault> faults = refusal is null ? row.Faults : [new Fault("", refusal, "The engine refused the line.")];
        report.WriteLine(JsonSerializer.Serialize(new BadLineJson(row.Line, row.Wish?.Sku, [.. faults.Select(f => new FaultJson(f.Path, f.Code, f.Message))]), BulkJson.Default.BadLineJson));
    }
}
