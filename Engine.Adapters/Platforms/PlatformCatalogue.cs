using System.Collections.Frozen;
using Engine.Adapters.Platforms.Shopify;
using Engine.Adapters.Platforms.Standard;
using Engine.Adapters.Platforms.Youzan;

namespace Engine.Adapters.Platforms;

/// <summary>The platforms that may push, by the name in <c>/webhooks/{platform}/{shop}</c>.</summary>
public static class PlatformCatalogue
{
    private static readonly FrozenDictionary<string, IPlatform> ByName = new IPlatform[]
    {
        new YouzanPlatform(),
        new ShopifyPlatform(),
        new StandardPlatform(),
    }.ToFrozenDictionary(platform => platform.Name, StringComparer.Ordinal);

    public static IReadOnlyCollection<IPlatform> All => ByName.Values;

    public static IPlatform? Find(string name) => ByName.GetValueOrDefault(name);
}
