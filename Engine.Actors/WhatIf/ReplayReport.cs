using Engine.Actors.Deciders;

namespace Engine.Actors.WhatIf;

/// <summary>A decision that this build would have made otherwise.</summary>
/// <param name="At">Milliseconds since 1970 UTC.</param>
/// <param name="Cause">What was decided on: a command, a message, a deadline.</param>
/// <param name="Was">What the journal holds; empty where nothing was decided then.</param>
/// <param name="Would">What would have been said instead.</param>
/// <param name="Follows">It follows from an earlier difference.</param>
public sealed record Difference(int Partition, long Sequence, long At, ActorId Actor, string Cause, IReadOnlyList<string> Was, IReadOnlyList<string> Would, bool Follows);

/// <summary>What a replay found.</summary>
public sealed record ReplayReport
{
    public long Frames { get; init; }
    /// <summary>Decisions made again.</summary>
    public long Decisions { get; init; }
    /// <summary>Commands from outside, by kind.</summary>
    public IReadOnlyDictionary<string, long> Facts { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);
    /// <summary>Taken as they were: refusals that left only a suggestion, and frames of a build that did not tell its decisions.</summary>
    public long TakenAsRecorded { get; init; }
    /// <summary>Decisions that differ for themselves.</summary>
    public long Differing { get; init; }
    /// <summary>Decisions that differ because an earlier one does.</summary>
    public long Following { get; init; }
    /// <summary>The first of both, in the order of the journal.</summary>
    public IReadOnlyList<Difference> Differences { get; init; } = [];
}

sealed class ReplayTally
{
    const int Kept = 1000;

    readonly Dictionary<string, long> _facts = new(StringComparer.Ordinal);
    readonly List<Difference> _differences = [];
    long _decisions, _asRecorded, _differing, _following;

    public void Decided(Command command)
    {
        _decisions++;
        if (command is Message or DeadlineReached) return;
        var kind = command.GetType().Name;
        _facts[kind] = _facts.GetValueOrDefault(kind) + 1;
    }

    public void TakenAsRecorded() => _asRecorded++;

    public void Differs(Difference difference)
    {
        if (difference.Follows) _following++;
        else _differing++;
        if (_differences.Count < Kept) _differences.Add(difference);
    }

    public ReplayReport Report(long frames) => new()
    {
        Frames = frames, Decisions = _decisions, Facts = _facts, TakenAsRecorded = _asRecorded, Differing = _differing, Following = _following, Differences = _differences,
    };
}
