using System.Text.Json;
using Engine.Load.Auditing;

namespace Engine.Benchmarks.InProcess;

sealed record Latency(double P50, double P99, double P999)
{
    /// <summary>Milliseconds.</summary>
    public static Latency Of(LatencyHistogram times) =>
        new(times.Percentile(0.5).TotalMilliseconds, times.Percentile(0.99).TotalMilliseconds, times.Percentile(0.999).TotalMilliseconds);

    public override string ToString() => FormattableString.Invariant($"p50 {P50:F2}  p99 {P99:F2}  p99.9 {P999:F2}");
}

/// <summary>What one second of a run was like.</summary>
sealed record Second(long Done, double ViewLagSeconds, double HeapMegabytes);

/// <summary>What a run of the engine in process came to; an order stands for whatever the workload counts.</summary>
sealed record EngineFigures
{
    public required string Work { get; init; }
    public required string Store { get; init; }
    public required string Load { get; init; }
    public required bool Views { get; init; }
    public required bool ServerGc { get; init; }
    public required double Seconds { get; init; }
    public required long Orders { get; init; }
    public required double OrdersPerSecond { get; init; }
    public required Latency Milliseconds { get; init; }
    public required long Refused { get; init; }
    public required Latency RefusedMilliseconds { get; init; }
    /// <summary>Of the whole process.</summary>
    public required double CpuMicrosPerOrder { get; init; }
    /// <summary>Of these the callers' own, by the same callers asking an engine that does nothing.</summary>
    public required double CallersCpuMicrosPerOrder { get; init; }
    public required double CoresBusy { get; init; }
    /// <summary>The same by the name of the thread.</summary>
    public required IReadOnlyDictionary<string, double> CpuMicrosByThread { get; init; }
    public required double AllocatedPerOrder { get; init; }
    public required double CallersAllocatedPerOrder { get; init; }
    public required double FrameBytesPerOrder { get; init; }
    public required double KeyBytesPerOrder { get; init; }
    public required double OrdersPerFrame { get; init; }
    public required double FramesPerTransaction { get; init; }
    public required double MessagesPerOrder { get; init; }
    public required int Gen2 { get; init; }
    public required double PausedMillisPerSecond { get; init; }
    public required double LongestPauseMillis { get; init; }
    public required double ViewLagSeconds { get; init; }
    public required double ViewCatchUpSeconds { get; init; }
    public required IReadOnlyList<Second> Timeline { get; init; }

    public void Show(TextWriter to)
    {
        var perSecond = Timeline.Select(s => s.Done).Order().ToArray();
        Line("workload", $"{Work} on {Store}, {Load}, {Seconds:F1} s, read models {(Views ? "on" : "off")}, {(ServerGc ? "server" : "workstation")} collector");
        Line("orders/s", $"{OrdersPerSecond:N0}{(perSecond.Length > 2 ? $"   by the second {perSecond[0]:N0} to {perSecond[^1]:N0}, median {perSecond[perSecond.Length / 2]:N0}" : "")}");
        Line("answered in ms", $"{Milliseconds}");
        if (Refused > 0) Line("refused", $"{Refused:N0}, answered in ms {RefusedMilliseconds}");
        Line("cpu µs/order", $"{CpuMicrosPerOrder:F1}, of it callers {CallersCpuMicrosPerOrder:F1}; {CoresBusy:F2} cores busy");
        if (CpuMicrosByThread.Count > 0) Line("  by thread", $"{string.Join(", ", CpuMicrosByThread.Where(t => t.Value >= 0.1).Select(t => FormattableString.Invariant($"{t.Key} {t.Value:F1}")))}");
        Line("allocated/order", $"{AllocatedPerOrder:N0} bytes, of it callers {CallersAllocatedPerOrder:N0}");
        Line("journal/order", $"{FrameBytesPerOrder:N0} bytes in frames, {KeyBytesPerOrder:N0} of keys");
        Line("orders/frame", $"{OrdersPerFrame:F2}; {FramesPerTransaction:F1} frames a transaction");
        Line("messages/order", $"{MessagesPerOrder:F2}");
        Line("collector", $"{Gen2} full, {PausedMillisPerSecond:F0} ms of pauses a second, the longest {LongestPauseMillis:F1} ms");
        if (Views) Line("read models", $"{ViewLagSeconds:F2} s behind at the end, caught up {ViewCatchUpSeconds:F2} s later");

        void Line(string name, FormattableString value) => to.WriteLine($"{name,-20}{FormattableString.Invariant(value)}");
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public static EngineFigures FromJson(string json) => JsonSerializer.Deserialize<EngineFigures>(json, Json)!;

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
}
