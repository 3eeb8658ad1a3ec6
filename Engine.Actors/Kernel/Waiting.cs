using Engine.Actors.Asking;
using Engine.Actors.Deciders;

namespace Engine.Actors.Kernel;

public sealed partial class Partition
{
    readonly PriorityQueue<Ask, long> _giveUps = new();
    long _nextGiveUp = Actor.Never;

    void Park(Ask ask)
    {
        if (!_parked.TryGetValue(ask.To, out var waiting)) _parked.Add(ask.To, waiting = new List<Ask>(1));
        waiting.Add(ask);
        _giveUps.Enqueue(ask, ask.GiveUpAt);
        Volatile.Write(ref _nextGiveUp, Math.Min(_nextGiveUp, ask.GiveUpAt));
    }

    void AnswerIfSettled(Actor actor)
    {
        if (_parked.Count == 0 || !_parked.TryGetValue(actor.Id, out var waiting) || !actor.IsSettled) return;
        _parked.Remove(actor.Id);
        foreach (var ask in waiting) Answer(ask, actor);
    }

    /// <summary>Between two batches: what is done for now becomes bytes.</summary>
    void LayDown(Actor actor)
    {
        if (!actor.Rests || !actor.IsSettled || _parked.ContainsKey(actor.Id)) return;
        // While a checkpoint gathers snapshots the index still names the ones before.
        _residents.Rest(actor, _sequence, hasSnapshot: _checkpoint is null or { IsSubmitted: true } && _index.TryFind(actor.Id, out _));
    }

    /// <summary>Whoever has waited long enough for an actor to settle is told how far it is.</summary>
    void GiveUpWaiting()
    {
        if (_giveUps.Count == 0) return;
        var uptime = _host.Uptime;
        while (_giveUps.TryPeek(out var ask, out var at) && (at <= uptime || ask.Answer.IsCompleted))
        {
            _giveUps.Dequeue();
            if (ask.Answer.IsCompleted || !_parked.TryGetValue(ask.To, out var waiting) || !waiting.Remove(ask)) continue;
            if (waiting.Count == 0) _parked.Remove(ask.To);
            Answer(ask, _residents.Peek(ask.To));
        }
        Volatile.Write(ref _nextGiveUp, _giveUps.TryPeek(out _, out var next) ? next : Actor.Never);
    }

    void Answer(Ask ask, Actor? actor)
    {
        var view = ask.Options.WithView ? actor?.View(_now) : null;
        // The reply is durable; what is shown beside it must not have been overtaken.
        ask.Complete(new Answer(AnswerKind.Reply, ask.Reply, view is null || _host.MayAnswer(Number) ? view : null));
    }
}
