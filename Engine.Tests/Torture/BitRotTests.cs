using Engine.Actors.Kernel;
using Xunit;
using Xunit.Abstractions;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 17: one bit flipped at every byte of everything a partition stands on. It is found and named, the partition stops or
/// serves what was before, the other serves, and nothing is ever shown that was not written.
/// </summary>
public sealed class BitRotTests(ITestOutputHelper output)
{
    readonly RottenStore _store = new();

    [Fact]
    public void A_flipped_bit_in_any_frame_is_named()
    {
        var flips = 0;
        for (var index = 0; index < _store.Frames; index++)
        {
            var frame = _store.Frame(index);
            for (var at = 0; at < frame.Length; at++, flips++) Assert.Null(Flipped(frame, at, () => _store.Look($"partition {RottenStore.Ill}, frame {index + 1}: ", mustBeSeen: true)));
        }
        output.WriteLine($"{flips} bytes of {_store.Frames} frames");
    }

    [Fact]
    public void A_flipped_bit_in_the_checkpoint_is_named()
    {
        for (var at = 0; at < _store.Checkpoint.Length; at++)
            Assert.Null(Flipped(_store.Checkpoint, at, () => _store.Look("checkpoint", mustBeSeen: true)));
        output.WriteLine($"{_store.Checkpoint.Length} bytes");
    }

    [Fact]
    public void A_flipped_bit_in_any_snapshot_is_named()
    {
        var (flips, seen) = (0, 0);
        foreach (var (segment, bytes) in _store.Segments)
        {
            for (var at = 0; at < bytes.Length; at++, flips++)
            {
                Assert.Null(Flipped(bytes, at, () => _store.Look($"segment {segment} at ", mustBeSeen: false)));
                if (Flipped(bytes, at, () => _store.Look($"segment {segment} at ", mustBeSeen: true)) is null) seen++;
            }
        }
        // The others lie in entries that have been replaced, or in heads that only cleaning reads.
        Assert.InRange(seen, flips / 4, flips);
        output.WriteLine($"{flips} bytes, {seen} of them of current snapshots");
    }

    [Fact]
    public void Without_its_checkpoint_a_damaged_partition_is_rebuilt_from_its_frames()
    {
        _store.Checkpoint[20] ^= 1;
        Assert.NotNull(_store.Look("no such place", mustBeSeen: true));
        _store.DropCheckpoint();
        Assert.Null(_store.Look("no such place", mustBeSeen: false));
    }

    [Fact]
    public void A_store_of_the_first_release_opens_although_it_has_no_checksums()
    {
        _store.Age();
        Assert.Null(_store.Look("nothing", mustBeSeen: false));
    }

    /// <summary>The mutant: with no checksum over frames and snapshots, what was never written is served.</summary>
    [Fact]
    public void Without_checksums_the_damage_is_served_and_this_is_seen()
    {
        _store.Age();
        var last = _store.Frame(_store.Frames - 1);
        var served = 0;
        for (var at = FrameLayout.HeaderLength; at < last.Length; at++)
        {
            var kept = last.ToArray();
            if (Flipped(last, at, () =>
            {
                RottenStore.Mend(last);
                return _store.Look("frame", mustBeSeen: true);
            }) is not null) served++;
            kept.CopyTo(last, 0);
        }
        Assert.True(served > 0, "no flipped bit of a frame was seen");
        served = _store.Segments.Values.Sum(bytes => Enumerable.Range(0, bytes.Length).Count(at => Flipped(bytes, at, () => _store.Look("segment", mustBeSeen: false)) is not null));
        Assert.True(served > 0, "no flipped bit of a snapshot was seen");
    }

    static string? Flipped(byte[] bytes, int at, Func<string?> look)
    {
        var bit = (byte)(1 << (at % 8));
        bytes[at] ^= bit;
        var wrong = look();
        bytes[at] ^= bit;
        return wrong is null ? null : $"byte {at}, bit {at % 8}: {wrong}";
    }
}
