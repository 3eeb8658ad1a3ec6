using Engine.Actors.Deciders;
using Engine.Adapters.Canonical;

namespace Engine.Host.Api;

/// <summary>What names of things look like (API.md, conventions).</summary>
static class Names
{
    public const string SkuFormat = "1 to 80 printable characters without / are wanted.";
    public const string WarehouseFormat = "1 to 40 of a-z, A-Z, 0-9, _ and - are wanted.";
    public const string ReservationFormat = "1 to 256 printable characters without ~ are wanted.";
    public const string CallersOrderFormat = "1 to 256 printable characters are wanted.";
    public const string OrderFormat = "platform:shop:platformOrderId is wanted.";

    const int WarehouseMax = 40;
    const int ReservationMax = 256;
    const int IdempotencyKeyMax = 255;

    public static bool IsWarehouse(string text) =>
        text.Length is > 0 and <= WarehouseMax && !text.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    public static bool IsReservation(string text) => text.Length is > 0 and <= ReservationMax && IsPrintable(text);

    /// <summary>The tilde is for reservations of orders, <c>order~line</c>: a caller can't take such an id.</summary>
    public static bool IsCallersReservation(string text) => IsReservation(text) && !text.Contains('~');


    /// <summary>An order kept elsewhere has whatever id it has there.</summary>
    public static bool IsCallersOrder(string text) => IsReservation(text);

    public static bool IsIdempotencyKey(string text) => text.Length is > 0 and <= IdempotencyKeyMax && IsPrintable(text);

    /// <summary>The parts of <c>platform:shop:platformOrderId</c>, or null.</summary>
    public static OrderName? Order(string orderId)
    {
        var parts = orderId.Split(':', 3);
        return parts.Length == 3 && OrderRules.IsName(parts[0]) && OrderRules.IsName(parts[1]) && OrderRules.IsOrderId(parts[2])
            ? new OrderName(parts[0], parts[1], parts[2])
            : null;
    }

    // References are the rule for printable texts of any kind; longer ones are looked at in pieces that keep surrogates whole.
    static bool IsPrintable(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var count = Math.Min(100, text.Length - start);
            if (char.IsHighSurrogate(text[start + count - 1]) && start + count < text.Length) count++;
            if (!OrderRules.IsReference(text.Substring(start, count))) return false;
            start += count;
        }
        return true;
    }
}

readonly record struct OrderName(string Platform, string Shop, string PlatformOrderId)
{
    public string OrderId => $"{Platform}:{Shop}:{PlatformOrderId}";
    public string Tenant => $"{Platform}:{Shop}";
    public ActorId Actor => ActorId.Order(OrderId);
}
