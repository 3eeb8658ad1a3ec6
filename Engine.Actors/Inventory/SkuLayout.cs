using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>What a snapshot keeps of a SKU. Of a busy one that is tens of megabytes, written while it goes on.</summary>
public sealed partial class SkuActor
{
    public override void Layout(Codec codec)
    {
        LayoutStock(codec);
        LayoutReservations(codec);
        LayoutQueues(codec);
    }

    public override IEncoded? Freeze(int most) => _reservations.Count <= most ? null : new Frozen(Written(LayoutStock), _reservations.Freeze(), Written(LayoutQueues));

    public override void Thaw() => _reservations.Thaw();

    static ReadOnlyMemory<byte> Written(Action<Codec> layout)
    {
        var codec = Codec.Writer();
        layout(codec);
        return codec.WrittenMemory;
    }

    sealed class Frozen(ReadOnlyMemory<byte> stock, ReservationTable reservations, ReadOnlyMemory<byte> queues) : IEncoded
    {
        public void Layout(Codec codec)
        {
            codec.Raw(stock.Span);
            reservations.Write(codec);
            codec.Raw(queues.Span);
        }
    }

    void LayoutStock(Codec codec)
    {
        var (known, name, strict, safety, version) = (Known, Name, Strict, SafetyStock, Version);
        codec.Bool(ref known);
        codec.Text(ref name);
        codec.Bool(ref strict);
        codec.Int(ref safety);
        codec.Long(ref version);
        (Known, Name, Strict, SafetyStock, Version) = (known, name, strict, safety, version);
        codec.Texts(Barcodes);
        codec.Texts(Aliases);
        codec.List(_warehouses);
        var (shortfall, where, since) = (ShortfallSuggested, ShortfallWarehouse, SuggestedAt);
        codec.Long(ref shortfall);
        codec.Text(ref where);
        codec.Long(ref since);
        (ShortfallSuggested, ShortfallWarehouse, SuggestedAt) = (shortfall, where, since);
        codec.Long(ref _lastDay);
        codec.Long(ref _firstCommitDay);
        for (var i = 0; i < _committedPerDay.Length; i++) codec.Long(ref _committedPerDay[i]);
        codec.Texts(_awaitingOrders);
        codec.List(_freed);
    }

    void LayoutReservations(Codec codec)
    {
        if (codec.IsWriting)
        {
            _reservations.Write(codec);
            return;
        }
        List<Reservation> reservations = [];
        codec.List(reservations);
        List<int> ended = [];
        foreach (var reservation in reservations)
        {
            var row = _reservations.Add(reservation);
            if (reservation.State == ReservationState.Reserved) KeepYoung(row);
            if (reservation is { State: ReservationState.Reserved, Asked: false }) _reservations.Schedule(row);
            if (!reservation.IsLive) ended.Add(row);
        }
        foreach (var row in ended.OrderBy(row => _reservations[row].EndedAt)) _ended.Enqueue(row);
    }

    void LayoutQueues(Codec codec)
    {
        List<Backorder> backorders = codec.IsWriting ? [.. _backorders] : [];
        codec.List(backorders);
        for (var i = 0; i < backorders.Count && !codec.IsWriting; i++)
        {
            _waiting += backorders[i].Quantity;
            _backorders.Add(backorders[i]);
            _backorderIndex.Add(backorders[i].ReservationId, backorders[i]);
            Schedule(backorders[i]);
        }
        List<AppliedAdjustment> adjustments = codec.IsWriting ? [.. _adjustmentOrder] : [];
        codec.List(adjustments);
        if (!codec.IsWriting) adjustments.ForEach(Remember);
        _usedTokens.Layout(codec);
        if (codec.More(IsBundle || _claims.Count > 0)) LayoutBundle(codec);
    }

    void LayoutBundle(Codec codec)
    {
        codec.List(Bundle);
        List<BundleClaim> claims = codec.IsWriting ? [.. _claims.Values.OrderBy(c => c.Id, StringComparer.Ordinal)] : [];
        codec.List(claims);
        if (codec.IsWriting) return;
        foreach (var claim in claims) _claims.Add(claim.Id, claim);
        foreach (var ended in claims.Where(c => c.EndedAt > 0).OrderBy(c => c.EndedAt)) _endedClaims.Enqueue(ended);
    }
}
