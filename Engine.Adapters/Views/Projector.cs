using Engine.Actors.Deciders;
using Engine.Actors.Inventory;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;

namespace Engine.Adapters.Views;

/// <summary>
/// Follows a journal and keeps the tables of one store true to it: reads the frames behind its checkpoint, evolves its own
/// copies of SKUs and orders by them, and writes what rows follow, many frames and the checkpoint in one transaction. Whatever
/// ends it in between, the next one goes on from the checkpoint. One thread at a time.
/// </summary>
sealed class Projector : IFrameVisitor, IDisposable
{
    /// <summary>Nearly all that sell.</summary>
    const int SkusAtHand = 30_000;
    /// <summary>Those that are being reserved. One whose stock is decided hears nothing for a while, and so many of them would cost the collector more than reading back those that do.</summary>
    const int OrdersAtHand = 8_000;
    const int EncodersKept = 1024;

    readonly ViewStore _store;
    readonly IJournalReader _journal;
    readonly IDomain _domain;
    readonly IPersonIndex _persons;
    readonly int _bytesBetweenStates;
    readonly ViewWriter _writer;
    readonly PastReader _past;
    readonly TrackedActors _skus = new(SkusAtHand);
    readonly TrackedActors _orders = new(OrdersAtHand);
    readonly List<Tracked> _dirty = [];
    readonly List<Tracked> _inFrame = [];
    readonly Stack<Codec> _encoders = new();
    readonly string?[] _faults;
    readonly long[] _blocked;
    FrameProgress[] _progress;
    FrameProgress[] _committed;
    FrameHeader _header;
    volatile bool _leads;
    int _newInFrame;
    /// <summary>Whose turn it is.</summary>
    int _partition;
    long _difference, _committedDifference, _committedRows;

    /// <exception cref="Engine.Adapters.Tables.DamagedRowException" />
    public Projector(ViewStore store, IJournalReader journal, IDomain domain, IPersonIndex persons, int bytesBetweenStates = ReadModelOptions.DefaultBytesBetweenStates)
    {
        _bytesBetweenStates = bytesBetweenStates;
        (_store, _journal, _domain, _persons) = (store, journal, domain, persons);
        _writer = new ViewWriter(store.Writer);
        _past = new PastReader(store.Writer, domain);
        (_faults, _blocked) = (new string?[journal.Partitions], new long[journal.Partitions]);
        _progress = _writer.Progress(journal.Partitions);
        _committed = [.. _progress];
        _difference = _committedDifference = _writer.Difference();
    }

    /// <summary>
    /// Of frames, in one transaction. Where there is more to catch up on, all of it is one partition's: its own SKUs are few, so the pages
    /// they lie on are written once for many orders. A part from each partition would touch the pages of all SKUs every time.
    /// </summary>
    public long BytesPerTransaction { get; init; } = 16 << 20;
    /// <summary>Of frames, until their rows are written and what was held for them is let go of: little, for the collector stops everybody over what is held.</summary>
    public long BytesPerSlice { get; init; } = 128 << 10;

    /// <summary>What is committed. Read from any thread, as the figures below.</summary>
    public IReadOnlyList<FrameProgress> Progress => Volatile.Read(ref _committed);

    /// <summary>Partitions whose next frame can't be projected, with the reason.</summary>
    public IReadOnlyList<string?> Faults => _faults;

    public long RowsWritten => Volatile.Read(ref _committedRows);

    /// <summary>Units, over all SKUs and warehouses: |received − on hand − shipped − written off|.</summary>
    public long Difference => Volatile.Read(ref _committedDifference);

    /// <summary>Whether the frames that the checkpoint names are those of the journal: after another was put in its place they are not.</summary>
    /// <exception cref="StoreUnavailableException" />
    public bool IsOfThisJournal()
    {
        for (var partition = 0; partition < _progress.Length; partition++)
        {
            if (_progress[partition].Sequence == 0) continue;
            var frame = _journal.ReadFrames(partition, _progress[partition].Sequence - 1).FirstOrDefault();
            if (frame.Bytes is null || frame.Sequence != _progress[partition].Sequence || FrameHash.Of(frame.Bytes) != _progress[partition].Hash) return false;
        }
        return true;
    }

    /// <summary>Projects a part of what lies behind the checkpoint, in one transaction; returns how many frames, 0 at the end.</summary>
    /// <param name="betweenFrames">Runs in the transaction and may take its time.</param>
    /// <exception cref="StoreUnavailableException">The journal can't be read.</exception>
    /// <exception cref="System.Data.Common.DbException" />
    /// <exception cref="Engine.Adapters.Tables.DamagedRowException" />
    public int Advance(Action? betweenFrames = null)
    {
        if (!TryLead(out var moved)) return moved;
        try
        {
            var (frames, bytes) = (0, 0L);
            for (var visited = 0; visited < _progress.Length && bytes < BytesPerTransaction; visited++)
            {
                bool isFull;
                do
                {
                    var slice = Take(_partition, isFirst: frames == 0, betweenFrames);
                    WriteDirty();
                    (frames, bytes) = (frames + slice.Frames, bytes + slice.Bytes);
                    isFull = slice.Bytes >= BytesPerSlice;
                }
                while (isFull && bytes < BytesPerTransaction);
                _partition = (_partition + 1) % _progress.Length;
            }
            if (frames > 0) Commit();
            return frames;
        }
        catch (UnprojectableException e)
        {
            // The others go on without it; what it has before that frame comes with the next turn.
            Forget();
            (_faults[e.Partition], _blocked[e.Partition]) = (e.Message, e.Frame);
            return Advance(betweenFrames);
        }
        catch
        {
            Forget();
            throw;
        }
    }

    /// <summary>True where this is who projects. Where somebody else does, <paramref name="moved"/> says how many partitions have gone on.</summary>
    public bool TryLead(out int moved)
    {
        moved = 0;
        if (_leads) return true;
        _leads = _store.Writer.TryLead();
        var now = _writer.Progress(_committed.Length);
        for (var partition = 0; partition < now.Length; partition++)
            if (now[partition] != _committed[partition]) moved++;
        // Whatever was projected until now, by whomever: memory goes on from the tables.
        _committedDifference = moved == 0 ? _committedDifference : _writer.Difference();
        Volatile.Write(ref _committed, now);
        if (_leads) Forget();
        return _leads;
    }

    public bool Leads => _leads;

    (int Frames, long Bytes) Take(int partition, bool isFirst, Action? betweenFrames)
    {
        var (frames, bytes) = (0, 0L);
        try
        {
            if (IsBlocked(partition)) return (0, 0);
            foreach (var stored in _journal.ReadFrames(partition, _progress[partition].Sequence))
            {
                if (isFirst && frames == 0) _writer.Begin();
                Take(partition, stored);
                betweenFrames?.Invoke();
                (frames, bytes) = (frames + 1, bytes + stored.Bytes.Length);
                if (bytes >= BytesPerSlice || IsBlocked(partition)) break;
            }
            return (frames, bytes);
        }
        catch (Exception e) when (e is InvalidDataException or InvariantBrokenException)
        {
            throw new UnprojectableException(partition, _progress[partition].Sequence + 1, e.Message);
        }
    }

    bool IsBlocked(int partition) => _progress[partition].Sequence + 1 == _blocked[partition];

    void Take(int partition, StoredFrame stored)
    {
        _header = FrameHeader.Read(stored.Bytes);
        var before = _progress[partition];
        if (_header.Partition != partition || _header.Sequence != before.Sequence + 1 || _header.Previous != before.Hash) throw new InvalidDataException("it does not follow the frame before it");
        _newInFrame = 0;
        FrameHeader.Visit(stored.Bytes, _domain, this);
        EndFrame();
        _progress[partition] = new FrameProgress(_header.Sequence, _header.At, _header.Hash);
    }

    public void OnEvent(ActorId actor, Event happened)
    {
        if (actor.Kind is not (ActorKind.Sku or ActorKind.Order)) return;
        var tracked = AtHand(actor).Find(actor) ?? Fetch(actor);
        if (tracked.Events is null)
        {
            tracked.Events = _encoders.TryPop(out var idle) ? idle : Codec.Writer();
            _inFrame.Add(tracked);
        }
        // Before the actor takes it in: what it takes in it may change later.
        var tag = happened.Tag;
        tracked.Events.Byte(ref tag);
        tracked.Events.Record(happened);
        var stamp = new Stamp(_header.Sequence, _header.At);
        if (tracked is TrackedSku sku) Evolve(sku, happened, stamp);
        else Evolve((TrackedOrder)tracked, happened, stamp);
        if (tracked.IsDirty) return;
        tracked.IsDirty = true;
        _dirty.Add(tracked);
    }


    public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message) { }

    public void OnMark(int sender, long sequence, long number) { }

    void Evolve(TrackedSku tracked, Event happened, in Stamp stamp)
    {
        var sku = tracked.Sku;
        var id = ReservationOf(happened);
        var before = id is null ? null : sku.Reservation(id);
        var order = before?.OrderId ?? (id is null ? null : sku.BackorderOf(id)?.OrderId);
        sku.Evolve(happened, stamp);
        // What was forgotten with its end is as it was before, but ended.
        var held = sku.Reservation(id ?? (happened as StockReserved)?.ReservationId ?? "") ?? Ended(before, happened, stamp.At);
        if (held is not null) tracked.Changed[held.Id] = held;
        if (happened is StockAdjusted adjusted)
        {
            if (adjusted.Delta > 0) tracked.FlowOf(adjusted.Warehouse).Received += adjusted.Delta;
            else tracked.FlowOf(adjusted.Warehouse).WrittenOff -= adjusted.Delta;
        }
        else if (happened is ReservationShipped && held is not null) tracked.FlowOf(held.Warehouse).Shipped += held.Quantity;
        _writer.Movement(tracked, Movement.Of(happened, held, order, tracked.Previous), stamp.At);
        tracked.Previous = happened;
    }

    static Reservation? Ended(Reservation? reservation, Event happened, long at)
    {
        if (reservation is not null) (reservation.State, reservation.EndedAt) = happened switch
        {
            ReservationReleased { Withdrawn: true } => (ReservationState.Released, 0),
            ReservationReleased e => (e.End, at),
            ReservationShipped => (ReservationState.Shipped, at),
            _ => (reservation.State, reservation.EndedAt),
        };
        return reservation;
    }

    static string? ReservationOf(Event happened) => happened switch
    {
        ReservationCommitted e => e.ReservationId,
        ReservationReleased e => e.ReservationId,
        ReservationShipped e => e.ReservationId,
        LockExtended e => e.ReservationId,
        LockQuestioned e => e.ReservationId,
        BackorderEnded e => e.ReservationId,
        BackorderReady e => e.ReservationId,
        _ => null,
    };

    TrackedActors AtHand(ActorId id) => id.Kind == ActorKind.Sku ? _skus : _orders;

    static void Evolve(TrackedOrder tracked, Event happened, in Stamp stamp)
    {
        tracked.Order.Evolve(happened, stamp);
        tracked.IsNew |= happened is OrderReceived;
        tracked.IsForgotten |= happened is PersonForgotten;
    }

    /// <summary>Reads back what is not at hand. An actor without a row is new.</summary>
    Tracked Fetch(ActorId id)
    {
        var known = _writer.NumberOf(id);
        var past = known is { } number ? _past.Load(id, number, PastPoint.Newest) : default;
        var actor = past.Actor ?? _domain.NewActor(id);
        var own = known ?? NewNumber();
        Tracked tracked = actor is SkuActor sku ? new TrackedSku(own, sku) : new TrackedOrder(own, (OrderActor)actor) { IsNew = known is null };
        (tracked.BytesBehindState, tracked.StateBytes) = (past.BytesBehindState, past.StateBytes);
        if (known is not null && tracked is TrackedSku stock) _writer.ReadFlows(stock);
        AtHand(id).Add(id, tracked);
        return tracked;
    }

    /// <summary>Partition (10 bits), frame (37), place in the frame (16).</summary>
    long NewNumber()
    {
        if (_newInFrame > ushort.MaxValue) throw new InvalidDataException($"it holds more than {ushort.MaxValue} new actors");
        return ((long)_header.Partition << 53) | (_header.Sequence << 16) | (uint)_newInFrame++;
    }

    void EndFrame()
    {
        var stamp = new Stamp(_header.Sequence, _header.At);
        foreach (var tracked in _inFrame)
        {
            _writer.Events(tracked, stamp, _bytesBetweenStates);
            tracked.Events!.Reset();
            if (_encoders.Count < EncodersKept) _encoders.Push(tracked.Events);
            tracked.Events = null;
            if (tracked is TrackedSku sku) sku.Previous = null;
        }
        _inFrame.Clear();
    }

    /// <summary>No other partition has events of these, so nothing is gained by holding them longer.</summary>
    void WriteDirty()
    {
        foreach (var tracked in _dirty)
        {
            tracked.IsDirty = false;
            if (tracked is TrackedSku sku)
            {
                _difference += _writer.Sku(sku);
                continue;
            }
            var order = (TrackedOrder)tracked;
            _writer.Order(order, _persons);
            if (order.Order.IsSettled) _orders.Remove(order.Order.Id);
        }
        _dirty.Clear();
        _skus.MakeRoom();
        _orders.MakeRoom();
    }

    void Commit()
    {
        for (var partition = 0; partition < _progress.Length; partition++)
            if (_progress[partition] != _committed[partition]) _writer.Write(partition, _progress[partition]);
        _writer.Commit();
        Volatile.Write(ref _committedDifference, _difference);
        Volatile.Write(ref _committedRows, _writer.Rows);
        Volatile.Write(ref _committed, [.. _progress]);
    }

    /// <summary>Memory is ahead of the tables: back to what is committed.</summary>
    void Forget()
    {
        _writer.Rollback();
        _skus.Clear();
        _orders.Clear();
        _dirty.Clear();
        _inFrame.Clear();
        _difference = _committedDifference;
        _progress = [.. _committed];
    }

    public void Dispose()
    {
        _past.Dispose();
        _writer.Dispose();
    }

    sealed class UnprojectableException(int partition, long frame, string message) : Exception($"frame {frame}: {message}")
    {
        public int Partition { get; } = partition;
        public long Frame { get; } = frame;
    }
}
