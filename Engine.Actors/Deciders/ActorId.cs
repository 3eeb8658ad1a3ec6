namespace Engine.Actors.Deciders;

/// <summary>What an actor is. The values are written in frames: never renumber, only add.</summary>
public enum ActorKind : byte
{
    None = 0,
    /// <summary>The stock of one SKU over all warehouses.</summary>
    Sku = 1,
    /// <summary>One order of one shop.</summary>
    Order = 2,
    /// <summary>The settings of one warehouse.</summary>
    Warehouse = 3,
    /// <summary>One partition's copy of what every decision may need: warehouses. Its key is the partition's number.</summary>
    Directory = 4,
    /// <summary>The mapping of one platform article id of one shop to a SKU.</summary>
    Alias = 5,
    /// <summary>One message that was well signed but could not be understood.</summary>
    Quarantine = 6,
    /// <summary>The caller's reference of one call that goes to several actors.</summary>
    Reference = 7,
    /// <summary>One reservation of a caller over several SKUs, or of a bundle.</summary>
    Cart = 8,
}

/// <summary>The address of an actor. Its partition follows from it for good, so the hash below must never change.</summary>
public readonly struct ActorId : IEquatable<ActorId>
{
    public ActorId(ActorKind kind, string key) => (Kind, Key, Hash) = (kind, key, HashOf(kind, key));

    public ActorKind Kind { get; }
    public string Key { get; }

    /// <summary>FNV-1a over kind and UTF-16 key, finished by a 64-bit mix; stable over processes and builds. Reckoned once, for all tables it is looked up in.</summary>
    public ulong Hash { get; }

    static ulong HashOf(ActorKind kind, string key)
    {
        var hash = (14695981039346656037UL ^ (byte)kind) * 1099511628211UL;
        foreach (var c in key)
            hash = (hash ^ c) * 1099511628211UL;
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return hash ^ (hash >> 33);
    }

    public bool Equals(ActorId other) => Hash == other.Hash && Kind == other.Kind && string.Equals(Key, other.Key, StringComparison.Ordinal);
    public override bool Equals(object? obj) => obj is ActorId other && Equals(other);
    public override int GetHashCode() => (int)Hash;
    public static bool operator ==(ActorId left, ActorId right) => left.Equals(right);
    public static bool operator !=(ActorId left, ActorId right) => !left.Equals(right);

    public int PartitionOf(int partitions) =>
        Kind == ActorKind.Directory ? int.Parse(Key) : (int)(Hash % (ulong)partitions);

    public static ActorId Sku(string sku) => new(ActorKind.Sku, sku);
    public static ActorId Order(string orderId) => new(ActorKind.Order, orderId);
    public static ActorId Warehouse(string code) => new(ActorKind.Warehouse, code);
    public static ActorId Directory(int partition) => new(ActorKind.Directory, partition.ToString());
    public static ActorId Alias(string platform, string shop, string platformSku) => new(ActorKind.Alias, $"{platform}:{shop}:{platformSku}");
    public static ActorId Quarantine(string id) => new(ActorKind.Quarantine, id);
    /// <summary>A cart's own id is unique among carts; behind a SKU it is the reservation of that SKU, which is a bundle.</summary>
    public static ActorId Cart(string reservationId, string sku = "") => new(ActorKind.Cart, $"{sku}/{reservationId}");
    public static ActorId Reference(string reference) => new(ActorKind.Reference, reference);

    public override string ToString() => $"{Kind}/{Key}";
}
