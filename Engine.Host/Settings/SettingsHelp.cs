namespace Engine.Host.Settings;

/// <summary>What can be set, for <c>--help</c>.</summary>
static class SettingsHelp
{
    public const string Text = """
        Settings come from appsettings.json beside the executable, then the environment
        (Engine__Locks__Order=00:00:30), then the command line where it serves (--Engine:Locks:Order=00:00:30).

          Engine:Urls                  addresses to listen on             http://127.0.0.1:5080
          Engine:DataDirectory         folder of the embedded store       ./data
          Engine:Store                 sqlite or postgres                 sqlite
          Engine:Postgres              connection string (Npgsql's) of the store postgres
          Engine:PostgresShards:N      further databases, which share the partitions by range; fixed when the store is made
          Engine:ViewsReader           a role of that database that may read the schema views
          Engine:AllowUnsafePostgres   takes a server that may lose what was acknowledged   false
          Engine:Node                  name of this node in a cluster     the machine's name
          Engine:Cluster:Secret        what the nodes of a cluster share, at least 16 characters; makes this node one of them
          Engine:Cluster:Advertise     this node's address for the others
          Engine:Partitions            fixed when the store is made       16
          Engine:MasterKeyFile         wraps the keys of personal data    DataDirectory/keys/master.key
          Engine:Archive:After         age of frames that are archived    30.00:00:00
          Engine:Archive:Directory     with postgres: a folder that all nodes read; nothing is archived without one
          Engine:Keys:N                API keys: Name, Role (admin, ops, cs, warehouse, service), Sha256, Warehouses:M
          Engine:Shops:N               shops that push: Platform, Shop, AppKey, Secret, OldSecrets:M, ApiBaseUrl,
                                       OnShortage (backorder or reject), Locks (as below)
          Engine:Locks                 lock tiers: Order, Paying          00:15:00, 00:45:00
          Engine:Tokens:Lifetime       of snapshot tokens                 00:01:00
          Engine:Sla:Limits:STATE      how long an order may be in a state; 00:00:00 for no limit
          Engine:Sla:Stalled           how long in one state, whichever   24:00:00
          Engine:Reminder              to who did not pay: After, Coupon  02:00:00, none
          Serilog:MinimumLevel         what is logged: Default, Override:SOURCE   Information

        Where no API keys are configured, the first start makes an admin key in DataDirectory/admin.key.
        """;
}
