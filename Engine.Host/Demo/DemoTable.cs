using System.Globalization;
using Engine.Actors.Verification;
using Engine.Host.Cli;
using Engine.Load.Auditing;
using Engine.Load.Spike;
using Spectre.Console;

namespace Engine.Host.Demo;

/// <summary>What came of the demo, in one table.</summary>
static class DemoTable
{
    public static void Show(SpikeReport report, VerifyReport journal, TallyResult byJournal, TimeSpan verified, IAnsiConsole console)
    {
        var o = report.Outcomes;
        var table = new Table().Border(TableBorder.Minimal).AddColumn("what came of it").AddColumn(new TableColumn("").RightAligned());
        Row("orders received", report.Accounts.Count(a => a.Received));
        Row("messages acknowledged", report.Acknowledged);
        Row("  of these pushed again (duplicates)", report.Duplicates);
        Row("orders reserved", o.Reserved);
        Row("refused with suggestion", o.RefusedWithSuggestion);
        Row("  replenishments suggested, by SKU", report.Suggestions);
        Row("paid", o.Paid);
        Row("paid but backordered", o.PaidAndBackordered);
        Row("expired unpaid", o.Expired);
        Row("cancelled", o.Cancelled);
        Row("to be refunded", o.Refunding);
        Row("late payments", o.LatePayments);
        Row("  reserved again", o.LateReserved);
        Row("  backordered with priority", o.LateBackordered);
        Row("  to be refunded", o.LateRefunding);
        Row("quarantined", report.Quarantined);
        Row("refused signatures", report.SignaturesRefused);
        table.AddEmptyRow();
        Row("orders/s taken in", (long)(report.Accounts.Count / report.Spike.TotalSeconds));
        Row("orders/s until all had stock or refusal", (long)(report.Accounts.Count / report.Decided.TotalSeconds));
        Text("acknowledgement p50 / p99 / p99.9", $"{Ms(report.P50)} / {Ms(report.P99)} / {Ms(report.P999)} ms");
        Text("answers that left it open, sent again", Terminal.Number(report.Retries));
        Text("journal", $"{Terminal.Number(journal.Orders)} orders, {Terminal.Number(journal.Events)} events, {Terminal.Number(journal.Frames)} frames, verified in {verified.TotalSeconds:0.0} s");
        table.AddEmptyRow();
        Counted("oversold", report.ByApi.Oversold, byJournal.Oversold);
        Counted("lost", report.ByApi.Lost, byJournal.Lost);
        Counted("doubled", report.ByApi.Doubled, byJournal.Doubled);
        console.Write(table);
        foreach (var example in report.ByApi.Examples) console.WriteLine($"by the API: {example}");
        foreach (var example in byJournal.Examples) console.WriteLine($"by the journal: {example}");
        foreach (var breach in journal.Breaches) console.WriteLine($"BREACH: {breach}");

        void Row(string name, long value) => Text(name, Terminal.Number(value));
        void Text(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));
        void Counted(string name, long byApi, long byJournalCount) => Text(name, byApi == byJournalCount ? Terminal.Number(byApi) : $"{Terminal.Number(byApi)} by the API, {Terminal.Number(byJournalCount)} by the journal");
    }

    public static void ShowWhatToOpen(Uri url, string data, SpikeReport report, IAnsiConsole console)
    {
        var order = report.Accounts.OrderByDescending(a => a.Paid).First().OrderId;
        console.WriteLine("The engine goes on serving; Ctrl+C ends it. What to open next:");
        console.WriteLine($"  {url}metrics");
        console.WriteLine($"  {url}openapi/v1.json");
        console.WriteLine($"  {url}health/ready");
        console.WriteLine($"With the key in {Path.GetFullPath(Path.Combine(data, "admin.key"))} as Authorization: Bearer KEY:");
        console.WriteLine($"  {url}v1/orders?state=backordered");
        console.WriteLine($"  {url}v1/orders/{Uri.EscapeDataString(order)}");
        console.WriteLine($"  {url}v1/skus/SKU-00000");
        console.WriteLine($"  {url}v1/replenishments");
        console.WriteLine($"  {url}v1/quarantine");
    }

    static string Ms(TimeSpan time) => time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
}
