using System.Text;
using System.Text.Json.Nodes;
using Engine.Actors.Verification;
using Engine.Adapters.Journals.Sqlite;
using Engine.Adapters.Keys;
using Engine.Host.Api;
using Engine.Host.Bulk;
using Engine.Host.Ingress;
using Engine.Host.Settings;
using Engine.Tests.Host;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Engine.Tests.Bulk;

/// <summary>What is exported is what the API answers, read from the journal beside the engine that runs.</summary>
public sealed class JournalExportTests : IAsyncLifetime
{
    ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        await _host.Admin.Stock("A", 10);
        await _host.Admin.Put("/v1/skus/A", """{"name":"围巾","safetyStock":2,"barcodes":["690"]}""");
        await _host.Admin.Post("/v1/orders", Host.Orders.New("1", ("A", 3)).ToJsonString());
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    string Data => _host.Folder.File("data");

    JsonNode Export(Func<JournalExport, SqliteReader, VerifyReport> write)
    {
        using var reader = new SqliteReader(Data);
        using var output = new MemoryStream();
        Assert.Null(write(new JournalExport(reader, output, TimeProvider.System), reader).First);
        return JsonNode.Parse(Encoding.UTF8.GetString(output.ToArray()))!;
    }

    [Fact]
    public async Task Stock_is_as_the_API_tells_it()
    {
        var exported = Assert.Single(Export((e, _) => e.Stock())["stock"]!.AsArray())!;
        Assert.Equal((await _host.Admin.Get("/v1/skus/A")).Body!.ToJsonString(), exported.ToJsonString());
    }

    [Fact]
    public void Orders_come_without_the_person_unless_it_is_asked_for()
    {
        var clock = new SlaSettings().Clock();
        var without = Assert.Single(Export((e, _) => e.Orders(new OrderRenderer(null, clock)))["orders"]!.AsArray())!;
        Assert.Equal("erp:main:1", (string?)without["orderId"]);
        Assert.Null(without["buyer"]!["name"]);
        Assert.DoesNotContain("张伟", without.ToJsonString());
        using var seal = new PersonalSeal(MasterKey.LoadOrCreate(Path.Combine(Data, "keys", "master.key")));
        var whole = Export((e, reader) => e.Orders(new OrderRenderer(new PersonalDesk(seal, reader, NullLogger<PersonalDesk>.Instance), clock)));
        Assert.Equal("张伟", (string?)whole["orders"]![0]!["buyer"]!["name"]);
    }

    [Fact]
    public void Settings_come_without_secrets()
    {
        var settings = new EngineSettings { Shops = { new ShopSettings { Platform = "shopify", Shop = "us", Secret = "hush" } }, Sla = { Limits = { ["paid"] = TimeSpan.FromMinutes(10) } } };
        var exported = Export((e, _) => e.Settings(settings));
        Assert.DoesNotContain("hush", exported.ToJsonString());
        Assert.Equal("00:10:00", (string?)exported["configuration"]!["Sla:Limits:paid"]);
        Assert.Equal(("A", "围巾", 2), ((string?)exported["skus"]![0]!["sku"], (string?)exported["skus"]![0]!["name"], (int)exported["skus"]![0]!["safetyStock"]!));
        Assert.Equal("gz", (string?)exported["warehouses"]![0]!["warehouse"]);
    }
}
