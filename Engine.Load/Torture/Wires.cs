using System.Net;

namespace Engine.Load.Torture;

/// <summary>Wires of our own, one from each node to the store and one from the others to it: they need no rights, and cut without losing what is under way.</summary>
/// <param name="store">The store's port on this machine.</param>
public sealed class Wires(int store) : ClusterNetwork
{
    readonly Dictionary<int, (TcpRelay ToStore, TcpRelay FromNodes)> _wires = [];

    /// <summary>What a node says to others runs on the others' wires.</summary>
    public override IReadOnlyList<NodeCut> Cuts => [NodeCut.Store, NodeCut.FromNodes, NodeCut.FromStore, NodeCut.ToStore, NodeCut.Store | NodeCut.FromNodes];

    public override NodePlace Place(int number)
    {
        var port = Ports.Free();
        var wires = _wires[number] = (new TcpRelay(() => new IPEndPoint(IPAddress.Loopback, store)), new TcpRelay(() => new IPEndPoint(IPAddress.Loopback, port)));
        return new NodePlace(new Uri($"http://127.0.0.1:{port}"), wires.FromNodes.Url, new IPEndPoint(IPAddress.Loopback, wires.ToStore.Port), []);
    }

    public override Task CutAsync(int number, NodeCut cut)
    {
        if ((cut & ~(NodeCut.Store | NodeCut.FromNodes)) != NodeCut.None) throw new ArgumentException($"wires don't cut {cut}", nameof(cut));
        var (toStore, fromNodes) = _wires[number];
        if ((cut & NodeCut.Store) != NodeCut.None) toStore.Cut(requests: cut.HasFlag(NodeCut.ToStore), answers: cut.HasFlag(NodeCut.FromStore));
        if (cut.HasFlag(NodeCut.FromNodes)) fromNodes.Cut();
        return Task.CompletedTask;
    }

    public override Task HealAsync(int number)
    {
        _wires[number].ToStore.Heal();
        _wires[number].FromNodes.Heal();
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var (toStore, fromNodes) in _wires.Values)
        {
            await toStore.DisposeAsync();
            await fromNodes.DisposeAsync();
        }
    }
}
