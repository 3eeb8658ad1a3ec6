using Engine.Actors.Inventory;
using Engine.Actors.Orders;

namespace Engine.Adapters.Views;

/// <summary>Enums as tables and answers write them: small words.</summary>
static class Words
{
    static readonly string[] LineStates = Lower<LineStock>();
    static readonly string[] ReservationStates = Lower<ReservationState>();

    static string[] Lower<T>() where T : struct, Enum => [.. Enum.GetNames<T>().Select(n => n.ToLowerInvariant())];

    /// <summary>Where a line's stock stands.</summary>
    public static string Of(LineStock stock, int quantity) => quantity == 0 ? "cancelled" : LineStates[(int)stock];

    public static string Of(ReservationState state) => ReservationStates[(int)state];

    public static string Of(LockTier tier) => tier == LockTier.Order ? "order" : "paying";

    public static string Of(ReservationOwner owner) => owner switch
    {
        ReservationOwner.Order => "order",
        ReservationOwner.Cart => "cart",
        _ => "caller",
    };
}
