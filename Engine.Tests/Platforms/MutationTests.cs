using System.Text;
using System.Text.Json.Nodes;
using Engine.Adapters.Canonical;
using Engine.Load;
using Engine.Tests.Load;
using Xunit;

namespace Engine.Tests.Platforms;

/// <summary>
/// Real bodies with a few bytes changed, cut, repeated or put in, under fixed seeds: whatever comes of them, nothing is
/// thrown, and what is taken keeps to the rules of an order.
/// </summary>
public sealed class MutationTests
{
    private const int Rounds = 3_000;

    private static readonly string[] Interesting =
    [
        "\"", "{", "}", "[", "]", "\\", "\\ud800", "\\u0000", "%", "%25", "%FF", "null", "true", "-1", "0", "1e999", "1.5",
        "9223372036854775808", "99999999999999999999999999999", ",", ":", "\u00e9", "１", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    ];

    [Theory]
    [InlineData("youzan")]
    [InlineData("shopify")]
    [InlineData("standard")]
    public void No_body_makes_an_adapter_throw(string platform)
    {
        var random = new Random(20250615);
        var world = new World(platform);
        var readable = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var kind = (MessageKind)random.Next(Enum.GetValues<MessageKind>().Length);
            var body = Mutate(world.Factory.Make(world.Order, kind, World.Now).Body, random);
            readable += Check(world, world.Message with { Body = body }, round) ? 1 : 0;
        }
        // Else the mutants would die at the first brace and prove nothing.
        Assert.InRange(readable, Rounds / 50, Rounds * 49 / 50);
    }

    // Mutations of the envelope seldom reach the message within it; these are of the inner text.
    [Fact]
    public void No_inner_message_makes_the_Youzan_adapter_throw()
    {
        var random = new Random(615);
        var world = new World("youzan");
        var envelope = JsonNode.Parse(world.Message.Body)!;
        var inner = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(envelope["msg"]!.GetValue<string>()));
        for (var round = 0; round < Rounds; round++)
        {
            envelope["msg"] = string.Concat(Mutate(inner, random).Select(octet => $"%{octet:X2}"));
            Check(world, world.Message with { Body = Encoding.UTF8.GetBytes(envelope.ToJsonString()) }, round);
        }
    }

    [Fact]
    public void No_body_makes_the_canonical_readers_throw()
    {
        var random = new Random(2025);
        var world = new World("standard");
        var data = JsonNode.Parse(world.Message.Body)!["data"]!;
        (data["platform"], data["shop"]) = ("standard", "main");
        var body = Encoding.UTF8.GetBytes(data.ToJsonString());
        Assert.True(CanonicalJson.ReadOrder(body).IsGood);
        for (var round = 0; round < Rounds; round++)
        {
            var mutant = Mutate(body, random);
            var reading = CanonicalJson.ReadOrder(mutant);
            Assert.Equal(reading.IsGood, reading.Faults.Count == 0);
            if (reading.IsGood)
                AssertKeepsTheRules(reading.Value, round);
            _ = CanonicalJson.ReadPayment(mutant);
            _ = CanonicalJson.ReadCancellation(mutant);
            _ = CanonicalJson.ReadStep(mutant);
        }
    }

    private static bool Check(World world, LoadMessage message, int round)
    {
        var signed = World.Signed(message, world.SignatureHeader, SignatureOf(world, message));
        _ = world.Verify(signed);
        var parsed = world.Parse(signed);
        Assert.InRange(parsed.DedupeKey.Length, 1, 128);
        Assert.True(parsed.Unreadable is null || parsed.Pushes.Count == 0, $"round {round}");
        foreach (var push in parsed.Pushes)
        {
            Assert.True(OrderRules.IsOrderId(push.PlatformOrderId), $"round {round}");
            if (push.Order is not null)
                AssertKeepsTheRules(push.Order, round);
        }
        return parsed.Unreadable is null;
    }

    private static string SignatureOf(World world, LoadMessage message) => world.Shop.Platform switch
    {
        "youzan" => Signers.Youzan(world.Shop.AppKey, world.Shop.Secret, message.Body),
        "shopify" => Signers.Shopify(world.Shop.Secret, message.Body),
        _ => Signers.Standard(world.Shop.Secret, message.Headers["webhook-id"], World.Now, message.Body),
    };

    private static void AssertKeepsTheRules(CanonicalOrder order, int round)
    {
        var faults = new Faults();
        OrderRules.Check(order, faults);
        Assert.True(!faults.Any, $"round {round}: {faults}");
    }

    internal static byte[] Mutate(byte[] body, Random random)
    {
        var bytes = new List<byte>(body);
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Interesting[random.Next(Interesting.Length)]));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at - (at == 0 ? 1 : 0)));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                default:
                    ReplaceValue(bytes, at, random);
                    break;
            }
        }
        return [.. bytes];
    }

    // Puts something else where a value stands, so that the result is often still JSON.
    private static void ReplaceValue(List<byte> bytes, int from, Random random)
    {
        var colon = bytes.IndexOf((byte)':', from);
        var end = colon < 0 ? -1 : bytes.FindIndex(colon, octet => octet is (byte)',' or (byte)'}');
        if (end < 0)
            return;
        bytes.RemoveRange(colon + 1, end - colon - 1);
        bytes.InsertRange(colon + 1, Encoding.UTF8.GetBytes(Interesting[random.Next(Interesting.Length)]));
    }
}
