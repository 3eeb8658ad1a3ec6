using System.Globalization;
using System.Text;
using Engine.Adapters.Canonical;
using Engine.Adapters.Keys;

namespace Engine.Host.Ingress;

/// <summary>
/// Finds orders that look like another one placed minutes ago under another id: same buyer, lines and amount (FEATURES C3).
/// It only flags, so it may forget: it lives in memory, is bounded, and keeps fingerprints instead of the buyer.
/// </summary>
sealed class NearDuplicates(PersonalSeal seal, TimeProvider time, int capacity = 100_000)
{
    /// <summary>Between the times at which the two were placed.</summary>
    static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    /// <summary>Platforms push again for half an hour what was not taken.</summary>
    static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    readonly Lock _gate = new();
    readonly Dictionary<UInt128, (string OrderId, DateTimeOffset PlacedAt)> _seen = [];
    readonly Queue<(UInt128 Key, long At)> _oldestFirst = new();

    /// <summary>The other order's id, or null.</summary>
    public string? Find(CanonicalOrder order, string orderId)
    {
        if (Buyer(order) is not { } buyer) return null;
        var key = Fingerprint(order, buyer);
        var now = time.GetTimestamp();
        lock (_gate)
        {
            Forget(now);
            if (_seen.TryGetValue(key, out var other))
            {
                if (other.OrderId == orderId) return null;
                if ((order.PlacedAt - other.PlacedAt).Duration() <= Window) return other.OrderId;
                // The same again on another day; whoever comes next is compared with the later one.
                if (order.PlacedAt > other.PlacedAt) _seen[key] = (orderId, order.PlacedAt);
                return null;
            }
            _seen.Add(key, (orderId, order.PlacedAt));
            _oldestFirst.Enqueue((key, now));
            return null;
        }
    }

    void Forget(long now)
    {
        while (_oldestFirst.TryPeek(out var oldest) && (time.GetElapsedTime(oldest.At, now) > Kept || _oldestFirst.Count >= capacity))
            _seen.Remove(_oldestFirst.Dequeue().Key);
    }

    /// <summary>The phone is the same on every channel, with its country or without; a masked one is many people's.</summary>
    static string? Buyer(CanonicalOrder order) => order.Buyer?.Phone is { Length: > 0 } phone && !phone.Contains('*') ? $"phone {PhoneNumber.Digits(phone) ?? phone}"
        : order.Buyer?.Id is { Length: > 0 } id ? $"id {id}" : null;

    UInt128 Fingerprint(CanonicalOrder order, string buyer)
    {
        var text = new StringBuilder(buyer).Append('\n').Append(CultureInfo.InvariantCulture, $"{order.Amounts.Total} {order.Amounts.Currency}");
        foreach (var line in order.Lines.OrderBy(l => l.Sku, StringComparer.Ordinal).ThenBy(l => l.Quantity)) text.Append(CultureInfo.InvariantCulture, $"\n{line.Quantity} {line.Sku}");
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(seal.KeyedHash("near duplicate", text.ToString()));
    }
}
