using Engine.Actors.Deciders;

namespace Engine.Actors.WhatIf;

/// <summary>The turn of a decision on the side: it is heard by nobody but the replay.</summary>
sealed class SideTurn(int partitions) : Turn
{
    readonly List<Event> _events = [];
    readonly List<(ActorId, Message)> _messages = [];
    Actor? _actor, _directory;
    ActorId _sender;
    long _sequence, _now;
    int _key;

    public override long Now => _now;
    public override ActorId Self => _actor!.Id;
    public override ActorId Sender => _sender;
    public override Actor Directory => _directory!;
    public override int Partitions => partitions;

    public void Begin(Actor actor, ActorId sender, Actor directory, long sequence, long now, int key) =>
        (_actor, _sender, _directory, _sequence, _now, _key) = (actor, sender, directory, sequence, now, key);

    public Said End()
    {
        var said = new Said([.. _events], [.. _messages]);
        _events.Clear();
        _messages.Clear();
        return said;
    }

    public override void Emit(Event happened)
    {
        _events.Add(happened);
        _actor!.Evolve(happened, new Stamp(_sequence, _now));
    }

    public override void Send(ActorId to, Message message) => _messages.Add((to, message));

    public override void Reply(object reply) { }

    public override KeyRef StoreKey(byte[] wrapped) => new(_sequence, _key);

    public override void DropKey(KeyRef key) { }
}
