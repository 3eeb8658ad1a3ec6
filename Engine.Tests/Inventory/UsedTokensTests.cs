using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Engine.Tests.Inventory;

/// <summary>The used tokens of a SKU against a plain list of them.</summary>
public sealed class UsedTokensTests
{
    [Fact]
    public void Whatever_is_used_and_given_back_is_known_until_it_expires_and_reads_as_it_was_written()
    {
        var seeds = Gen.Choose(0, int.MaxValue - 1);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(Arb.From(seeds), seed =>
        {
            var random = new Random(seed);
            var (tokens, model) = (new UsedTokens(), new List<(string Id, long ExpiresAt)>());
            for (var now = 0; now < 3000; now++)
            {
                var id = random.Next(3) == 0 ? $"令牌{random.Next(40)}" : $"t{random.Next(400)}{new string('x', random.Next(60))}";
                var at = model.FindIndex(t => t.Id == id);
                Assert.Equal(at >= 0 && model[at].ExpiresAt > 0, tokens.Contains(id));
                if (random.Next(4) == 0)
                {
                    tokens.GiveBack(id);
                    if (at >= 0) model[at] = (id, 0);
                    continue;
                }
                var expiresAt = now + 1 + random.Next(300);
                tokens.Add(id, expiresAt, now);
                while (model.Count > 0 && model[0].ExpiresAt < now) model.RemoveAt(0);
                at = model.FindIndex(t => t.Id == id);
                if (at < 0) model.Add((id, expiresAt));
                else model[at] = (id, expiresAt);
                Assert.Equal(model.Count, tokens.Count);
                if (random.Next(300) == 0) tokens = Reread(tokens);
            }
            Assert.Equal(Written(model), Written(tokens));
            Assert.Equal(Written(model), Written(Reread(tokens)));
            return true;
        }));
    }

    static UsedTokens Reread(UsedTokens tokens)
    {
        var read = new UsedTokens();
        read.Layout(Codec.Reader(Written(tokens)));
        return read;
    }

    static byte[] Written(UsedTokens tokens)
    {
        var codec = Codec.Writer();
        tokens.Layout(codec);
        return codec.Written.ToArray();
    }

    static byte[] Written(List<(string Id, long ExpiresAt)> model)
    {
        var codec = Codec.Writer();
        codec.Count(model.Count);
        foreach (var token in model)
        {
            var (id, expiresAt) = token;
            codec.Text(ref id);
            codec.Long(ref expiresAt);
        }
        return codec.Written.ToArray();
    }
}
