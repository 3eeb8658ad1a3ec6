using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;

namespace Engine.Actors.WhatIf;

/// <summary>
/// Decides a journal again, with the deciders of this build, on the side: what would it have decided otherwise (FEATURES G6)?
/// Only what came from outside is taken from the journal: orders, payments, adjustments, steps, and when time passed. Every
/// message is one that this build sends, every state one that it came to.
/// <para>
/// The order is the journal's: each frame says decision by decision what made an actor decide, so a build that changes nothing
/// decides the same, to the byte. Where it decides otherwise, what it says instead is heard at once, and what it does not say any
/// more is never heard.
/// </para>
/// </summary>
public sealed class Replay
{
    /// <summary>How long after its deadline an actor that went astray is woken where the journal wakes nobody (milliseconds).</summary>
    const long WakeAfter = 1_000;

    readonly ReplayLane[] _lanes;
    readonly ReplayTally _tally = new();
    readonly SideTurn _turn;
    readonly Dictionary<(ActorId From, ActorId To), Queue<Letter>> _letters = [];
    readonly Queue<(ActorId From, ActorId To)> _loose = new();
    readonly HashSet<ActorId> _astray = [];
    long _wokeAt;
    long _frames;

    /// <param name="IsLoose">Said where the journal says something else: nothing there tells when it is heard.</param>
    readonly record struct Letter(Message Message, bool IsLoose);

    readonly record struct Moment(ReplayLane Lane, long Sequence, long Time);

    /// <param name="scratch">Makes an empty stream for what does not fit in memory; disposed of by the replay.</param>
    public Replay(IJournalReader journal, IDomain domain, Func<Stream> scratch)
    {
        _lanes = [.. Enumerable.Range(0, journal.Partitions).Select(p => new ReplayLane(p, journal, domain, scratch))];
        _turn = new SideTurn(journal.Partitions);
    }

    /// <summary>Frames decided again so far; for showing progress from another thread.</summary>
    public long FramesDone => Volatile.Read(ref _frames);

    /// <exception cref="InvalidDataException">A frame is damaged or of a newer build.</exception>
    /// <exception cref="StoreUnavailableException" />
    public ReplayReport Run(CancellationToken stop = default)
    {
        try
        {
            foreach (var lane in _lanes) lane.Next();
            while (Earliest() is { } lane && !stop.IsCancellationRequested)
            {
                Play(lane, lane.Script!);
                lane.Next();
                Volatile.Write(ref _frames, _frames + 1);
            }
            return _tally.Report(_frames);
        }
        finally
        {
            foreach (var lane in _lanes) lane.Dispose();
        }
    }

    /// <summary>The earliest next frame of which every message has been said by now; null at the end.</summary>
    ReplayLane? Earliest()
    {
        ReplayLane? earliest = null;
        foreach (var lane in _lanes)
        {
            if (lane.Script is not { } script || (earliest is not null && earliest.Script!.Header.At <= script.Header.At)) continue;
            if (script.Marks.TrueForAll(m => _lanes[m.Sender].Done >= m.Mark.Sequence)) earliest = lane;
        }
        return earliest;
    }

    void Play(ReplayLane lane, FrameScript script)
    {
        var at = new Moment(lane, script.Header.Sequence, script.Header.At);
        foreach (var decision in script.Decisions)
        {
            if (decision.Cause is { Sender: >= 0 and var sender }) PlayMessage(at, decision, sender);
            else PlayOther(at, decision);
            foreach (var (to, _) in decision.Messages) lane.Sent[to.PartitionOf(_lanes.Length)].Enqueue((decision.Actor, to));
        }
        // Frames that do not tell their decisions say only how far they took messages in.
        foreach (var (sender, mark) in script.Marks)
            while (lane.Heard[sender] < mark.Number) TakeLetter(lane, sender, out _);
        lane.Done = script.Header.Sequence;
        HearLoose(at.Time);
        WakeAstray(at.Time);
    }

    void PlayMessage(in Moment at, Decision recorded, int sender)
    {
        var said = TakeLetter(at.Lane, sender, out var link);
        if (said is not null) Compare(at, at.Lane.Shelf.Get(link.To), said, link.From, recorded);
        else if (!recorded.IsSilent) Differ(at, link.To, "a message that is not sent any more", recorded, Said.Nothing, link.From);
    }

    /// <summary>The next message of a link, as this build says it; null where it says none.</summary>
    Message? TakeLetter(ReplayLane lane, int sender, out (ActorId From, ActorId To) link)
    {
        if (!_lanes[sender].Sent[lane.Number].TryDequeue(out link)) throw new InvalidDataException($"partition {lane.Number}, frame {lane.Script!.Header.Sequence}: it takes in a message of partition {sender} that was never sent");
        lane.Heard[sender]++;
        if (!_letters.TryGetValue(link, out var waiting)) return null;
        var letter = waiting.Dequeue();
        if (waiting.Count == 0) _letters.Remove(link);
        return letter.Message;
    }

    void PlayOther(in Moment at, Decision recorded)
    {
        var actor = at.Lane.Shelf.Get(recorded.Actor);
        if (recorded.Cause == Cause.Deadline)
        {
            if (actor.Deadline <= at.Time) Compare(at, actor, DeadlineReached.Instance, default, recorded);
            else Differ(at, actor.Id, "a deadline that is not there any more", recorded, Said.Nothing);
            return;
        }
        var command = recorded.Cause is null ? null : OutsideFacts.Of(actor, recorded.Events, at.Time);
        if (command is null) TakeAsRecorded(at, actor, recorded);
        else Compare(at, actor, command, default, recorded);
    }

    /// <summary>Decides, and holds what comes of it against what came of it then.</summary>
    void Compare(in Moment at, Actor actor, Command command, ActorId sender, Decision recorded)
    {
        var said = Decide(at, actor, command, sender, KeyOf(recorded));
        _tally.Decided(command);
        if (said.SameAs(recorded)) Send(actor.Id, said.Messages, isLoose: false);
        else Differ(at, actor.Id, command.GetType().Name, recorded, said, sender);
    }

    void Differ(in Moment at, ActorId actor, string cause, Decision recorded, Said said, ActorId sender = default)
    {
        var follows = _astray.Contains(actor) || _astray.Contains(sender);
        _tally.Differs(new Difference(at.Lane.Number, at.Sequence, at.Time, actor, cause, Said.Of(recorded).Tell(), said.Tell(), follows));
        _astray.Add(actor);
        Send(actor, said.Messages, isLoose: true);
    }

    Said Decide(in Moment at, Actor actor, Command command, ActorId sender, int key)
    {
        _turn.Begin(actor, sender, at.Lane.Directory, at.Sequence, at.Time, key);
        actor.Decide(command, _turn);
        return _turn.End();
    }

    /// <summary>The place that a personal key had among those of its frame.</summary>
    static int KeyOf(Decision recorded)
    {
        foreach (var happened in recorded.Events)
        {
            if (happened is OrderReceived { KeyIndex: >= 0 } order) return order.KeyIndex;
            if (happened is MessageQuarantined message) return message.KeyIndex;
        }
        return 0;
    }

    void Send(ActorId from, IReadOnlyList<(ActorId To, Message Message)> messages, bool isLoose)
    {
        foreach (var (to, message) in messages)
        {
            if (!_letters.TryGetValue((from, to), out var waiting)) _letters.Add((from, to), waiting = new Queue<Letter>());
            waiting.Enqueue(new Letter(message, isLoose));
            if (isLoose) _loose.Enqueue((from, to));
        }
    }

    /// <summary>Where nobody can tell the call, what happened happens again.</summary>
    void TakeAsRecorded(in Moment at, Actor actor, Decision recorded)
    {
        foreach (var happened in recorded.Events) actor.Evolve(happened, new Stamp(at.Sequence, at.Time));
        _tally.TakenAsRecorded();
        Send(actor.Id, recorded.Messages, isLoose: false);
    }

    // ── where this build goes another way ──

    void HearLoose(long time)
    {
        // Each link stays in order: what is loose waits for what was said before it.
        for (var blocked = 0; blocked < _loose.Count && _loose.TryDequeue(out var link);)
        {
            if (!_letters.TryGetValue(link, out var waiting)) continue;
            if (!waiting.Peek().IsLoose)
            {
                _loose.Enqueue(link);
                blocked++;
                continue;
            }
            var letter = waiting.Dequeue();
            if (waiting.Count == 0) _letters.Remove(link);
            var lane = _lanes[link.To.PartitionOf(_lanes.Length)];
            DecideAstray(new Moment(lane, lane.Done, time), lane.Shelf.Get(link.To), letter.Message, link.From);
            blocked = 0;
        }
    }

    void WakeAstray(long time)
    {
        if (time < _wokeAt + WakeAfter) return;
        _wokeAt = time;
        foreach (var id in _astray.ToArray())
        {
            var lane = _lanes[id.PartitionOf(_lanes.Length)];
            var actor = lane.Shelf.Get(id);
            if (actor.Deadline <= time - WakeAfter) DecideAstray(new Moment(lane, lane.Done, time), actor, DeadlineReached.Instance, default);
        }
        HearLoose(time);
    }

    void DecideAstray(in Moment at, Actor actor, Command command, ActorId sender)
    {
        var said = Decide(at, actor, command, sender, key: 0);
        _tally.Decided(command);
        if (said.IsSilent) return;
        _astray.Add(actor.Id);
        _tally.Differs(new Difference(at.Lane.Number, at.Sequence, at.Time, actor.Id, command.GetType().Name, [], said.Tell(), Follows: true));
        Send(actor.Id, said.Messages, isLoose: true);
    }
}
