using System.Text.Json.Nodes;
using Engine.Tests.Host;
using Xunit;

namespace Engine.Tests.Acceptance;

/// <summary>What the stories say, as calls to the API.</summary>
static class Shop
{
    public static readonly DateTimeOffset Day = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string Order(string id, DateTimeOffset placedAt, params (string Sku, int Quantity)[] lines) => new JsonObject
    {
        ["platform"] = "test",
        ["shop"] = "main",
        ["platformOrderId"] = id,
        ["placedAt"] = placedAt.ToString("yyyy-MM-ddTHH:mm:ss.fffZ"),
        ["lines"] = new JsonArray([.. lines.Select((l, i) => new JsonObject { ["lineId"] = $"{i + 1}", ["sku"] = l.Sku, ["quantity"] = l.Quantity, ["unitPrice"] = 100 })]),
        ["amounts"] = new JsonObject { ["total"] = lines.Sum(l => l.Quantity * 100), ["currency"] = "CNY" },
    }.ToJsonString();

    public static Task<Reply> Place(this ApiClient api, string id, DateTimeOffset placedAt, params (string Sku, int Quantity)[] lines) => api.Post("/v1/orders", Order(id, placedAt, lines));

    public static Task<Reply> View(this ApiClient api, string id) => api.Get($"/v1/orders/{Uri.EscapeDataString($"test:main:{id}")}");

    public static Task<Reply> Pay(this ApiClient api, string id, string status = "succeeded", string reference = "p1") =>
        api.Post($"/v1/orders/{Uri.EscapeDataString($"test:main:{id}")}/payments", new JsonObject { ["status"] = status, ["reference"] = reference, ["at"] = "2026-01-01T00:00:00Z" }.ToJsonString());

    public static Task<Reply> Cancel(this ApiClient api, string id) =>
        api.Post($"/v1/orders/{Uri.EscapeDataString($"test:main:{id}")}/cancellation", """{"reason":"changed my mind","by":"buyer"}""");

    public static async Task<(int OnHand, int Reserved, int Committed, int Available)> Figures(this ApiClient api, string sku)
    {
        var stock = await api.Get($"/v1/skus/{sku}");
        return ((int)stock.At("onHand")!, (int)stock.At("reserved")!, (int)stock.At("committed")!, (int)stock.At("available")!);
    }

    /// <summary>Asks until it is so; what never comes fails the test after ten seconds.</summary>
    public static async Task Until(Func<Task<bool>> isSo, string what)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(10)) Assert.Fail($"never: {what}");
            await Task.Delay(20);
        }
    }
}
