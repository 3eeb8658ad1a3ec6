using Engine.Benchmarks.InProcess;

namespace Engine.Benchmarks.Measuring;

/// <summary>Looks at a run once a second.</summary>
sealed class Timeline : IDisposable
{
    readonly List<Second> _seconds = [];
    readonly Sample _sample;
    readonly Rig _rig;
    readonly ITimer _timer;
    long _before;

    public Timeline(Sample sample, Rig rig)
    {
        (_sample, _rig) = (sample, rig);
        _timer = TimeProvider.System.CreateTimer(_ => Look(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    void Look()
    {
        lock (_seconds)
        {
            var done = _sample.Done.Count;
            _seconds.Add(new Second(done - _before, _rig.Views?.Lag.TotalSeconds ?? 0, GC.GetTotalMemory(forceFullCollection: false) / 1e6));
            _before = done;
        }
    }

    public IReadOnlyList<Second> End()
    {
        _timer.Dispose();
        lock (_seconds) return [.. _seconds];
    }

    public void Dispose() => _timer.Dispose();
}
