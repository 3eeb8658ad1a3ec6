using Engine.Actors;
using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Actors.Verification;
using Engine.Tests.Host;
using Xunit;

namespace Engine.Tests.Torture;

/// <summary>
/// FAULTS 22: the wall clock jumps at every step of a story and comes back, or stays. No lock ends before its time has really
/// passed, none is lost, frames are numbered and dated as ever, and nothing is taken twice.
/// </summary>
public sealed class ClockTests
{
    const int Minutes = 60;
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    /// <summary>An hour either way, a leap second and a second more, a time zone, a day.</summary>
    public static TheoryData<int> Jumps => [3600, -3600, 1, -1, 2, -2, 8 * 3600, -8 * 3600, 86_400];

    [Theory]
    [MemberData(nameof(Jumps))]
    public void A_jump_that_comes_back_ends_no_lock_early_and_changes_no_answer_at_whatever_step_it_comes(int seconds)
    {
        for (var at = 0; at < Story.LastStep + 3; at++) Assert.Null(Disturb(seconds, at, new Limits()));
    }

    /// <summary>What a jump of three minutes changes in the story; null for nothing that may not be.</summary>
    static string? Disturb(int seconds, int at, Limits limits)
    {
        var usual = new Story(TimeSpan.Zero, at: 0, minutes: 0, limits);
        var story = new Story(TimeSpan.FromSeconds(seconds), at, minutes: 3, limits);
        usual.Run();
        story.Run();
        if (story.Heard != usual.Heard) return $"minute {at}: {story.Heard}; not {usual.Heard}";
        foreach (var (name, end) in usual.Ends)
        {
            // A timer that falls due while the clocks disagree comes round when they agree again.
            var latest = Math.Max(end + 1, end > at ? at + 4 : 0);
            if (!story.Ends.TryGetValue(name, out var ended) || ended < end || ended > latest) return $"minute {at}: {name} ended in minute {ended}, not in {end}";
        }
        return null;
    }

    /// <summary>
    /// It is believed after five minutes: forward, locks then end by the new time; backward, time stands still until the wall
    /// clock has come up to it, so that they end late and not early. The same holds for a monotonic clock that stood still.
    /// </summary>
    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    [InlineData(600)]
    public void A_jump_that_stays_ends_no_lock_before_it_is_believed_and_in_the_end_all_of_them(int seconds)
    {
        for (var at = 0; at < 14; at++)
        {
            var story = new Story(TimeSpan.FromSeconds(seconds), at, minutes: 1000, new Limits());
            story.Run();
            Assert.All(story.Ends, end => Assert.True(end.Value >= Math.Min(Story.Due(end.Key), at + 5), $"{end.Key} ended in minute {end.Value}, the clock was set in {at}"));
            story.Pass(Math.Max(0, -seconds / 60) + Minutes);
            Assert.Empty(Story.Locks.Except(story.Ends.Keys));
        }
    }

    /// <summary>The mutant: locks end by the wall clock alone.</summary>
    [Fact]
    public void Locks_that_end_by_the_wall_clock_alone_are_seen()
    {
        var blind = new Limits { ClockDifference = long.MaxValue };
        Assert.NotNull(Disturb(3600, at: 5, blind));
    }

    [Fact]
    public async Task Tokens_are_good_while_the_wall_clock_is_back_and_after_that_is_believed()
    {
        var time = new ManualTime();
        await using var host = await ApiHost.StartAsync(time);
        await host.Admin.Stock("A", 10);
        time.SetWall(TimeSpan.FromHours(-1));
        Assert.Equal(201, (await host.Admin.Reserve("A", "r-1", 1)).Status);
        for (var minute = 0; minute < 6; minute++) time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(201, (await host.Admin.Reserve("A", "r-2", 1)).Status);
    }

    /// <summary>Minute by minute: locks of callers and of orders, extended, paid in time, repeated, refused too late.</summary>
    sealed class Story(TimeSpan jump, int at, int minutes, Limits limits)
    {
        public const int LastStep = 16;

        readonly EngineRig _rig = new(2, limits);
        readonly SortedDictionary<string, int> _ends = new(StringComparer.Ordinal);
        readonly List<string> _heard = [];
        int _minute;

        public static IEnumerable<string> Locks => ["caller", "caller-paying", "later", "order", "order-paying"];

        /// <summary>The minute in which a lock ends by rights.</summary>
        public static int Due(string name) => name switch { "caller" or "commits" or "order" => 15, "later" => 4 + 15, _ => 45 };

        /// <summary>The minute in which each lock was seen to have ended.</summary>
        public IReadOnlyDictionary<string, int> Ends => _ends;

        public string Heard => string.Join(' ', _heard);

        public void Run()
        {
            _rig.Warehouse("SH1");
            _rig.Adjust("A", "SH1", 100, reference: "delivery");
            for (var minute = 0; minute < Minutes; minute++)
            {
                if (minute == at) _rig.Time.SetWall(jump);
                if (minute == at + minutes) _rig.Time.SetWall(TimeSpan.Zero);
                Step(minute);
                Pass(1);
            }
            var verified = new Verifier(_rig.Journal, EngineDomain.Instance, () => new MemoryStream()).Run();
            Assert.Null(verified.First);
        }

        public void Pass(int count)
        {
            for (var end = _minute + count; _minute < end; _minute++)
            {
                for (var passed = TimeSpan.Zero; passed < TimeSpan.FromMinutes(1); passed += Tick)
                {
                    _rig.Time.Advance(Tick);
                    _rig.Node.Tick();
                    _rig.Settle();
                }
                Look();
            }
        }

        void Step(int minute)
        {
            switch (minute)
            {
                case 0:
                    Reserve("caller");
                    Reserve("commits");
                    Reserve("caller-paying");
                    Change("caller-paying", ReservationChange.Paying);
                    break;
                case 1:
                    // Placed a minute ago, by a platform whose clock is right.
                    Place("order");
                    Place("order-paying");
                    Place("paid");
                    _rig.Pay("order-paying", status: PayStatus.Started);
                    break;
                case 4: Reserve("later"); break;
                case 6: _heard.Add($"{_rig.Adjust("A", "SH1", 100, reference: "delivery").Outcome}"); break;
                case 13:
                    _heard.Add($"{_rig.Pay("paid").State}");
                    Reserve("caller");
                    break;
                case 14: Change("caller-paying", ReservationChange.Paying); break;
                case LastStep: Change("commits", ReservationChange.Commit); break;
                default: break;
            }
        }

        long Began => _rig.Time.GetTimestamp() / TimeSpan.TicksPerMillisecond - DateTimeOffset.UnixEpoch.Ticks / TimeSpan.TicksPerMillisecond - (_minute * 60_000L);

        void Place(string id) => _rig.Send(id, EngineRig.Order(Began, 100, ("A", 1)));

        void Reserve(string id)
        {
            var now = _rig.Node.Now;
            var reply = (StockReply)_rig.Ask(ActorId.Sku("A"), new Reserve
            {
                ReservationId = id, OrderId = "o", Quantity = 1, Token = new SnapshotClaims($"{id} {_minute}", 1, 1, null, now, now + 60_000), OrderTier = 900_000, PayingTier = 2_700_000, KeyId = "k1",
            }).Reply!;
            _heard.Add($"{reply.Outcome}");
        }

        void Change(string id, ReservationChange change) =>
            _heard.Add($"{((StockReply)_rig.Ask(ActorId.Sku("A"), new ChangeReservation { ReservationId = id, Change = change }).Reply!).Outcome}");

        void Look()
        {
            var read = _rig.Node.ReadAsync<SkuActor>(ActorId.Sku("A"), static (sku, _) => sku.Reservations.Where(r => !r.IsLive).Select(r => r.Id).ToArray()).AsTask();
            _rig.Settle();
            List<string> ended = [.. (string[])read.Result.Reply!];
            foreach (var id in new[] { "order", "order-paying" })
                if (_minute > 0 && _rig.View(id).State == MicroState.Expired) ended.Add(id);
            foreach (var id in ended) _ends.TryAdd(id, _minute + 1);
        }
    }
}
