using System.Diagnostics.Metrics;
using Engine.Actors.Asking;
using Engine.Actors.Cluster;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Adapters.Journals;
using Engine.Adapters.Platforms;
using Engine.Adapters.Views;
using Engine.Host.Cluster;
using Engine.Host.Upkeep;

namespace Engine.Host.Metrics;

/// <summary>
/// Every figure the engine shows, in one place: names in Prometheus' manner, base units, and no label that grows with orders,
/// SKUs or buyers. What happens here is counted by the methods; what others count is observed (<see cref="Observe(IEngine)"/>).
/// </summary>
public sealed class EngineMetrics : IDisposable
{
    static readonly double[] Seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    readonly Meter _meter = new("Engine");
    readonly PrometheusListener _prometheus;
    readonly Counter<long> _requests, _orders, _reservationsRefused, _cartsReserved, _cartsRefused, _tokensRefused, _signaturesRefused, _quarantined, _auditFreed, _pushesKept, _pushesHandedOn;
    readonly Histogram<double> _requestSeconds, _acknowledgementSeconds;

    public EngineMetrics()
    {
        // First: what is counted before anybody listens would be lost.
        _prometheus = new PrometheusListener(_meter);
        _requests = _meter.CreateCounter<long>("engine_http_requests_total", description: "Requests answered, by route, method and status.");
        _requestSeconds = Histogram("engine_http_request_seconds", "Time from a request's headers to its answer.");
        _acknowledgementSeconds = Histogram("engine_webhook_acknowledgement_seconds", "Time from a genuine push to its acknowledgement.");
        _orders = _meter.CreateCounter<long>("engine_orders_received_total", description: "Orders taken in, new and repeated, by platform of this engine's catalogue or api.");
        _reservationsRefused = _meter.CreateCounter<long>("engine_reservations_refused_total", description: "Reservation calls refused, by code.");
        _cartsReserved = _meter.CreateCounter<long>("engine_carts_reserved_total", description: "Carts and bundles that were reserved, all lines.");
        _cartsRefused = _meter.CreateCounter<long>("engine_carts_refused_total", description: "Carts refused, by code.");
        _tokensRefused = _meter.CreateCounter<long>("engine_tokens_refused_total", description: "Snapshot tokens and tickets refused at the edge, by kind of fault.");
        _signaturesRefused = _meter.CreateCounter<long>("engine_webhook_signatures_refused_total", description: "Pushes refused for their signature, by platform and reason.");
        _quarantined = _meter.CreateCounter<long>("engine_quarantined_messages_total", description: "Well-signed messages that could not be understood, by platform.");
        _auditFreed = _meter.CreateCounter<long>("engine_audit_locks_freed_total", description: "Locks without an owner that the auditor freed.");
        _pushesKept = _meter.CreateCounter<long>("engine_cluster_pushes_kept_total", description: "Pushes kept here because their partition was moving.");
        _pushesHandedOn = _meter.CreateCounter<long>("engine_cluster_pushes_handed_on_total", description: "Kept pushes that reached their partition.");
        // A counter without a single count would not be there to alert on.
        _auditFreed.Add(0);
        _pushesKept.Add(0);
        _pushesHandedOn.Add(0);
    }

    Histogram<double> Histogram(string name, string help) =>
        _meter.CreateHistogram(name, unit: "s", description: help, tags: null, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });

    public void Requested(string route, string method, int status, TimeSpan took)
    {
        _requests.Add(1, new("route", route), new("method", method), new("status", status));
        _requestSeconds.Record(took.TotalSeconds, new("route", route), new("method", method));
    }

    public void Acknowledged(string platform, TimeSpan took) => _acknowledgementSeconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("platform", platform));

    /// <summary>Platforms outside the catalogue come through the API under any name, so they share one label.</summary>
    public void OrderTaken(string platform, string result) =>
        _orders.Add(1, new("platform", PlatformCatalogue.Find(platform) is null ? "other" : platform), new("result", result));

    public void ReservationRefused(string code) => _reservationsRefused.Add(1, new KeyValuePair<string, object?>("code", code));

    public void CartReserved() => _cartsReserved.Add(1);

    public void CartRefused(string code) => _cartsRefused.Add(1, new KeyValuePair<string, object?>("code", code));

    public void TokenRefused(TokenFault fault) => _tokensRefused.Add(1, new KeyValuePair<string, object?>("fault", fault));

    public void SignatureRefused(string platform, Verification why) => _signaturesRefused.Add(1, new("platform", platform), new("reason", why));

    public void Quarantined(string platform) => _quarantined.Add(1, new KeyValuePair<string, object?>("platform", platform));

    public void PushKept() => _pushesKept.Add(1);

    public void PushHandedOn() => _pushesHandedOn.Add(1);

    public void AuditFreed() => _auditFreed.Add(1);

    /// <summary>Shows what the kernel counts.</summary>
    public void Observe(IEngine engine)
    {
        Gauge("engine_ready", "1 while every partition that is not stopped for a fault serves and the store can be written.", () => engine.IsReady ? 1 : 0);
        Gauge("engine_store_writable", "1 while the store can be written.", () => engine.IsWritable ? 1 : 0);
        PerPartition("engine_partition_open", "1 while the partition serves.", engine, p => p.State == "open" ? 1 : 0);
        PerPartition("engine_partition_stopped", "1 while the partition is stopped for a fault.", engine, p => p.State == "stopped" ? 1 : 0);
        PerPartition("engine_partition_epoch", "How often the partition was taken over.", engine, p => p.Epoch);
        PerPartition("engine_partition_sequence", "The partition's newest durable frame.", engine, p => p.Sequence);
        PerPartition("engine_partition_queue_depth", "Commands and messages that wait.", engine, p => p.Queued);
        PerPartition("engine_partition_actors_loaded", "Actors in memory.", engine, p => p.ActorsLoaded);
        PerPartition("engine_partition_deadlines_open", "Deadlines that have not come.", engine, p => p.OpenDeadlines);
        if (engine is EngineNode node) Observe(node);
    }

    void Observe(EngineNode node)
    {
        Total("engine_journal_frames_total", "Frames made durable.", node, c => c.Frames);
        Total("engine_journal_frame_bytes_total", "Bytes of frames made durable.", node, c => c.FrameBytes);
        Total("engine_commands_total", "Commands decided.", node, c => c.Commands);
        Total("engine_messages_sent_total", "Messages between actors, sent.", node, c => c.MessagesSent);
        Total("engine_messages_received_total", "Messages between actors, taken in.", node, c => c.MessagesReceived);
        Total("engine_messages_dropped_total", "Late copies of messages, dropped.", node, c => c.MessagesDropped);
        Total("engine_overloaded_total", "Commands refused for load.", node, c => c.Overloaded);
        Total("engine_checkpoints_total", "Checkpoints written.", node, c => c.Checkpoints);
        Total("engine_actor_loads_total", "Actors read back into memory.", node, c => c.Loads);
        Total("engine_partition_faults_total", "Times a partition dropped its memory for a fault.", node, c => c.Faults);
        Total("engine_deadlines_late_total", "Deadlines decided more than five seconds behind their time.", node, c => c.DeadlinesLate);
        Gauge("engine_deadline_lateness_max_seconds", "The longest a deadline was decided behind its time, since the start.", () => node.Counters.Max(c => c.DeadlineLatenessMax) / 1000.0);
        Gauge("engine_expiry_suspended", "1 while wall and monotonic clock disagree and nothing expires.", () => node.MayExpire ? 0 : 1);
        _meter.CreateObservableCounter("engine_events_total", () => Events(node), description: "Durable events, by kind.");
    }

    /// <summary>Shows this node's part in a cluster.</summary>
    internal void Observe(ClusterMember member, EngineNode node, Peers peers)
    {
        Gauge("engine_cluster_lease_valid", "1 while this node holds its lease; without it nothing is read here.", () => member.MayAnswer ? 1 : 0);
        Gauge("engine_cluster_nodes", "Nodes whose lease has not run out, as this node sees it.", () => member.Nodes.Count(n => n.IsLive));
        Gauge("engine_cluster_partitions_owned", "Partitions that this node owns.", () => member.Partitions.Count(p => p.Owner == member.Me.Id));
        Gauge("engine_cluster_partitions_unowned", "Partitions that no live node owns, as this node sees it.", () => member.Partitions.Count(p => member.OwnerOf(p.Partition) is null));
        Gauge("engine_cluster_clock_agrees", "1 while this node's clock and the store's agree; until they do nothing expires.", () => node.MayExpire ? 1 : 0);
        Count("engine_cluster_take_overs_total", "Partitions taken over from a node whose lease had run out.", () => member.Counters.TakeOvers);
        Count("engine_cluster_hand_overs_total", "Partitions handed over in order.", () => member.Counters.HandOvers);
        Count("engine_cluster_fenced_total", "Times this node found a partition taken over by another.", () => member.Counters.Fenced);
        Count("engine_cluster_renewals_failed_total", "Renewals of the lease that did not reach the store.", () => member.Counters.RenewalsFailed);
        Count("engine_cluster_forwarded_total", "Calls brought to another node, each with one hop.", () => peers.Forwarded);
        Count("engine_cluster_messages_dropped_total", "Messages to other nodes that were not delivered; their receivers read them from the journal.", () => peers.MessagesDropped);
    }

    void Count(string name, string help, Func<long> read) => _meter.CreateObservableCounter(name, read, description: help);

    static IEnumerable<Measurement<long>> Events(EngineNode node)
    {
        foreach (var (tag, name) in EventNames.All)
            yield return new Measurement<long>(node.Counters.Sum(c => c.Events(tag)), new KeyValuePair<string, object?>("event", name));
    }

    /// <summary>Shows what the store counts.</summary>
    public void Observe(IStore store)
    {
        _meter.CreateObservableCounter("engine_journal_commits_total", () => store.Transactions, description: "Transactions of the store.");
        _meter.CreateObservableCounter("engine_journal_writes_total", () => store.DurableWrites, description: "Writes of partitions made durable; several share a transaction.");
        if (store.Streak is not null) _meter.CreateObservableCounter("engine_journal_streaks_broken_total", () => store.Streak!.Value - 1, description: "Times a frame did not become durable, so that all behind it that might rest on it were not written either.");
        _meter.CreateObservableCounter("engine_archived_frames_total", () => store.FramesArchived, description: "Frames moved from the journal to compressed files.");
    }

    /// <summary>Shows the last census.</summary>
    internal void Observe(Census census)
    {
        Labelled("engine_locks", "Live reservations, by tier (committed ones hold for good) and owner.", () => census.Latest.Locks.Select(l => (l.Value, new KeyValuePair<string, object?>[] { new("tier", l.Key.Tier), new("owner", l.Key.Owner) })));
        Labelled("engine_orders_open", "Open orders, by micro-state.", () => ByState(census.Latest.Orders));
        Labelled("engine_orders_overdue", "Open orders past their state's limit or their ship-by time, by micro-state.", () => ByState(census.Latest.Overdue));
        Labelled("engine_orders_stalled", "Open orders too long in one state (24 hours where nothing else is set), by micro-state.", () => ByState(census.Latest.Stalled));
        Labelled("engine_backorders", "Order lines that wait for stock.", () => [(census.Latest.Backorders, [])]);
        Labelled("engine_stock_shortage_units", "Units promised that physical loss took.", () => [(census.Latest.Shortage, [])]);
        Labelled("engine_oversold_units", "Units reserved or committed beyond on hand and shortage; anything but 0 is a broken promise.", () => [(census.Latest.Oversold, [])]);
    }

    /// <summary>With a zero for every open state that has none, so that alerts have something to look at.</summary>
    static IEnumerable<(long, KeyValuePair<string, object?>[])> ByState(Dictionary<MicroState, long> counts) =>
        Enum.GetValues<MicroState>().Where(s => !s.IsClosed()).Select(s => (counts.GetValueOrDefault(s), new KeyValuePair<string, object?>[] { new("state", s.Name()) }));

    /// <summary>Shows the read models: how far they are, and whether units add up.</summary>
    public void Observe(ReadModels models)
    {
        Gauge("engine_views_lag_frames", "Durable frames that the read models don't hold yet.", () => models.Status.Partitions.Sum(p => Math.Max(0, p.Journal - p.Position)));
        Gauge("engine_views_lag_seconds", "The read models hold all that was durable so long ago.", () => models.Lag.TotalSeconds);
        Gauge("engine_views_stuck", "1 where a frame can't be projected and its partition's read models stand still.", () => models.IsStuck ? 1 : 0);
        Gauge("engine_views_bytes", "Size of the read models' tables.", () => models.Bytes);
        Gauge("engine_conservation_difference_units", "Units, over all SKUs and warehouses: received - on hand - shipped - written off; anything but 0 is a broken promise.", () => models.Status.DifferenceUnits);
        _meter.CreateObservableCounter("engine_views_rows_written_total", () => models.Status.RowsWritten, description: "Rows of read models written.");
        _meter.CreateObservableCounter("engine_views_rebuilds_total", () => models.Status.Rebuilds, description: "Times the read models were made anew.");
    }

    void Labelled(string name, string help, Func<IEnumerable<(long Value, KeyValuePair<string, object?>[] Labels)>> read) =>
        _meter.CreateObservableGauge(name, () => read().Select(m => new Measurement<long>(m.Value, m.Labels)), description: help);

    void Gauge(string name, string help, Func<double> read) => _meter.CreateObservableGauge(name, read, description: help);

    void PerPartition(string name, string help, IEngine engine, Func<PartitionStatus, long> read) =>
        _meter.CreateObservableGauge(
            name, () => engine.Status.Where(p => p.State != "elsewhere").Select(p => new Measurement<long>(read(p), new KeyValuePair<string, object?>("partition", p.Partition))), description: help);

    void Total(string name, string help, EngineNode node, Func<PartitionCounters, long> read) =>
        _meter.CreateObservableCounter(name, () => node.Counters.Sum(read), description: help);

    /// <summary>All figures in the Prometheus text format.</summary>
    public string Write() => _prometheus.Write();

    public void Dispose()
    {
        _prometheus.Dispose();
        _meter.Dispose();
    }
}
