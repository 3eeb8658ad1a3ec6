using Engine.Actors.Orders;

namespace Engine.Host.Settings;

/// <summary>Everything that can be set, under <c>Engine</c> (API.md, settings). Read once at start and never changed after.</summary>
public sealed class EngineSettings
{
    /// <summary>Addresses to listen on, separated by semicolons. Loopback by default: who wants to be reached says so.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:5080";

    /// <summary><c>sqlite</c>, the embedded store, or <c>postgres</c>.</summary>
    public string Store { get; set; } = "sqlite";

    /// <summary>Folder of the embedded store, relative to the working directory.</summary>
    public string DataDirectory { get; set; } = "./data";

    /// <summary>Npgsql connection string of the journal.</summary>
    public string? Postgres { get; set; }
    public List<string> PostgresShards { get; set; } = [];

    /// <summary>A role of that database which may read the tables of the schema <c>views</c>.</summary>
    public string? ViewsReader { get; set; }

    /// <summary>Also take a server that may lose what was acknowledged: <c>fsync</c>, <c>full_page_writes</c> or <c>synchronous_commit</c> off.</summary>
    public bool AllowUnsafePostgres { get; set; }

    /// <summary>Name of this node in a cluster; the machine's name where none is given.</summary>
    public string? Node { get; set; }
    public ClusterSettings Cluster { get; set; } = new();

    public List<ApiKeySettings> Keys { get; set; } = [];
    public List<ShopSettings> Shops { get; set; } = [];
    public LockSettings Locks { get; set; } = new() { Order = TimeSpan.FromMinutes(15), Paying = TimeSpan.FromMinutes(45) };
    public TokenSettings Tokens { get; set; } = new();
    public SlaSettings Sla { get; set; } = new();
    public ReminderSettings Reminder { get; set; } = new();
    public ArchiveSettings Archive { get; set; } = new();

    /// <summary>Wraps the keys of personal data; <c>keys/master.key</c> in the data directory where none is given.</summary>
    public string? MasterKeyFile { get; set; }

    /// <summary>How many partitions a new store gets. One that exists keeps its own.</summary>
    public int Partitions { get; set; } = 16;

    /// <summary>Other nodes may share the store.</summary>
    public bool IsInCluster => !string.IsNullOrEmpty(Cluster.Secret);

    public string MasterKeyPath => MasterKeyFile ?? Path.Combine(DataDirectory, "keys", "master.key");
    public string NodeName => Node ?? Environment.MachineName;
}

public sealed class ClusterSettings
{
    /// <summary>This node's address for the others.</summary>
    public string? Advertise { get; set; }
    public const int SecretLengthMin = 16;

    /// <summary>What the nodes share. Setting it makes this node one of a cluster.</summary>
    public string? Secret { get; set; }
}

public sealed class ApiKeySettings
{
    public string Name { get; set; } = "";
    /// <summary><c>admin</c>, <c>ops</c>, <c>cs</c>, <c>warehouse</c> or <c>service</c>.</summary>
    public string Role { get; set; } = "";
    /// <summary>SHA-256 of the key, hex.</summary>
    public string Sha256 { get; set; } = "";
    /// <summary>For a warehouse key: the warehouses it is bound to.</summary>
    public List<string> Warehouses { get; set; } = [];
}

/// <summary>A shop that may push.</summary>
public sealed class ShopSettings
{
    public string Platform { get; set; } = "";
    public string Shop { get; set; } = "";
    public string AppKey { get; set; } = "";
    public string Secret { get; set; } = "";
    /// <summary>Still verify, for the time of a rotation.</summary>
    public List<string> OldSecrets { get; set; } = [];
    /// <summary>Where orders are fetched from.</summary>
    public string? ApiBaseUrl { get; set; }
    /// <summary><c>backorder</c> or <c>reject</c>.</summary>
    public string OnShortage { get; set; } = "backorder";
    public LockSettings Locks { get; set; } = new();
}

/// <summary>Tiered locks (双阈值锁库); what a shop leaves out is as for all shops.</summary>
public sealed class LockSettings
{
    public TimeSpan? Order { get; set; }
    public TimeSpan? Paying { get; set; }
}

/// <summary>Clocks of service: when an order is overdue or stalled.</summary>
public sealed class SlaSettings
{
    /// <summary>By micro-state, in the place of the defaults (<see cref="ServiceClock"/>); nothing (00:00:00) for no limit.</summary>
    public Dictionary<string, TimeSpan> Limits { get; set; } = [];
    /// <summary>In one state, whichever.</summary>
    public TimeSpan Stalled { get; set; } = TimeSpan.FromHours(24);

    internal ServiceClock Clock() =>
        new(Limits.Select(l => KeyValuePair.Create(MicroStates.Parse(l.Key)!.Value, (long)l.Value.TotalMilliseconds)), (long)Stalled.TotalMilliseconds);
}

/// <summary>The reminder to who ordered and did not pay.</summary>
public sealed class ReminderSettings
{
    /// <summary>After the order time; nothing (00:00:00) for no reminders.</summary>
    public TimeSpan After { get; set; } = TimeSpan.FromHours(2);
    /// <summary>The coupon code that goes with it.</summary>
    public string Coupon { get; set; } = "";
}

/// <summary>When frames leave the journal for compressed files.</summary>
public sealed class ArchiveSettings
{
    /// <summary>The age at which they do, once a checkpoint covers them; nothing (00:00:00) for never by itself.</summary>
    public TimeSpan After { get; set; } = TimeSpan.FromDays(30);

    /// <summary>With PostgreSQL: a folder that all nodes read; without one nothing is archived. The embedded store has its own.</summary>
    public string? Directory { get; set; }
}

public sealed class TokenSettings
{
    /// <summary>Of snapshot tokens.</summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(1);
}
