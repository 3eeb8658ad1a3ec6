using System.Diagnostics;
using System.Net;
using Engine.Actors.Kernel;
using Engine.Actors.Trials;
using Engine.Adapters;
using Engine.Adapters.Journals;

namespace Engine.Host.Trials;

/// <summary>The places at which a trial may end the process, as <c>kill -9</c> would.</summary>
enum FaultPoint
{
    /// <summary>A frame is decided and not handed over yet.</summary>
    AfterDecide,
    /// <summary>The transaction is written and not committed.</summary>
    BeforeAppend,
    /// <summary>The transaction is committed and nobody has been told.</summary>
    AfterCommit,
    /// <summary>An answer has begun to go out.</summary>
    DuringAnswer,
    /// <summary>A partition is being read back.</summary>
    DuringOpen,
    /// <summary>A checkpoint is about to be written.</summary>
    DuringCheckpoint,
}

/// <summary>Deliberate faults between the engine and its store, each to show that a trial sees it.</summary>
enum StoreFault
{
    None,
    /// <summary>Takes a commit whose answer was lost for a success.</summary>
    LostIsDurable,
    /// <summary>Takes a write that the store could not do for a success.</summary>
    FailedIsDurable,
    /// <summary>Gives its connection back after each write, as one that has none of its own.</summary>
    KeepsNoConnection,
    /// <summary>Reads lists on the threads that all others need, as many as are asked for.</summary>
    ReadsAnywhere,
}

/// <summary>
/// For trials only: <c>ENGINE_FAULT_POINT=AfterCommit:20</c> ends the process hard at the twentieth passing of that point, and
/// <c>ENGINE_KERNEL_FAULT=AnswerBeforeAppend</c> plants a fault that a trial must find; <c>ENGINE_CLOCK_AHEAD=3600</c> sets this
/// process's wall clock ahead by seconds. Refused unless all listen on loopback.
/// </summary>
static class FaultPoints
{
    static readonly string? Wanted = Environment.GetEnvironmentVariable("ENGINE_FAULT_POINT");
    static readonly string? WantedKernel = Environment.GetEnvironmentVariable("ENGINE_KERNEL_FAULT");
    static readonly string? WantedStore = Environment.GetEnvironmentVariable("ENGINE_STORE_FAULT");
    static readonly string? WantedClock = Environment.GetEnvironmentVariable("ENGINE_CLOCK_AHEAD");
    static readonly FaultPoint Point = Wanted is null ? default : Enum.Parse<FaultPoint>(Wanted.Split(':')[0]);
    static readonly int At = Wanted?.Split(':') is [_, var number] ? int.Parse(number) : 1;
    static int _passed;

    public static readonly bool IsArmed = Wanted is not null;

    /// <summary>The fault planted in the kernel.</summary>
    public static KernelFault Kernel => WantedKernel is null ? KernelFault.None : Enum.Parse<KernelFault>(WantedKernel);

    static readonly StoreFault Store = WantedStore is null ? StoreFault.None : Enum.Parse<StoreFault>(WantedStore);

    public static void Pass(FaultPoint point)
    {
        if (!IsArmed || point != Point || Interlocked.Increment(ref _passed) != At) return;
        // As hard as it gets: no handler, no flush, no goodbye.
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }

    /// <exception cref="StartupException">A trial is wanted where others could be reached.</exception>
    public static void Refuse(string urls)
    {
        if (Wanted is null && WantedKernel is null && WantedStore is null && WantedClock is null) return;
        if (urls.Split(';').All(url => Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Host == "localhost" || (IPAddress.TryParse(uri.Host, out var ip) && IPAddress.IsLoopback(ip))))) return;
        throw new StartupException("ENGINE_FAULT_POINT, ENGINE_KERNEL_FAULT, ENGINE_STORE_FAULT and ENGINE_CLOCK_AHEAD are for trials: they are refused unless the engine listens on loopback only.");
    }

    public static bool ReadsAnywhere => Store == StoreFault.ReadsAnywhere;

    public static Action<WriteStep>? AtStep => Store == StoreFault.KeepsNoConnection ? GiveBack : !IsArmed ? null : static step =>
    {
        if (step == WriteStep.Committing) Pass(FaultPoint.BeforeAppend);
        else if (step == WriteStep.Committed) Pass(FaultPoint.AfterCommit);
    };

    /// <summary>The clocks of the machine, the wall clock as the trial sets it.</summary>
    public static TimeProvider Clock => WantedClock is null ? TimeProvider.System : new ClockAhead(TimeSpan.FromSeconds(int.Parse(WantedClock, System.Globalization.CultureInfo.InvariantCulture)));

    static void GiveBack(WriteStep step)
    {
        if (step == WriteStep.Committed) throw new IOException("the connection is given back");
    }

    public static IJournal Around(IJournal journal) => IsArmed || Store != StoreFault.None ? new FaultingJournal(journal, Store) : journal;

    public static void Use(WebApplication app)
    {
        if (!IsArmed) return;
        app.Use(static (http, next) =>
        {
            if (!HttpMethods.IsGet(http.Request.Method)) http.Response.OnStarting(static () =>
            {
                Pass(FaultPoint.DuringAnswer);
                return Task.CompletedTask;
            });
            return next(http);
        });
    }
}

/// <summary>A machine of which somebody has set the clock wrong.</summary>
sealed class ClockAhead(TimeSpan ahead) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + ahead;
}

/// <summary>Passes the points that lie in front of the journal.</summary>
sealed class FaultingJournal(IJournal journal, StoreFault fault) : IJournal
{
    public int Partitions => journal.Partitions;
    public bool IsWritable => journal.IsWritable;
    public long? Streak => journal.Streak;

    public Lease Acquire(int partition, string owner)
    {
        var lease = journal.Acquire(partition, owner);
        FaultPoints.Pass(FaultPoint.DuringOpen);
        return lease;
    }

    public void Submit(JournalWrite write)
    {
        FaultPoints.Pass(write.Checkpoint is null ? FaultPoint.AfterDecide : FaultPoint.DuringCheckpoint);
        journal.Submit(fault switch
        {
            StoreFault.LostIsDurable => new BelievingWrite(write, WriteOutcome.Unknown),
            StoreFault.FailedIsDurable => new BelievingWrite(write, WriteOutcome.Failed),
            _ => write,
        });
    }

    public IEnumerable<StoredFrame> ReadFrames(int partition, long after) => journal.ReadFrames(partition, after);
    public byte[]? ReadCheckpoint(int partition) => journal.ReadCheckpoint(partition);
    public byte[] ReadSegment(int partition, long segment, int offset, int count) => journal.ReadSegment(partition, segment, offset, count);
    public byte[]? ReadKey(int partition, Engine.Actors.Deciders.KeyRef key) => journal.ReadKey(partition, key);
    public void Dispose() => journal.Dispose();

    /// <summary>The same write for somebody who takes what was said for a success.</summary>
    sealed class BelievingWrite : JournalWrite
    {
        readonly JournalWrite _write;
        readonly WriteOutcome _taken;

        public BelievingWrite(JournalWrite write, WriteOutcome taken)
        {
            (_write, _taken) = (write, taken);
            (Partition, Epoch, Sequence, Frame, Streak) = (write.Partition, write.Epoch, write.Sequence, write.Frame, write.Streak);
            (Segment, SegmentBytes, Checkpoint) = (write.Segment, write.SegmentBytes, write.Checkpoint);
            Keys.AddRange(write.Keys);
            DroppedKeys.AddRange(write.DroppedKeys);
            RemovedSegments.AddRange(write.RemovedSegments);
        }

        public override void Complete(WriteOutcome outcome) => _write.Complete(outcome == _taken ? WriteOutcome.Durable : outcome);
    }
}
