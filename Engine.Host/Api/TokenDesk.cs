using System.Buffers.Text;
using System.Security.Cryptography;
using Engine.Actors.Inventory;
using Engine.Host.Metrics;
using Engine.Host.Settings;

namespace Engine.Host.Api;

/// <summary>Where tokens are issued and looked at: the one place with a clock, randomness and keys.</summary>
sealed class TokenDesk(SnapshotTokens tokens, ITokenKeys keys, EngineSettings settings, TimeProvider time, EngineMetrics metrics)
{
    const int IdBytes = 16;

    public string CurrentKeyId => keys.CurrentId;

    /// <summary>A fresh snapshot of stock as it was just read.</summary>
    public SnapshotJson Snapshot(StockView stock, string? orderId)
    {
        // Where the wall clock was set back, the engine's time is ahead of it: by the wall clock alone the token would be born expired.
        var now = Math.Max(stock.At, time.GetUtcNow().ToUnixTimeMilliseconds());
        var expires = now + (long)settings.Tokens.Lifetime.TotalMilliseconds;
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
        var token = tokens.Mint(stock.Sku, new SnapshotClaims(id, stock.Version, stock.Available, orderId, now, expires));
        return new SnapshotJson(token, stock.Sku, stock.Version, stock.Available, now, expires);
    }

    public string Ticket(ReservationView reservation) => Ticket(reservation.KeyId, reservation.Sku, reservation.ReservationId, reservation.OrderId);

    public string Ticket(string keyId, string sku, string reservationId, string orderId) => tokens.MintTicket(keyId, sku, reservationId, orderId);

    public bool TryRead(string? token, string sku, string orderId, out SnapshotClaims claims)
    {
        var fault = tokens.Read(token, sku, orderId, out var found);
        claims = found!;
        return IsGood(fault);
    }

    public bool IsTicket(string? token, string sku, string reservationId) => IsGood(tokens.ReadTicket(token, sku, reservationId));

    bool IsGood(TokenFault fault)
    {
        if (fault != TokenFault.None) metrics.TokenRefused(fault);
        return fault == TokenFault.None;
    }
}
