using System.Text;
using System.Text.Json.Nodes;
using Engine.Adapters.Platforms;
using Engine.Load;
using Engine.Tests.Load;
using Xunit;

namespace Engine.Tests.Platforms;

/// <summary>Forged, replayed and altered messages, on every platform: none of them is genuine.</summary>
public sealed class ForgeryTests
{
    public static TheoryData<string> Platforms => ["youzan", "shopify", "standard"];

    [Theory]
    [MemberData(nameof(Platforms))]
    public void A_message_as_it_was_sent_is_genuine(string platform)
    {
        var world = new World(platform);
        Assert.Equal(Verification.Genuine, world.Verify(world.Message));
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void Another_shops_secret_does_not_verify(string platform)
    {
        var world = new World(platform);
        Assert.Equal(Verification.BadSignature, world.Adapter.Verify(world.Request(world.Message), World.Credentials(World.Other(world.Shop))));
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void A_body_changed_by_one_byte_anywhere_does_not_verify(string platform)
    {
        var world = new World(platform);
        for (var at = 0; at < world.Message.Body.Length; at += 7)
        {
            var body = (byte[])world.Message.Body.Clone();
            body[at] ^= 1;
            Assert.Equal(Verification.BadSignature, world.Verify(world.Message with { Body = body }));
        }
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void A_signature_changed_in_the_middle_does_not_verify(string platform)
    {
        var world = new World(platform);
        Assert.Equal(Verification.BadSignature, world.Verify(MessageFactory.WithBadSignature(world.Message, world.Shop)));
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void No_signature_at_all_is_missing(string platform)
    {
        var world = new World(platform);
        var headers = world.Message.Headers.Where(header => header.Key != world.SignatureHeader).ToDictionary();
        Assert.Equal(Verification.MissingSignature, world.Verify(world.Message with { Headers = headers }));
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void Signatures_of_odd_shapes_do_not_verify(string platform)
    {
        var world = new World(platform);
        var genuine = world.Message.Headers[world.SignatureHeader];
        string[] odd = [genuine + "x", genuine + "\0", genuine + "," + genuine, genuine[..^1], "=", "v1,", "v1", "\ud800", "é", new string('a', 10_000)];
        foreach (var signature in odd)
            Assert.Equal(Verification.BadSignature, world.Verify(World.Signed(world.Message, world.SignatureHeader, signature)));
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void During_a_rotation_both_secrets_verify_and_no_third_one(string platform)
    {
        var world = new World(platform);
        var next = World.Other(world.Shop);
        var third = World.Other(next);
        var rotating = new PlatformCredentials(world.Shop.AppKey, next.Secret, [world.Shop.Secret]);

        Assert.Equal(Verification.Genuine, world.Adapter.Verify(world.Request(world.Message), rotating));
        Assert.Equal(Verification.Genuine, world.Adapter.Verify(world.Request(new World(platform, next).Message), rotating));
        Assert.Equal(Verification.BadSignature, world.Adapter.Verify(world.Request(new World(platform, third).Message), rotating));
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void An_empty_secret_verifies_nothing(string platform)
    {
        var world = new World(platform);
        var forged = platform switch
        {
            "youzan" => Signers.Youzan(world.Shop.AppKey, "", world.Message.Body),
            "shopify" => Signers.Shopify("", world.Message.Body),
            _ => Signers.Standard("whsec_", world.Message.Headers["webhook-id"], World.Now, world.Message.Body),
        };
        var message = World.Signed(world.Message, world.SignatureHeader, forged);
        Assert.Equal(Verification.BadSignature, world.Adapter.Verify(world.Request(message), new PlatformCredentials(world.Shop.AppKey, "", ["", "whsec_"])));
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void A_signature_over_the_same_JSON_written_anew_does_not_verify(string platform)
    {
        var world = new World(platform);
        var spaced = Encoding.UTF8.GetBytes(JsonNode.Parse(world.Message.Body)!.ToJsonString(new() { WriteIndented = true }));
        Assert.Equal(Verification.BadSignature, world.Verify(world.Message with { Body = spaced }));
    }

    [Theory]
    [InlineData(-301, Verification.OutsideReplayWindow)]
    [InlineData(-300, Verification.Genuine)]
    [InlineData(300, Verification.Genuine)]
    [InlineData(301, Verification.OutsideReplayWindow)]
    [InlineData(86_400, Verification.OutsideReplayWindow)]
    public void A_signed_time_may_be_five_minutes_off_and_no_more(int secondsLater, Verification expected)
    {
        var world = new World("standard");
        Assert.Equal(expected, world.Verify(world.Message, World.Now.AddSeconds(secondsLater)));
    }

    [Fact]
    public void Where_no_time_is_signed_an_old_message_still_verifies_and_keeps_its_key()
    {
        var world = new World("youzan");
        Assert.Equal(Verification.Genuine, world.Verify(world.Message, World.Now.AddDays(30)));
        Assert.Equal(world.Parse(world.Message).DedupeKey, world.Parse(world.Message).DedupeKey);
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void Well_signed_rubbish_is_genuine_but_unreadable(string platform)
    {
        var world = new World(platform);
        var message = new MessageFactory(new Random(3)).Unreadable(world.Order, MessageKind.Created, World.Now);
        Assert.Equal(Verification.Genuine, world.Verify(message));
        var parsed = world.Parse(message);
        Assert.NotNull(parsed.Unreadable);
        Assert.Empty(parsed.Pushes);
        Assert.Equal(parsed.DedupeKey, world.Parse(message).DedupeKey);
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public void Every_verdict_has_an_answer_and_only_what_is_received_is_a_success(string platform)
    {
        var adapter = PlatformCatalogue.Find(platform)!;
        Assert.InRange(adapter.Reply(PlatformVerdict.Received).Status, 200, 204);
        Assert.Equal(401, adapter.Reply(PlatformVerdict.BadSignature).Status);
        Assert.Equal(platform == "shopify" ? 400 : 401, adapter.Reply(PlatformVerdict.MissingSignature).Status);
        Assert.Equal(429, adapter.Reply(PlatformVerdict.TryLater).Status);
        Assert.Contains("fail", adapter.Reply(PlatformVerdict.TryLater).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("youzan", "client", "any secret", null)]
    [InlineData("youzan", "", "any secret", "AppKey")]
    [InlineData("shopify", "", "any secret", null)]
    [InlineData("standard", "", "whsec_c2VjcmV0", null)]
    [InlineData("standard", "", "c2VjcmV0", null)]
    [InlineData("standard", "", "whsec_", "Secret")]
    [InlineData("standard", "", "any secret", "Secret")]
    public void Credentials_that_verify_nothing_are_found_before_anything_comes(string platform, string appKey, string secret, string? named)
    {
        var fault = PlatformCatalogue.Find(platform)!.FaultOf(new PlatformCredentials(appKey, secret, []));
        if (named is null) Assert.Null(fault);
        else Assert.StartsWith(named, fault);
    }

    [Fact]
    public void The_catalogue_knows_its_platforms_by_their_exact_names()
    {
        Assert.All(PlatformCatalogue.All, platform => Assert.Same(platform, PlatformCatalogue.Find(platform.Name)));
        Assert.Null(PlatformCatalogue.Find("Youzan"));
    }
}
