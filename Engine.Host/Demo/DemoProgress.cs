using Engine.Load.Spike;
using Spectre.Console;

namespace Engine.Host.Demo;

/// <summary>One bar for each phase.</summary>
sealed class Bars(ProgressContext context)
{
    readonly Dictionary<string, ProgressTask> _bars = [];

    public void Show(SpikeProgress progress)
    {
        if (!_bars.TryGetValue(progress.Phase, out var bar))
        {
            // What came before is over.
            foreach (var earlier in _bars.Values) earlier.Value = earlier.MaxValue;
            _bars.Add(progress.Phase, bar = context.AddTask(progress.Phase, maxValue: 1));
        }
        bar.Description = $"{progress.Phase} ({progress.Acknowledged:N0} messages acknowledged)";
        bar.Value = progress.Part;
    }
}

/// <summary>A line a second, for logs and pipes.</summary>
sealed class PlainProgress(IAnsiConsole console, TimeProvider time)
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    long _shown;
    string _phase = "";

    public void Show(SpikeProgress progress)
    {
        if (progress.Phase == _phase && time.GetElapsedTime(_shown) < Every) return;
        (_shown, _phase) = (time.GetTimestamp(), progress.Phase);
        console.WriteLine($"  {progress.Phase}: {progress.Part:P0}, {progress.Acknowledged:N0} messages acknowledged");
    }
}
