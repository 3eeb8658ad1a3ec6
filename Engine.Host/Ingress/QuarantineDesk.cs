using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Adapters.Keys;
using Engine.Adapters.Platforms;
using Engine.Host.Metrics;

namespace Engine.Host.Ingress;

/// <summary>A message as it arrived, for keeping.</summary>
sealed record KeptMessage(Dictionary<string, string> Headers, byte[] Body, DateTimeOffset ReceivedAt);

[JsonSerializable(typeof(KeptMessage))]
sealed partial class KeptMessageJson : JsonSerializerContext;

/// <summary>Where messages are kept that were well signed but could not be understood: whole, and sealed like all that may be personal.</summary>
sealed class QuarantineDesk(IEngine engine, PersonalSeal seal, IJournalReader store, EngineMetrics metrics)
{
    const int IdBytes = 16;

    public Task<AnswerKind> KeepAsync(string platform, PlatformRequest request, ParsedMessage parsed) =>
        KeepAsync(Id(platform, request.Shop, parsed.DedupeKey), engine, platform, request, parsed.Unreadable!);

    /// <param name="at">Where it is kept.</param>
    public async Task<AnswerKind> KeepAsync(string id, IEngine at, string platform, PlatformRequest request, string reason)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(
            new KeptMessage(new Dictionary<string, string>(request.Headers), request.Body.ToArray(), request.ReceivedAt), KeptMessageJson.Default.KeptMessage);
        var (cipher, key) = seal.Seal(plain, id);
        var answer = await at.AskAsync(ActorId.Quarantine(id), new Quarantine
        {
            Platform = platform, Shop = request.Shop, Reason = reason, Sealed = cipher, WrappedKey = key,
        }, new AskOptions(Tenant: $"{platform}:{request.Shop}"));
        if (answer.Reply is QuarantineReply { Changed: true }) metrics.Quarantined(platform);
        return answer.Kind;
    }

    /// <summary>The message's own id, so that the same one is kept once.</summary>
    public static string Id(string platform, string shop, string dedupeKey) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{platform}:{shop}:{dedupeKey}")).AsSpan(0, IdBytes));

    /// <exception cref="StoreUnavailableException" />
    public PlatformRequest Open(QuarantineView kept)
    {
        var wrapped = store.ReadKey(ActorId.Quarantine(kept.Id).PartitionOf(engine.Partitions), kept.Key)
            ?? throw new InvalidDataException($"the key of the quarantined message {kept.Id} is gone");
        var message = JsonSerializer.Deserialize(seal.Open(kept.Sealed, wrapped, kept.Id), KeptMessageJson.Default.KeptMessage)!;
        return new PlatformRequest(kept.Shop, message.Body, message.Headers, message.ReceivedAt);
    }
}
