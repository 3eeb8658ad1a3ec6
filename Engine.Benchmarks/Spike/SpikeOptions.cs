using Engine.Load;

namespace Engine.Benchmarks.Spike;

/// <param name="Rate">Orders a second at most.</param>
/// <param name="PayShare">Part of the orders that are paid, so long after they were placed.</param>
/// <param name="CancelShare">Part of the orders that are cancelled.</param>
/// <param name="Stock">Units of every SKU that are booked in before; 0 for none.</param>
/// <param name="WaitingMax">Pushes that may wait for a connection; what is more is dropped and told.</param>
sealed record SpikeOptions(
    Uri Url, string? Key, IReadOnlyList<LoadShop> Shops, Profile Profile, double Rate, TimeSpan Time, int Seed, int Skus, int Stock, int Connections, int WaitingMax,
    double PayShare, TimeSpan PayAfter, double CancelShare, TimeSpan CancelAfter);
