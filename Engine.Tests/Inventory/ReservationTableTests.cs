using System.Text.Json;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Engine.Tests.Inventory;

/// <summary>The rows of a SKU's reservations against a dictionary of objects.</summary>
public sealed class ReservationTableTests
{
    static readonly JsonSerializerOptions Fields = new() { IncludeFields = true };

    [Fact]
    public void Whatever_is_added_changed_and_removed_reads_as_it_was_written_and_falls_due_in_order_and_what_is_frozen_stays()
    {
        var seeds = Gen.Choose(0, int.MaxValue - 1);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Arb.From(seeds), seed =>
        {
            var random = new Random(seed);
            var (table, model, held) = (new ReservationTable(), new Dictionary<string, Reservation>(StringComparer.Ordinal), new List<(int Row, string Id)>());
            var (frozen, wasWritten) = (table.Freeze(), Written(table));
            for (var i = 0; i < 1500; i++)
            {
                Step(table, model, held, random);
                if (random.Next(300) == 0) Empty(table, model, held);
                if (random.Next(200) > 0) continue;
                Assert.Equal(wasWritten, Written(frozen));
                table.Thaw();
                for (var thawed = random.Next(100); thawed > 0; thawed--) Step(table, model, held, random);
                if (random.Next(2) == 0) Empty(table, model, held);
                (frozen, wasWritten) = (table.Freeze(), Written(table));
            }
            Assert.Equal(model.Count, table.Count);
            Assert.Equal(model.Keys.Order(StringComparer.Ordinal), table.Rows.Select(row => table.IdOf(row)).Order(StringComparer.Ordinal));
            foreach (var (id, reservation) in model) Assert.Equal(Said(reservation), Said(table.Copy(table.Find(id))!));
            foreach (var (row, id) in held) Assert.Equal(id, table.IdOf(row));
            AssertWrittenAs(model.Values.OrderBy(r => r.ReservedAt).ThenBy(r => r.Id, StringComparer.Ordinal), table);
            var wanted = model.Values.Where(r => r is { State: ReservationState.Reserved, Asked: false }).OrderBy(r => r.ExpiresAt).ThenBy(r => r.Id, StringComparer.Ordinal).Select(r => (r.ExpiresAt, r.Id));
            Assert.Equal(wanted, AllDue(table));
            return true;
        }));
    }

    /// <summary>What is written row by row is what the reservations write themselves, and reads as them.</summary>
    static void AssertWrittenAs(IEnumerable<Reservation> reservations, ReservationTable table)
    {
        var wanted = Codec.Writer();
        wanted.List([.. reservations]);
        Assert.Equal(wanted.Written.ToArray(), Written(table));
    }

    static byte[] Written(ReservationTable table)
    {
        var codec = Codec.Writer();
        table.Write(codec);
        return codec.Written.ToArray();
    }

    static string Said(Reservation reservation) => JsonSerializer.Serialize(reservation, Fields);

    static void Step(ReservationTable table, Dictionary<string, Reservation> model, List<(int Row, string Id)> held, Random random)
    {
        var id = random.Next(2) == 0 ? $"shop:订单{random.Next(300)}~1" : $"r{random.Next(300)}{new string('x', random.Next(60))}";
        var row = table.Find(id);
        Assert.Equal(model.ContainsKey(id), row != ReservationTable.None);
        if (row == ReservationTable.None)
        {
            model.Add(id, Made(id, random));
            row = table.Add(Made(model[id]));
            table.Schedule(row);
            return;
        }
        var known = model[id];
        switch (random.Next(5))
        {
            case 0 or 1:
                table.Change(row).State = ReservationState.Released;
                table.Remove(row);
                model.Remove(id);
                break;
            case 2:
                // Also to the time that it had.
                known.ExpiresAt += random.Next(2) * 7;
                table.Change(row).ExpiresAt = known.ExpiresAt;
                table.Schedule(row);
                break;
            case 3:
                (table.Change(row).State, known.State) = (ReservationState.Committed, ReservationState.Committed);
                break;
            case 4 when held.Count < 20:
                table.Hold(row);
                held.Add((row, id));
                break;
            default:
                if (held.Count == 0) break;
                table.LetGo(held[0].Row);
                held.RemoveAt(0);
                break;
        }
    }

    /// <summary>Nothing is left of it, and the next begins where the first did.</summary>
    static void Empty(ReservationTable table, Dictionary<string, Reservation> model, List<(int Row, string Id)> held)
    {
        foreach (var id in model.Keys) table.Remove(table.Find(id));
        model.Clear();
        foreach (var (row, _) in held) table.LetGo(row);
        held.Clear();
    }

    static Reservation Made(string id, Random random)
    {
        var isOfOrder = id.Contains('~', StringComparison.Ordinal);
        return new Reservation
        {
            Id = id, OrderId = isOfOrder ? id[..^2] : $"o{random.Next(9)}", Warehouse = $"W{random.Next(3)}", KeyId = $"k{random.Next(2)}", Quantity = random.Next(1, 9), LinesInOrder = random.Next(1, 4),
            Owner = isOfOrder ? ReservationOwner.Order : ReservationOwner.Cart, Cart = isOfOrder ? "" : $"cart{random.Next(9)}", Tokens = [.. Enumerable.Range(0, isOfOrder ? 0 : random.Next(4)).Select(t => $"token{t}")],
            Tier = (LockTier)random.Next(2), Revalidated = random.Next(2) == 0, ReservedAt = random.Next(40), ExpiresAt = random.Next(50), FirstExpiresAt = random.Next(), PayingExpiresAt = random.Next(),
        };
    }

    /// <summary>Another of the same.</summary>
    static Reservation Made(Reservation of) => JsonSerializer.Deserialize<Reservation>(Said(of), Fields)!;

    static List<(long At, string Id)> AllDue(ReservationTable table)
    {
        List<(long, string)> all = [];
        while (table.TryPeekDue(out var row, out var at))
        {
            all.Add((at, table.IdOf(row).ToString()));
            table.Change(row).Asked = true;
        }
        return all;
    }
}
