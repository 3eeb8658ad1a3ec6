using System.Security.Cryptography;
using Engine.Actors.Deciders;
using Engine.Actors.Kernel;
using Engine.Actors.Orders;
using Engine.Adapters.Journals;

namespace Engine.Adapters.Keys;

/// <param name="Wrapped">Keys that are wrapped by the new master key now and were not before.</param>
/// <param name="Done">Keys that were already, by an attempt that was interrupted.</param>
/// <param name="Unreadable">Keys that open by neither, and were left as they are.</param>
public sealed record MasterKeyReport(long Wrapped, long Done, long Unreadable);

/// <summary>
/// Wraps every key of a store by another master key. The signing keys come first, so that from the first change on no engine with
/// the old master key starts. Which keys are done is told by trying, so what was interrupted is simply done again.
/// </summary>
public sealed class MasterKeyChange
{
    readonly IStore _store;
    readonly IDomain _domain;
    readonly Rewrap _signing, _personal;

    public MasterKeyChange(IStore store, MasterKey old, MasterKey replacement, IDomain domain)
    {
        (_store, _domain) = (store, domain);
        _signing = new Rewrap(old, replacement, SigningKeys.Purpose);
        _personal = new Rewrap(old, replacement, PersonalSeal.Purpose);
    }

    /// <param name="progress">Keys looked at so far.</param>
    /// <returns>Null where it was interrupted.</returns>
    /// <exception cref="StartupException">The store's signing keys open by neither; nothing is changed.</exception>
    /// <exception cref="StoreUnavailableException" />
    public MasterKeyReport? Run(Action<long>? progress = null, CancellationToken stop = default)
    {
        var signing = _store.ReadSigningKeys().Select(key => key with { Wrapped = _signing.Again(key.Wrapped, key.Id) ?? key.Wrapped }).ToArray();
        if (_signing.Unreadable > 0) throw new StartupException("The store's signing keys do not open by this master key, so nothing is changed. Is it the master key file that belongs to this store?");
        _store.ReplaceSigningKeys(signing);
        for (var partition = 0; partition < _store.Partitions; partition++)
            foreach (var page in Pages(partition))
            {
                if (stop.IsCancellationRequested) return null;
                _store.ReplaceKeys(partition, page);
                progress?.Invoke(_personal.Seen);
            }
        _store.EraseReplacedKeys();
        return new MasterKeyReport(_signing.Wrapped + _personal.Wrapped, _signing.Done + _personal.Done, _personal.Unreadable);
    }

    /// <summary>The keys of a partition, wrapped again.</summary>
    IEnumerable<IReadOnlyList<FrameKeys>> Pages(int partition)
    {
        using var frames = new Owners(_store, _domain, partition);
        for (var page = _store.ReadKeys(partition, 0); page.Count > 0; page = _store.ReadKeys(partition, page[^1].Sequence))
        {
            yield return [.. page.Select(row =>
            {
                var owners = frames.Of(row.Sequence);
                return row with { Wrapped = [.. row.Wrapped.Select((key, index) => key is null ? null : _personal.Again(key, owners.GetValueOrDefault(index)))] };
            })];
        }
    }

    /// <summary>Opens by the old and wraps by the new.</summary>
    sealed class Rewrap(MasterKey old, MasterKey replacement, string purpose)
    {
        readonly KeyWrap _old = new(old, purpose), _new = new(replacement, purpose);

        public long Wrapped { get; private set; }
        public long Done { get; private set; }
        public long Unreadable { get; private set; }
        public long Seen => Wrapped + Done + Unreadable;

        /// <summary>Null where it is to stay as it is.</summary>
        public byte[]? Again(byte[] wrapped, string? associated)
        {
            var key = new byte[SealedBox.KeyBytes];
            if (associated is not null && Opens(_new, wrapped, associated, key)) Done++;
            else if (associated is not null && Opens(_old, wrapped, associated, key))
            {
                Wrapped++;
                return _new.Wrap(key, associated);
            }
            else Unreadable++;
            return null;
        }

        static bool Opens(KeyWrap wrap, byte[] wrapped, string associated, byte[] key)
        {
            try
            {
                wrap.Unwrap(wrapped, associated, key);
                return true;
            }
            catch (CryptographicException)
            {
                return false;
            }
        }
    }

    /// <summary>Whose the keys of a frame are, by their indexes: what was sealed for one does not open as another's.</summary>
    sealed class Owners(IJournalReader journal, IDomain domain, int partition) : IFrameVisitor, IDisposable
    {
        readonly IEnumerator<StoredFrame> _frames = journal.ReadFrames(partition, 0).GetEnumerator();
        Dictionary<int, string> _owners = [];

        /// <summary>Asked for in the frames' order.</summary>
        public Dictionary<int, string> Of(long sequence)
        {
            _owners = [];
            while (_frames.Current.Sequence < sequence && _frames.MoveNext()) { }
            if (_frames.Current.Sequence == sequence) FrameHeader.Visit(_frames.Current.Bytes, domain, this);
            return _owners;
        }

        public void OnEvent(ActorId actor, Event happened)
        {
            if (happened is OrderReceived { KeyIndex: >= 0 } order) _owners[order.KeyIndex] = actor.Key;
            else if (happened is MessageQuarantined message) _owners[message.KeyIndex] = actor.Key;
        }

        public void OnMessage(ActorId from, ActorId to, int partition, long number, Message message) { }
        public void OnMark(int sender, long sequence, long number) { }
        public void Dispose() => _frames.Dispose();
    }
}
