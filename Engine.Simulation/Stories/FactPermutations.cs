using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Fulfilment;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;

namespace Engine.Simulation.Stories;

/// <summary>How the orders of arrival of one story ended.</summary>
/// <param name="Failure">The first two orders of arrival that should have ended alike and did not; null where all did.</param>
public sealed record PermutationResult(int Permutations, IReadOnlyList<string> Ends, string? Failure);

/// <summary>I11: tries every order of arrival of a story's facts and compares what is left once all locks are over.</summary>
public static class FactPermutations
{
    public static PermutationResult Run(FactStory story)
    {
        var count = 0;
        var ends = new Dictionary<bool, (string End, string Arrival)>();
        foreach (var arrival in Permutations([.. story.Facts]))
        {
            count++;
            var names = arrival.Select(f => f.Name).ToArray();
            var end = End(arrival);
            var parked = story.Parked?.Invoke(names) ?? false;
            if (ends.TryAdd(parked, (end, string.Join(", ", names))) || ends[parked].End == end) continue;
            return new(count, [.. ends.Values.Select(e => e.End)],
                $"{story.Name}: [{ends[parked].Arrival}] ends as {ends[parked].End}; [{string.Join(", ", names)}] ends as {end}");
        }
        return new(count, [.. ends.Values.Select(e => e.End)], null);
    }

    /// <summary>Says the facts one after the other, each when the last has had all its effects, and tells what is left at the end.</summary>
    static string End(IReadOnlyList<NamedFact> arrival)
    {
        var clock = new SimClock();
        var random = new Random(1);
        var scheduler = new SimScheduler(random);
        var disk = new CrashDisk(2, random) { CommitsAtOnce = true };
        var replica = new Replica(2, EngineDomain.Instance);
        var node = new EngineNode(disk, EngineDomain.Instance, clock, scheduler);
        node.Open();
        node.Ask(ActorId.Warehouse("hz"), new ConfigureWarehouse { Settings = new WarehouseSettings { Code = "hz" } });
        foreach (var sku in (string[])["sku-1", "sku-2"])
            node.Ask(ActorId.Sku(sku), new AdjustStock { Reference = "first", LineNumber = 0, Warehouse = "hz", Delta = 5, Reason = StockReason.Receiving });
        Drain(scheduler);
        foreach (var fact in arrival)
        {
            var intake = fact.Say();
            node.Ask(ActorId.Order($"{intake.Platform}:{intake.Shop}:{intake.PlatformOrderId}"), intake);
            clock.Advance(TimeSpan.FromSeconds(1));
            node.Tick();
            Drain(scheduler);
        }
        for (var i = 0; i < 3; i++)
        {
            clock.Advance(TimeSpan.FromMinutes(20));
            node.Tick();
            Drain(scheduler);
        }
        replica.CatchUp(disk);
        QuietChecks.Check(replica);
        return Describe(replica);
    }

    static void Drain(SimScheduler scheduler)
    {
        while (scheduler.Step()) { }
    }

    static string Describe(Replica replica)
    {
        var order = replica.Actors.OfType<OrderActor>().Single();
        var lines = order.Lines.Select(l => $"{l.Ordered.LineId} {l.Quantity} {(l.HasStock ? l.Stock.ToString() : "none")}");
        var stock = replica.Actors.OfType<SkuActor>().OrderBy(s => s.Sku, StringComparer.Ordinal).Select(s => s.ToView()).Select(s => $"{s.Sku} {s.OnHand}/{s.Reserved}/{s.Committed}");
        return $"{order.State}, paid {order.PaidSum}, refunded {order.RefundedSum}, due {OrderStates.RefundDue(order)}, {string.Join(", ", lines)}; {string.Join(", ", stock)}";
    }

    static IEnumerable<NamedFact[]> Permutations(NamedFact[] facts)
    {
        // Heap's algorithm, each change a swap.
        yield return facts;
        var counters = new int[facts.Length];
        for (var i = 1; i < facts.Length;)
        {
            if (counters[i] >= i)
            {
                counters[i++] = 0;
                continue;
            }
            var other = i % 2 == 0 ? 0 : counters[i];
            (facts[i], facts[other]) = (facts[other], facts[i]);
            yield return facts;
            counters[i]++;
            i = 1;
        }
    }
}
