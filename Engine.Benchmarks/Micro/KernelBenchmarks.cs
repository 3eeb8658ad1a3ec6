using BenchmarkDotNet.Attributes;
using Engine.Actors;
using Engine.Actors.Asking;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Benchmarks.InProcess;
using Engine.Benchmarks.Stores;
using Engine.Benchmarks.Workloads;

namespace Engine.Benchmarks.Micro;

/// <summary>A real frame of some ten orders, written and read; per entry.</summary>
[MemoryDiagnoser]
public class FrameBenchmarks : IFrameVisitor
{
    readonly FrameWriter _writer = new(0);
    readonly List<(ActorId Actor, Event Event)> _events = [];
    byte[] _frame = [];
    bool _isCounting;
    int _entries;

    [GlobalSetup]
    public void Setup()
    {
        _frame = MakeAsync().GetAwaiter().GetResult();
        _isCounting = true;
        Decode();
        _isCounting = false;
    }

    /// <summary>The largest of a run.</summary>
    static async Task<byte[]> MakeAsync()
    {
        await using var rig = await Rig.OpenAsync(StoreKind.Memory, 1, 100, 1_000_000, views: false, sealedAhead: true);
        var callers = Enumerable.Range(0, 16).Select(i => Caller.Of(Work.W1, rig.Node, rig.World, rig.Persons, i, 900_000)).ToArray();
        await Task.WhenAll(callers.Select(c => c.StepAsync().AsTask()));
        return rig.Store.Journal.ReadFrames(0, 0).MaxBy(f => f.Bytes.Length).Bytes;
    }

    [Benchmark]
    public int Encode_its_events()
    {
        _writer.Begin();
        foreach (var (actor, happened) in _events) _writer.Event(actor, happened);
        return _writer.Finish(1, 1, 1, default).Length;
    }

    [Benchmark]
    public int Decode()
    {
        _entries = 0;
        FrameHeader.Read(_frame);
        FrameHeader.Visit(_frame, EngineDomain.Instance, this);
        return _entries;
    }

    [Benchmark]
    public FrameHash Hash() => FrameHash.Of(_frame);

    void IFrameVisitor.OnEvent(ActorId actor, Event happened)
    {
        _entries++;
        if (_isCounting) _events.Add((actor, happened));
    }

    void IFrameVisitor.OnMessage(ActorId from, ActorId to, int partition, long number, Message message) => _entries++;

    void IFrameVisitor.OnMark(int sender, long sequence, long number) => _entries++;
}

/// <summary>A command into the mailbox and out of it, in batches as a partition takes them.</summary>
[MemoryDiagnoser]
public class MailboxBenchmarks
{
    const int Batch = 256;
    readonly Mailbox _mailbox = new(new Limits());
    readonly List<Ask> _drained = new(Batch);
    readonly Ask[] _asks = [.. Enumerable.Range(0, Batch).Select(i => new Ask(ActorId.Sku($"SKU-{i}"), DeadlineReached.Instance, new AskOptions(Tenant: i % 3 == 0 ? "flagship" : "overseas")))];

    [Benchmark(OperationsPerInvoke = Batch)]
    public int Post_and_drain()
    {
        _drained.Clear();
        foreach (var ask in _asks) _mailbox.TryPost(ask);
        _mailbox.Drain(Lane.Normal, Batch, _drained);
        return _drained.Count;
    }
}
