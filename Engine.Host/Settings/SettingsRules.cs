using Engine.Actors.Orders;
using Engine.Adapters.Canonical;
using Engine.Adapters.Journals.Postgres;
using Engine.Host.Api;
using Engine.Host.Security;

namespace Engine.Host.Settings;

/// <summary>What settings must keep to. Adds a line for everything that breaks a rule, with the key it stands under.</summary>
static class SettingsRules
{
    const int PartitionsMax = 1024;
    static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(1);
    static readonly TimeSpan LockMax = TimeSpan.FromDays(30);

    public static void Check(EngineSettings settings, List<string> faults)
    {
        foreach (var url in settings.Urls.Split(';'))
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.PathAndQuery != "/") faults.Add($"Engine:Urls: {url} is no address to listen on");
        if (settings.Store is not ("sqlite" or "postgres")) faults.Add("Engine:Store is sqlite or postgres");
        CheckPostgres(settings, faults);
        CheckCluster(settings, faults);
        if (settings.DataDirectory.Length == 0) faults.Add("Engine:DataDirectory must not be empty");
        if (settings.Partitions is < 1 or > PartitionsMax) faults.Add($"Engine:Partitions is 1 to {PartitionsMax}");
        if (settings.Tokens.Lifetime <= TimeSpan.Zero || settings.Tokens.Lifetime > LifetimeMax) faults.Add($"Engine:Tokens:Lifetime is more than nothing and at most {LifetimeMax}");
        CheckLocks(settings.Locks, "Engine:Locks", faults);
        CheckSla(settings.Sla, faults);
        if (settings.Reminder.After < TimeSpan.Zero || settings.Reminder.After > LockMax) faults.Add($"Engine:Reminder:After is nothing, for none, or at most {LockMax}");
        if (settings.Archive.After < TimeSpan.Zero) faults.Add("Engine:Archive:After is nothing, for never, or more");
        CheckKeys(settings.Keys, faults);
        CheckShops(settings, faults);
    }

    static void CheckPostgres(EngineSettings settings, List<string> faults)
    {
        if (settings.Store != "postgres") return;
        if (string.IsNullOrEmpty(settings.Postgres)) faults.Add("Engine:Postgres is required for the store postgres");
        if (settings.PostgresShards.Count > 0 && settings.Cluster.Advertise is not null) faults.Add("Engine:PostgresShards: several databases serve one node so far, not a cluster");
        if (settings.PostgresShards.Count >= settings.Partitions) faults.Add("Engine:PostgresShards: there must be a partition for every database");
        CheckConnection(settings.Postgres, "Engine:Postgres", faults);
        for (var i = 0; i < settings.PostgresShards.Count; i++) CheckConnection(settings.PostgresShards[i], $"Engine:PostgresShards:{i}", faults);
    }

    static void CheckCluster(EngineSettings settings, List<string> faults)
    {
        var cluster = settings.Cluster;
        if (settings.Node is { } name && (name.Length is 0 or > 64 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))) faults.Add("Engine:Node is 1 to 64 of letters, digits, -, _ and .");
        if (!settings.IsInCluster)
        {
            if (cluster.Advertise is not null) faults.Add("Engine:Cluster:Secret is required beside Engine:Cluster:Advertise: nodes know each other by it");
            return;
        }
        if (settings.Store != "postgres") faults.Add("Engine:Cluster needs the store postgres: an embedded store has one node");
        if (cluster.Secret!.Length < ClusterSettings.SecretLengthMin) faults.Add($"Engine:Cluster:Secret has at least {ClusterSettings.SecretLengthMin} characters");
        if (!Uri.TryCreate(cluster.Advertise, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")) faults.Add("Engine:Cluster:Advertise is the address at which other nodes reach this one, http://…");
    }

    static void CheckConnection(string? connectionString, string path, List<string> faults)
    {
        if (!string.IsNullOrEmpty(connectionString) && PostgresJournal.FaultOf(connectionString) is { } fault) faults.Add($"{path}: {fault}");
    }

    static void CheckLocks(LockSettings locks, string path, List<string> faults)
    {
        if (locks.Order is { } order && (order <= TimeSpan.Zero || order > LockMax)) faults.Add($"{path}:Order is more than nothing and at most {LockMax}");
        if (locks.Paying is { } paying && (paying <= TimeSpan.Zero || paying > LockMax)) faults.Add($"{path}:Paying is more than nothing and at most {LockMax}");
        if (locks.Paying < locks.Order) faults.Add($"{path}:Paying must not be shorter than {path}:Order");
    }

    static void CheckSla(SlaSettings sla, List<string> faults)
    {
        if (sla.Stalled <= TimeSpan.Zero) faults.Add("Engine:Sla:Stalled is more than nothing");
        foreach (var (state, limit) in sla.Limits)
        {
            if (MicroStates.Parse(state) is null) faults.Add($"Engine:Sla:Limits:{state} is no state of an order");
            if (limit < TimeSpan.Zero) faults.Add($"Engine:Sla:Limits:{state} is nothing, for no limit, or more");
        }
    }

    static void CheckKeys(List<ApiKeySettings> keys, List<string> faults)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            var (key, path) = (keys[i], $"Engine:Keys:{i}");
            if (key.Name.Length is 0 or > 64) faults.Add($"{path}:Name is 1 to 64 characters");
            if (Roles.Parse(key.Role) is not { } role) faults.Add($"{path}:Role is admin, ops, cs, warehouse or service");
            else if (role == Role.Warehouse && key.Warehouses.Count == 0) faults.Add($"{path}:Warehouses: a warehouse key is bound to at least one warehouse");
            else if (role != Role.Warehouse && key.Warehouses.Count > 0) faults.Add($"{path}:Warehouses: only a warehouse key is bound to warehouses");
            foreach (var warehouse in key.Warehouses.Where(w => !Names.IsWarehouse(w))) faults.Add($"{path}:Warehouses: {warehouse} is no warehouse's code");
            if (key.Sha256.Length != 64 || key.Sha256.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF")) faults.Add($"{path}:Sha256 is the SHA-256 of the key as 64 hex digits");
        }
        foreach (var twice in keys.Where(k => k.Sha256.Length > 0).GroupBy(k => k.Sha256, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)) faults.Add($"Engine:Keys: {string.Join(" and ", twice.Select(k => k.Name))} have the same Sha256, and a key has one role");
        foreach (var name in keys.GroupBy(k => k.Name).Where(g => g.Count() > 1).Select(g => g.Key)) faults.Add($"Engine:Keys: two keys are named {name}");
    }

    static void CheckShops(EngineSettings settings, List<string> faults)
    {
        for (var i = 0; i < settings.Shops.Count; i++)
        {
            var (shop, path) = (settings.Shops[i], $"Engine:Shops:{i}");
            if (!OrderRules.IsName(shop.Platform)) faults.Add($"{path}:Platform is 1 to 40 of a-z, 0-9, _ and -");
            if (!OrderRules.IsName(shop.Shop)) faults.Add($"{path}:Shop is 1 to 40 of a-z, 0-9, _ and -");
            if (shop.Secret.Length == 0) faults.Add($"{path}:Secret must not be empty: everybody could sign");
            if (shop.OnShortage is not ("backorder" or "reject")) faults.Add($"{path}:OnShortage is backorder or reject");
            if (shop.ApiBaseUrl is { } url && !Uri.TryCreate(url, UriKind.Absolute, out _)) faults.Add($"{path}:ApiBaseUrl is no address");
            CheckLocks(new LockSettings { Order = shop.Locks.Order ?? settings.Locks.Order, Paying = shop.Locks.Paying ?? settings.Locks.Paying }, $"{path}:Locks", faults);
        }
        foreach (var twice in settings.Shops.GroupBy(s => (s.Platform, s.Shop)).Where(g => g.Count() > 1).Select(g => g.Key))
            faults.Add($"Engine:Shops: {twice.Platform}/{twice.Shop} is there twice");
    }
}
