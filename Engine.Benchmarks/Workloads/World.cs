using System.Globalization;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Load;

namespace Engine.Benchmarks.Workloads;

/// <summary>The catalogue that all measurements share: SKUs sold by Zipf's law (0.99), each in three warehouses.</summary>
sealed class World
{
    public const int SkusUsual = 10_000;
    const double Skew = 0.99;
    static readonly (string Code, double Latitude, double Longitude)[] Places = [("SH1", 31.2, 121.5), ("GZ1", 23.1, 113.3), ("BJ1", 39.9, 116.4)];

    readonly string[] _codes;
    readonly Zipf _popularity;

    public World(int skus = SkusUsual)
    {
        _codes = [.. Enumerable.Range(0, skus).Select(Sku)];
        _popularity = new Zipf(skus, Skew);
    }

    public int Skus => _codes.Length;

    public static string Sku(int i) => string.Create(CultureInfo.InvariantCulture, $"SKU-{i:00000}");

    public string Code(int rank) => _codes[rank];

    /// <summary>The best-seller.</summary>
    public string Hot => Code(0);

    public string Pick(Random random) => _codes[_popularity.Next(random)];

    /// <summary>The rank of a SKU instead of its code.</summary>
    public int PickRank(Random random) => _popularity.Next(random);

    /// <summary>Sets up the warehouses and puts so many units of every SKU into each.</summary>
    public async Task StockAsync(EngineNode node, int each)
    {
        foreach (var (code, latitude, longitude) in Places)
        {
            Require(await node.AskAsync(ActorId.Warehouse(code), new ConfigureWarehouse
            {
                Settings = new WarehouseSettings { Code = code, HasLocation = true, Latitude = (long)(latitude * 1e7), Longitude = (long)(longitude * 1e7) },
            }, new AskOptions(Settle: TimeSpan.FromSeconds(5))));
        }
        await Parallel.ForAsync(0, Skus, new ParallelOptions { MaxDegreeOfParallelism = 512 }, async (i, _) =>
        {
            foreach (var (code, _, _) in Places)
                Require(await node.AskAsync(ActorId.Sku(_codes[i]), new AdjustStock { Reference = "start", LineNumber = 0, Warehouse = code, Delta = each, Reason = StockReason.Receiving }));
        });
    }

    static void Require(Answer answer)
    {
        if (answer.Kind != AnswerKind.Reply) throw new InvalidOperationException($"the engine answered {answer.Kind} while it was set up");
    }
}
