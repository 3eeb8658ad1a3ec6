using System.Text.Json.Nodes;

namespace Engine.Tests.Host;

/// <summary>Canonical orders as a shop's system would write them.</summary>
static class Orders
{
    public static JsonObject New(string id, params (string Sku, int Quantity)[] lines) => new()
    {
        ["platform"] = "erp",
        ["shop"] = "main",
        ["platformOrderId"] = id,
        ["placedAt"] = "2026-01-01T00:00:00.000Z",
        ["urgency"] = "high",
        ["shipBy"] = "2026-01-03T00:00:00.000Z",
        ["buyer"] = new JsonObject { ["id"] = $"b-{id}", ["name"] = "张伟", ["phone"] = $"138{id.GetHashCode(StringComparison.Ordinal) & 0xffffff}", ["vipLevel"] = "A" },
        ["address"] = new JsonObject
        {
            ["country"] = "CN", ["province"] = "广东省", ["city"] = "广州市", ["district"] = "天河区", ["street"] = "天河路 1 号", ["postalCode"] = "510000", ["lat"] = 23.1357, ["lon"] = 113.2666,
        },
        ["lines"] = new JsonArray([.. lines.Select((l, i) => (JsonNode)new JsonObject { ["lineId"] = $"L{i + 1}", ["sku"] = l.Sku, ["quantity"] = l.Quantity, ["unitPrice"] = 100 })]),
        ["amounts"] = new JsonObject { ["goods"] = 100L * lines.Sum(l => l.Quantity), ["total"] = 100L * lines.Sum(l => l.Quantity), ["currency"] = "CNY" },
        ["tags"] = new JsonArray("live-stream"),
        ["note"] = "轻拿轻放",
        ["compliance"] = new JsonObject { ["filing"] = "GB-7" },
    };

    public static string Id(string id) => $"erp:main:{id}";

    public static string Path(string id) => $"/v1/orders/{Uri.EscapeDataString(Id(id))}";

    public static string Pay(string reference, string status = "succeeded", long? amount = null) =>
        $$"""{"status":"{{status}}","reference":"{{reference}}","at":"2026-01-01T00:00:05Z"{{(amount is null ? "" : $",\"amount\":{amount}")}}}""";

    public static string Step(string step, string more = "") => $$"""{"step":"{{step}}","operator":"王芳","device":"PDA-3"{{more}}}""";
}
