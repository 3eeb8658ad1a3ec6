using System.Collections.Frozen;
using Engine.Actors.Orders;
using Engine.Adapters.Platforms;
using Engine.Host.Settings;

namespace Engine.Host.Ingress;

/// <summary>What is set for shops: who may push, and what a shop has chosen for its orders.</summary>
sealed class Shops
{
    readonly FrozenDictionary<(string Platform, string Shop), (PlatformCredentials Credentials, ShopPolicy Policy)> _shops;
    readonly ShopPolicy _others;

    public Shops(EngineSettings settings)
    {
        _others = Policy(settings.Locks, settings, reject: false);
        _shops = settings.Shops.ToFrozenDictionary(s => (s.Platform, s.Shop), s => (
            CredentialsOf(s), Policy(s.Locks, settings, s.OnShortage == "reject")));
    }

    public static PlatformCredentials CredentialsOf(ShopSettings shop) => new(shop.AppKey, shop.Secret, shop.OldSecrets);

    /// <summary>Null for a shop that may not push.</summary>
    public PlatformCredentials? Credentials(string platform, string shop) =>
        _shops.TryGetValue((platform, shop), out var found) ? found.Credentials : null;

    public ShopPolicy Policy(string platform, string shop) => _shops.TryGetValue((platform, shop), out var found) ? found.Policy : _others;

    static ShopPolicy Policy(LockSettings own, EngineSettings all, bool reject) => new()
    {
        RejectOnShortage = reject,
        OrderTier = (long)(own.Order ?? all.Locks.Order!.Value).TotalMilliseconds,
        PayingTier = (long)(own.Paying ?? all.Locks.Paying!.Value).TotalMilliseconds,
        ReminderAfter = (long)all.Reminder.After.TotalMilliseconds,
        Coupon = all.Reminder.Coupon,
    };
}
