using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Adapters.Canonical;
using Engine.Adapters.Keys;
using Engine.Adapters.Platforms;
using Engine.Benchmarks.Stores;
using Engine.Host.Api;
using Engine.Load;

namespace Engine.Benchmarks.Micro;

/// <summary>What the edge does with a push of each platform: check its signature, and read it.</summary>
[MemoryDiagnoser]
public class PlatformBenchmarks
{
    static readonly DateTimeOffset Now = new(2026, 11, 11, 12, 0, 0, TimeSpan.Zero);
    IPlatform _platform = null!;
    PlatformRequest _request;
    PlatformCredentials _credentials = null!;

    [Params("youzan", "shopify", "standard")]
    public string Platform { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var shop = new LoadShop(Platform, "flagship", "app", Platform == "standard" ? "whsec_MDEyMzQ1Njc4OWFiY2RlZg==" : "a-secret-of-32-letters-0123456789");
        var random = new Random(3);
        var message = new MessageFactory(random).Make(new OrderGenerator(random, new Catalogue(100, 1)).Next(shop, Now), MessageKind.Created, Now);
        _platform = PlatformCatalogue.Find(Platform)!;
        _request = new PlatformRequest(shop.Shop, message.Body, message.Headers, Now);
        _credentials = new PlatformCredentials(shop.AppKey, shop.Secret, []);
        if (Verify() != Verification.Genuine || Parse().Pushes.Count != 1) throw new InvalidOperationException("the message is not as it should be");
    }

    [Benchmark]
    public Verification Verify() => _platform.Verify(_request, _credentials);

    [Benchmark]
    public ParsedMessage Parse() => _platform.Parse(_request);
}

/// <summary>JSON of the API, in and out.</summary>
[MemoryDiagnoser]
public class JsonBenchmarks
{
    const int Page = 20;
    byte[] _order = [];
    readonly SkuActor _sku = new(ActorId.Sku("SKU-00001"));

    [GlobalSetup]
    public void Setup()
    {
        _order = JsonSerializer.SerializeToUtf8Bytes(new CanonicalOrder
        {
            Platform = "own", Shop = "flagship", PlatformOrderId = "E20261111000001", PlacedAt = new DateTimeOffset(2026, 11, 11, 12, 0, 0, TimeSpan.Zero),
            Buyer = new CanonicalBuyer { Id = "4711", Name = "王小二", Phone = "13800001234" },
            Address = new CanonicalAddress { Country = "CN", Province = "广东省", City = "深圳市", District = "南山区", Street = "科技路1号" },
            Lines = [new CanonicalLine { LineId = "1", Sku = "SKU-00001", Quantity = 1, UnitPrice = 12_900 }, new CanonicalLine { LineId = "2", Sku = "SKU-00002", Quantity = 2, UnitPrice = 9_900 }],
            Amounts = new CanonicalAmounts { Goods = 32_700, Total = 32_700, Currency = "CNY" },
        }, ApiJson.Configure(new JsonSerializerOptions()));
        if (Order_in() is { IsGood: false } bad) throw new InvalidOperationException($"the order can't be read: {string.Join(", ", bad.Faults)}");
        _sku.Evolve(new StockAdjusted { Warehouse = "SH1", Delta = 1000 }, new Stamp(1, 1));
        foreach (var i in Enumerable.Range(0, Page))
            _sku.Evolve(new StockReserved { ReservationId = $"youzan:flagship:E{i}~1", OrderId = $"youzan:flagship:E{i}", Warehouse = "SH1", Quantity = 1, Owner = ReservationOwner.Order, ExpiresAt = 900_000, KeyId = "k1" }, new Stamp(2 + i, 1));
    }

    [Benchmark]
    public Reading<CanonicalOrder> Order_in() => CanonicalJson.ReadOrder(_order);

    [Benchmark]
    public byte[] Page_of_20_reservations_out() => ReservationPage.Write(_sku, new Listing(Page, null), static _ => true);
}

/// <summary>Tokens and the sealing of personal data.</summary>
[MemoryDiagnoser]
public class KeyBenchmarks
{
    const string OrderId = "youzan:flagship:E20261111000001";
    static readonly byte[] Personal = JsonSerializer.SerializeToUtf8Bytes(new { name = "王小二", phone = "13800001234", street = "科技路1号 2栋3单元401室", buyerId = "4711" });
    readonly SnapshotTokens _tokens = new(new OneKey());
    PersonalSeal _seal = null!;
    string _token = "";
    string _folder = "";

    [GlobalSetup]
    public void Setup()
    {
        _folder = BenchStore.NewFolder("keys");
        _seal = new PersonalSeal(MasterKey.LoadOrCreate(Path.Combine(_folder, "master.key")));
        _token = Sign_a_snapshot_token();
        if (Verify_a_snapshot_token() != TokenFault.None) throw new InvalidOperationException("the token is not good");
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _seal.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark]
    public string Sign_a_snapshot_token() => _tokens.Mint("SKU-00001", new SnapshotClaims("0123456789abcdef", 17, 1000, OrderId, 1_760_000_000_000, 1_760_000_060_000));

    [Benchmark]
    public TokenFault Verify_a_snapshot_token() => _tokens.Read(_token, "SKU-00001", OrderId, out _);

    [Benchmark]
    public byte[] Seal_the_personal_part() => _seal.Seal(Personal, OrderId).Cipher;

    sealed class OneKey : ITokenKeys
    {
        readonly byte[] _key = new byte[32];

        public string CurrentId => "k1";

        public bool TryGet(string id, out ReadOnlyMemory<byte> key)
        {
            key = _key;
            return id == CurrentId;
        }
    }
}
