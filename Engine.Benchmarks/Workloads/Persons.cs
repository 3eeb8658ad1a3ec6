using Engine.Actors.Kernel;
using Engine.Adapters.Keys;
using Engine.Host.Ingress;
using Engine.Load;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Benchmarks.Workloads;

/// <summary>
/// The personal parts of orders, sealed as the edge does it: a key for each order, wrapped by a master key. Sealed ahead, a few
/// thousand sealed parts go round, where a measurement is not about the edge.
/// </summary>
sealed class Persons : IDisposable
{
    const int Known = 4096;
    const int SealedAhead = 16_384;

    readonly PersonalData[] _people = new PersonalData[Known];
    readonly PersonalSeal _seal;
    readonly PersonalDesk _desk;
    readonly (byte[] Sealed, byte[] WrappedKey, ulong Hash)[] _ahead = [];

    /// <param name="folder">Where the master key is kept.</param>
    public Persons(string folder, IJournalReader journal, bool ahead)
    {
        _seal = new PersonalSeal(MasterKey.LoadOrCreate(Path.Combine(folder, "keys", "master.key")));
        _desk = new PersonalDesk(_seal, journal, NullLogger<PersonalDesk>.Instance);
        var random = new Random(1);
        for (var i = 0; i < Known; i++)
        {
            var (buyer, address) = (People.Buyer(random), People.Address(random));
            _people[i] = new PersonalData { BuyerId = $"{buyer.Id}", Name = buyer.Name, Phone = buyer.Phone, Street = address.Street, Note = i % 10 == 0 ? "请尽快发货" : null };
        }
        if (ahead) _ahead = [.. Enumerable.Range(0, SealedAhead).Select(i => _desk.Seal(_people[i % Known], $"youzan:flagship:{i}"))];
    }

    public (byte[] Sealed, byte[] WrappedKey, ulong Hash) Seal(int person, string orderId) =>
        _ahead.Length > 0 ? _ahead[person % SealedAhead] : _desk.Seal(_people[person % Known], orderId);

    public int WrappedKeyBytes => Seal(0, "").WrappedKey.Length;

    public void Dispose() => _seal.Dispose();
}
