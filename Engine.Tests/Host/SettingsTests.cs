using Engine.Adapters;
using Engine.Host;
using Engine.Host.Cli;
using Engine.Host.Settings;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Engine.Tests.Host;

public sealed class SettingsTests
{
    static EngineSettings Read(params (string Key, string Value)[] settings) =>
        SettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value)).Build());

    static string Refusal(params (string Key, string Value)[] settings) => Assert.Throws<StartupException>(() => Read(settings)).Message;

    [Fact]
    public void The_shipped_example_can_be_used()
    {
        var settings = SettingsReader.Read(new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "config", "shops.example.json")).Build());
        Assert.Equal((3, 2), (settings.Shops.Count, settings.Keys.Count));
    }

    [Fact]
    public void A_file_of_settings_that_is_broken_is_named_with_the_place()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("shops.json"), "{ \"Engine\": {\n");
        var refusal = Assert.Throws<StartupException>(() => SettingsReader.Build(new ConfigurationBuilder().AddJsonFile(folder.File("shops.json")))).Message;
        Assert.Contains("shops.json", refusal);
        Assert.Contains("LineNumber: 1", refusal);
    }

    [Fact]
    public void Nothing_set_means_the_documented_defaults()
    {
        var settings = Read();
        Assert.Equal("http://127.0.0.1:5080", settings.Urls);
        Assert.Equal("sqlite", settings.Store);
        Assert.Equal("./data", settings.DataDirectory);
        Assert.Equal(TimeSpan.FromMinutes(15), settings.Locks.Order);
        Assert.Equal(TimeSpan.FromMinutes(45), settings.Locks.Paying);
        Assert.Equal(TimeSpan.FromMinutes(1), settings.Tokens.Lifetime);
        Assert.Equal(16, settings.Partitions);
        Assert.Equal(Path.Combine("./data", "keys", "master.key"), settings.MasterKeyPath);
    }

    [Fact]
    public void Every_setting_that_is_read_is_told_by_help()
    {
        var told = SettingsHelp.Text.Split("  Engine:").Skip(1).GroupBy(line => line.Split(':', ' ')[0]).ToDictionary(g => g.Key, string.Concat);
        foreach (var setting in typeof(EngineSettings).GetProperties().Where(p => p.CanWrite))
        {
            Assert.True(told.TryGetValue(setting.Name, out var lines), setting.Name);
            var area = setting.PropertyType.IsGenericType ? setting.PropertyType.GetGenericArguments()[0] : setting.PropertyType;
            if (area.Assembly != typeof(EngineSettings).Assembly) continue;
            foreach (var part in area.GetProperties().Where(p => p.CanWrite)) Assert.True(lines.Contains(part.Name, StringComparison.Ordinal), $"{setting.Name}:{part.Name}");
        }
    }

    [Fact]
    public void Every_key_that_nobody_knows_is_named()
    {
        var refusal = Refusal(("Engine:Foo", "1"), ("Engine:Locks:Bar", "2"), ("Engine:Shops:0:Baz", "3"), ("Engine:Urls:Deep", "4"), ("Engine:Keys:first:Name", "5"), ("Other:Foo", "6"));
        foreach (var key in new[] { "Engine:Foo", "Engine:Locks:Bar", "Engine:Shops:0:Baz", "Engine:Urls:Deep", "Engine:Keys:first" }) Assert.Contains(key + " is no setting", refusal);
        Assert.DoesNotContain("Other", refusal);
    }

    [Fact]
    public void Everything_that_breaks_a_rule_is_named_at_once()
    {
        var refusal = Refusal(
            ("Engine:Urls", "nowhere"), ("Engine:Store", "oracle"), ("Engine:Partitions", "0"), ("Engine:Tokens:Lifetime", "00:00:00"), ("Engine:Locks:Paying", "00:00:01"),
            ("Engine:Keys:0:Name", "x"), ("Engine:Keys:0:Role", "king"), ("Engine:Keys:0:Sha256", "12"),
            ("Engine:Keys:1:Name", "x"), ("Engine:Keys:1:Role", "warehouse"), ("Engine:Keys:1:Sha256", new string('a', 64)),
            ("Engine:Sla:Limits:dreaming", "01:00:00"), ("Engine:Sla:Stalled", "00:00:00"), ("Engine:Reminder:After", "-01:00:00"),
            ("Engine:Shops:0:Platform", "You Zan"), ("Engine:Shops:0:Shop", "s"), ("Engine:Shops:0:OnShortage", "panic"));
        foreach (var key in new[]
        {
            "Engine:Urls", "Engine:Store", "Engine:Partitions", "Engine:Tokens:Lifetime", "Engine:Locks:Paying", "Engine:Keys:0:Role", "Engine:Keys:0:Sha256",
            "Engine:Sla:Limits:dreaming", "Engine:Sla:Stalled", "Engine:Reminder:After",
            "Engine:Keys:1:Warehouses", "two keys are named x", "Engine:Shops:0:Platform", "Engine:Shops:0:Secret", "Engine:Shops:0:OnShortage",
        }) Assert.Contains(key, refusal);
    }

    [Fact]
    public void Every_value_of_the_wrong_kind_is_named_with_its_key_beside_all_else_that_is_wrong()
    {
        var refusal = Refusal(
            ("Engine:Partitions", "many"), ("Engine:Store", "oracle"), ("Engine:AllowUnsafePostgres", "perhaps"), ("Engine:Sla:Limits:paid", "soon"),
            ("Engine:Shops:0:Platform", "shopify"), ("Engine:Shops:0:Shop", "s"), ("Engine:Shops:0:Secret", "x"), ("Engine:Shops:0:Locks:Order", "15min"), ("Engine:Shops:0:OnShortage", "panic"));
        foreach (var fault in new[]
        {
            "Engine:Partitions: many is no whole number", "Engine:AllowUnsafePostgres: perhaps is no true or false", "Engine:Sla:Limits:paid: soon is no length of time",
            "Engine:Shops:0:Locks:Order: 15min is no length of time", "Engine:Store is", "Engine:Shops:0:OnShortage is",
        }) Assert.Contains(fault, refusal);
    }

    [Fact]
    public void Keys_and_addresses_that_can_not_be_meant_are_refused()
    {
        var hash = new string('a', 64);
        var refusal = Refusal(
            ("Engine:Keys:0:Name", "x"), ("Engine:Keys:0:Role", "admin"), ("Engine:Keys:0:Sha256", hash),
            ("Engine:Keys:1:Name", "y"), ("Engine:Keys:1:Role", "warehouse"), ("Engine:Keys:1:Sha256", hash.ToUpperInvariant()), ("Engine:Keys:1:Warehouses:0", "g z"),
            ("Engine:Urls", "http://127.0.0.1:5080/engine"));
        foreach (var fault in new[] { "x and y have the same Sha256", "g z is no warehouse's code", "http://127.0.0.1:5080/engine is no address" }) Assert.Contains(fault, refusal);
    }

    [Fact]
    public void A_connection_string_that_can_not_be_used_is_named_and_not_shown()
    {
        Assert.Contains("Engine:Postgres is required", Refusal(("Engine:Store", "postgres")));
        var refusal = Refusal(("Engine:Store", "postgres"), ("Engine:Postgres", "Host=db;Password=hush;hush-2=1"), ("Engine:PostgresShards:0", "Password=hush-3"));
        Assert.Contains("Engine:Postgres: ", refusal);
        Assert.Contains("Engine:PostgresShards:0: ", refusal);
        Assert.DoesNotContain("hush", refusal);
    }

    [Fact]
    public void What_is_logged_holds_no_secret()
    {
        var text = EffectiveSettings.Describe(Read(
            ("Engine:Shops:0:Platform", "shopify"), ("Engine:Shops:0:Shop", "s1"), ("Engine:Shops:0:Secret", "hush-1"), ("Engine:Shops:0:OldSecrets:0", "hush-2"), ("Engine:Shops:0:AppKey", "hush-3"),
            ("Engine:Postgres", "Password=hush-4"), ("Engine:PostgresShards:0", "Password=hush-5"),
            ("Engine:Keys:0:Name", "me"), ("Engine:Keys:0:Role", "ops"), ("Engine:Keys:0:Sha256", new string('b', 64))))
            + EffectiveSettings.Describe(Read(
                ("Engine:Store", "postgres"), ("Engine:Postgres", "Host=db;Password=hush-4"), ("Engine:Cluster:Secret", "hush-6-and-long-enough"), ("Engine:Cluster:Advertise", "http://10.0.0.1:5080")));
        Assert.DoesNotContain("hush", text);
        Assert.DoesNotContain("bbbb", text);
        Assert.Contains("Shops:0:Shop=s1", text);
        Assert.Contains("Keys:0:Role=ops", text);
    }

    [Fact]
    public void The_command_line_spells_settings_with_colons_or_underscores()
    {
        var settings = SettingTokens.Read(["--Engine:Urls=http://127.0.0.1:1", "--Engine__Locks__Order", "00:00:05"]);
        Assert.Equal("http://127.0.0.1:1", settings["Engine:Urls"]);
        Assert.Equal("00:00:05", settings["Engine:Locks:Order"]);
        Assert.Contains("--nope", Assert.Throws<StartupException>(() => SettingTokens.Read(["--nope"])).Message);
        Assert.Contains("no value", Assert.Throws<StartupException>(() => SettingTokens.Read(["--Engine:Urls"])).Message);
    }

    [Fact]
    public void The_command_line_comes_before_the_file_beside_the_executable() =>
        Assert.Equal("./elsewhere", SettingsReader.Read(EngineHost.Configuration(new Dictionary<string, string?> { ["Engine:DataDirectory"] = "./elsewhere" })).DataDirectory);
}
