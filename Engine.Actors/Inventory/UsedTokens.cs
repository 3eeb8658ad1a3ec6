using System.Text;
using Engine.Actors.Compact;
using Engine.Actors.Deciders;

namespace Engine.Actors.Inventory;

/// <summary>
/// The snapshot tokens of one SKU that have served a reservation, in the order in which they did, until they expire. Without references, like
/// <see cref="ReservationTable"/>: a busy SKU has as many as it had reservations in a minute.
/// </summary>
sealed class UsedTokens
{
    const int None = -1;
    const int First = 2;
    const int Most = 512;
    const long GivenBack = 0;

    Pages<Token> _tokens = new(First, Most);
    TextPages _texts = new();
    int[] _buckets = [];
    int _made;
    int _free = None, _oldest = None, _newest = None;

    public int Count { get; private set; }

    public bool Contains(string id) => Find(id) is var token and not None && _tokens[token].ExpiresAt != GivenBack;

    /// <summary>It has served; what has expired by now is forgotten.</summary>
    /// <param name="expiresAt">Milliseconds since 1970 UTC.</param>
    public void Add(string id, long expiresAt, long now)
    {
        while (_oldest != None && _tokens[_oldest].ExpiresAt < now) ForgetOldest();
        var token = Find(id);
        if (token == None) token = Append(id);
        _tokens.Change(token).ExpiresAt = expiresAt;
    }

    /// <summary>It is as if it had never served. It keeps its place, so that the order of forgetting does not depend on when a snapshot was taken.</summary>
    public void GiveBack(string id)
    {
        if (Find(id) is var token and not None) _tokens.Change(token).ExpiresAt = GivenBack;
    }

    public void Layout(Codec codec)
    {
        var count = codec.Count(Count);
        if (codec.IsWriting)
        {
            for (var token = _oldest; token != None; token = _tokens[token].Behind)
            {
                var expiresAt = _tokens[token].ExpiresAt;
                codec.Utf8(IdOf(token));
                codec.Long(ref expiresAt);
            }
            return;
        }
        for (; count > 0; count--)
        {
            var (id, expiresAt) = ("", 0L);
            codec.Text(ref id);
            codec.Long(ref expiresAt);
            Add(id, expiresAt, long.MinValue);
        }
    }

    ReadOnlySpan<byte> IdOf(int token) => _texts[_tokens[token].Text, _tokens[token].Length];

    int Find(string id)
    {
        if (Count == 0) return None;
        var hash = HashOf(id);
        var token = _buckets[hash & (_buckets.Length - 1)] - 1;
        while (token != None && !(_tokens[token].Hash == hash && TextPages.Says(IdOf(token), id))) token = _tokens[token].Next;
        return token;
    }

    int Append(string id)
    {
        var token = _free;
        if (token != None) _free = _tokens[token].Next;
        else
        {
            if (_made == _buckets.Length) Grow();
            token = _tokens.Fit(_made++, 1);
        }
        var hash = HashOf(id);
        ref var bucket = ref _buckets[hash & (_buckets.Length - 1)];
        ref var added = ref _tokens.Change(token);
        added = new Token { Hash = hash, Next = bucket - 1, Behind = None, Length = Encoding.UTF8.GetByteCount(id) };
        added.Text = _texts.Add(added.Length);
        Encoding.UTF8.GetBytes(id, _texts[added.Text, added.Length]);
        bucket = token + 1;
        if (_newest == None) _oldest = token;
        else _tokens.Change(_newest).Behind = token;
        _newest = token;
        Count++;
        return token;
    }

    void ForgetOldest()
    {
        var token = _oldest;
        ref var forgotten = ref _tokens.Change(token);
        ref var link = ref _buckets[forgotten.Hash & (_buckets.Length - 1)];
        if (link - 1 == token) link = forgotten.Next + 1;
        else
        {
            var before = link - 1;
            while (_tokens[before].Next != token) before = _tokens[before].Next;
            _tokens.Change(before).Next = forgotten.Next;
        }
        _oldest = forgotten.Behind;
        if (_oldest == None) _newest = None;
        Count--;
        _texts.Drop(forgotten.Length);
        forgotten = new Token { Next = _free };
        _free = token;
        if (_texts.IsMostlyDropped) MoveTexts();
    }

    void Grow()
    {
        _buckets = new int[Math.Max(First, _buckets.Length * 2)];
        for (var token = _oldest; token != None; token = _tokens[token].Behind)
        {
            ref var bucket = ref _buckets[_tokens[token].Hash & (_buckets.Length - 1)];
            _tokens.Change(token).Next = bucket - 1;
            bucket = token + 1;
        }
    }

    void MoveTexts()
    {
        var old = _texts;
        _texts = new TextPages();
        for (var token = _oldest; token != None; token = _tokens[token].Behind)
        {
            ref var moved = ref _tokens.Change(token);
            moved.Text = _texts.Add(old[moved.Text, moved.Length]);
        }
    }

    static int HashOf(string id) => string.GetHashCode(id, StringComparison.Ordinal);

    struct Token
    {
        public long ExpiresAt;
        public int Hash;
        /// <summary>In the same bucket; of a free one the next free one.</summary>
        public int Next;
        /// <summary>The one that served after it.</summary>
        public int Behind;
        public int Text, Length;
    }
}
