using System.Globalization;
using Engine.Actors.Verification;
using Engine.Load.Auditing;
using Engine.Simulation;
using Spectre.Console;

namespace Engine.Host.Proof;

/// <summary>What the proof came to.</summary>
sealed class ProofScore
{
    public SimulationResult? Simulated { get; set; }
    public int Kills { get; set; }
    public int Tears { get; set; }
    public TimeSpan LongestRecovery { get; set; }
    public int Acknowledged { get; set; }
    public int Unclear { get; set; }
    public TallyResult? Orders { get; set; }
    public IReadOnlyList<string> Wrong { get; set; } = [];
    public VerifyReport? Journal { get; set; }

    /// <summary>Everything was tried to its end, and every promise held.</summary>
    public bool Holds => Simulated is { Failure: null } && Orders is { Holds: true } && Wrong.Count == 0 && Journal is { First: null };

    public void Show(IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn("proof").AddColumn(new TableColumn("").RightAligned());
        Row("simulated lives", Simulated?.Seeds);
        Row("  crashes in them, with torn writes", Simulated?.Crashes);
        Row("  invariants broken", Simulated is null ? null : Simulated.Failure is null ? 0 : 1);
        Row("kills of the real process", Kills);
        Row("  logs torn behind the last commit", Tears);
        table.AddRow("  longest way back into service", $"{LongestRecovery.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
        Row("calls acknowledged", Acknowledged);
        Row("  answers that left it open, asked again", Unclear);
        Row("orders, payments and units lost", Orders?.Lost);
        Row("  doubled", Orders?.Doubled);
        Row("  oversold", Orders?.Oversold);
        Row("journal: frames verified", Journal?.Frames);
        Row("  breaches", Journal?.Breaches.Count);
        Row("  units that do not add up", Journal is null ? null : Journal.Stock.Received - Journal.Stock.OnHand - Journal.Stock.Shipped - Journal.Stock.WrittenOff);
        console.Write(table);
        foreach (var wrong in Wrong.Take(10)) console.WriteLine($"WRONG: {wrong}");
        if (Simulated?.Failure is { } failure) console.WriteLine($"BROKEN: {failure}");
        if (Journal?.First is { } breach) console.WriteLine($"BREACH: {breach}");
        console.WriteLine(Holds ? "Every promise held." : Journal is null ? "The proof was not finished." : "A promise was broken.");

        void Row(string name, long? value) => table.AddRow(name, value?.ToString("N0", CultureInfo.InvariantCulture) ?? "not tried");
    }
}
