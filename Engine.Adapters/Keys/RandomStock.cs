using System.Security.Cryptography;

namespace Engine.Adapters.Keys;

/// <summary>
/// Random bytes of the operating system's generator, fetched for several keys at once: asking takes longer than getting. Safe to use from many
/// threads; what was taken is not kept.
/// </summary>
sealed class RandomStock : IDisposable
{
    const int Bytes = 1024;

    readonly ThreadLocal<Shelf> _shelf = new(() => new Shelf(), trackAllValues: true);

    public void Take(Span<byte> into)
    {
        var shelf = _shelf.Value!;
        if (Bytes - shelf.Used < into.Length)
        {
            RandomNumberGenerator.Fill(shelf.Random);
            shelf.Used = 0;
        }
        var taken = shelf.Random.AsSpan(shelf.Used, into.Length);
        taken.CopyTo(into);
        CryptographicOperations.ZeroMemory(taken);
        shelf.Used += into.Length;
    }

    public void Dispose()
    {
        foreach (var shelf in _shelf.Values) CryptographicOperations.ZeroMemory(shelf.Random);
        _shelf.Dispose();
    }

    sealed class Shelf
    {
        public readonly byte[] Random = new byte[Bytes];
        public int Used = Bytes;
    }
}
