using System.Diagnostics.Metrics;
using System.Text;

namespace Engine.Host.Metrics;

/// <summary>Adds up what a meter measures, and writes it in the Prometheus text format (version 0.0.4).</summary>
sealed class PrometheusListener : IDisposable
{
    /// <summary>Labels come from short lists; more series than this of one instrument would be a mistake, and are not kept.</summary>
    const int SeriesMax = 2000;

    readonly MeterListener _listener = new();
    readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);
    readonly Lock _gate = new();

    public PrometheusListener(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter != meter) return;
            Family family;
            lock (_gate)
            {
                if (!_families.TryGetValue(instrument.Name, out family!)) _families.Add(instrument.Name, family = new Family(instrument));
            }
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((Family)family!).Take(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((Family)family!).Take(value, tags));
        _listener.Start();
    }

    public string Write()
    {
        var text = new StringBuilder(16 * 1024);
        lock (_gate)
        {
            foreach (var family in _families.Values) family.ForgetObserved();
            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values) family.Write(text);
        }
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>One instrument and its series.</summary>
    sealed class Family
    {
        readonly Lock _gate = new();
        readonly string _name, _help, _type;
        readonly bool _isObserved, _adds;
        readonly double[]? _bounds;
        Series[] _series = [];

        public Family(Instrument instrument)
        {
            (_name, _help) = (instrument.Name, instrument.Description ?? "");
            var kind = instrument.GetType().GetGenericTypeDefinition();
            _isObserved = instrument.IsObservable;
            _adds = kind == typeof(Counter<>);
            _bounds = instrument is Histogram<double> histogram ? [.. histogram.Advice?.HistogramBucketBoundaries ?? []] : null;
            _type = _bounds is not null ? "histogram" : kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>) ? "counter" : "gauge";
        }

        public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags)?.Take(value, _adds);

        Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            // Few series, read far more often than added: a scan over an array that is replaced when it grows.
            foreach (var series in Volatile.Read(ref _series))
                if (series.Has(tags)) return series;
            lock (_gate)
            {
                foreach (var series in _series)
                    if (series.Has(tags)) return series;
                if (_series.Length == SeriesMax) return null;
                var added = new Series(tags.ToArray(), _bounds);
                Volatile.Write(ref _series, [.. _series, added]);
                return added;
            }
        }

        /// <summary>What is observed is asked anew every time: a series that is not told any more is gone.</summary>
        public void ForgetObserved()
        {
            if (_isObserved) Volatile.Write(ref _series, []);
        }

        public void Write(StringBuilder text)
        {
            var series = Volatile.Read(ref _series);
            if (series.Length == 0) return;
            text.Append("# HELP ").Append(_name).Append(' ').Append(PrometheusText.Help(_help)).Append('\n');
            text.Append("# TYPE ").Append(_name).Append(' ').Append(_type).Append('\n');
            foreach (var one in series) one.Write(text, _name);
        }
    }

    sealed class Series(KeyValuePair<string, object?>[] tags, double[]? bounds)
    {
        readonly Lock _gate = new();
        readonly string _labels = PrometheusText.Labels(tags);
        readonly long[] _buckets = new long[(bounds?.Length ?? 0) + 1];
        double _value;
        long _count;

        public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> others)
        {
            if (others.Length != tags.Length) return false;
            for (var i = 0; i < tags.Length; i++)
                if (!Equals(tags[i].Value, others[i].Value)) return false;
            return true;
        }

        public void Take(double value, bool adds)
        {
            lock (_gate)
            {
                if (bounds is null)
                {
                    _value = adds ? _value + value : value;
                    return;
                }
                _value += value;
                _count++;
                var bucket = Array.BinarySearch(bounds, value);
                _buckets[bucket < 0 ? ~bucket : bucket]++;
            }
        }

        public void Write(StringBuilder text, string name)
        {
            lock (_gate)
            {
                if (bounds is null)
                {
                    PrometheusText.Sample(text, name, _labels, _value);
                    return;
                }
                long below = 0;
                for (var i = 0; i < _buckets.Length; i++)
                {
                    below += _buckets[i];
                    PrometheusText.Sample(text, $"{name}_bucket", PrometheusText.And(_labels, "le", i < bounds.Length ? PrometheusText.Number(bounds[i]) : "+Inf"), below);
                }
                PrometheusText.Sample(text, $"{name}_sum", _labels, _value);
                PrometheusText.Sample(text, $"{name}_count", _labels, _count);
            }
        }
    }
}
