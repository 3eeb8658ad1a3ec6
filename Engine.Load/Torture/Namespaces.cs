using System.Diagnostics;
using System.Net;

namespace Engine.Load.Torture;

/// <summary>
/// A network of the kernel's own: each node in a namespace, a cable from there to a bridge, the store and the clients at the
/// bridge under an address each. A cable is pulled with <c>ip link set down</c>, one way is cut by a black-hole route; what is
/// said then is lost, and TCP finds out by itself. It reaches no other machine.
/// <code>
///  node 1 ──┐ .11
///  node 2 ──┤ .12      bridge ── .1 clients
///  node 3 ──┘ .13             └─ .2 store
/// </code>
/// </summary>
public sealed class Namespaces : ClusterNetwork
{
    const int Port = 8080;

    readonly int _count;
    readonly string _subnet;
    readonly Dictionary<int, Stack<string>> _undo = [];

    Namespaces(int count) => (_count, _subnet) = (count, SubnetOf(Environment.ProcessId));

    /// <summary>The store's port; set before a node is placed.</summary>
    public int StorePort { get; set; }

    // Two test runs on one machine don't meet.
    static string SubnetOf(int process) => $"10.{64 + process / 250 % 64}.{process % 250}";

    string Bridge => $"eng{Environment.ProcessId}";
    string Namespace(int number) => $"engine-{Environment.ProcessId}-{number}";
    string Cable(int number) => $"eng{Environment.ProcessId}-{number}";
    string Address(int number) => $"{_subnet}.{10 + number}";

    /// <summary>The store listens here.</summary>
    public static string StoreAddress => $"{SubnetOf(Environment.ProcessId)}.2";
    public static string Subnet => $"{SubnetOf(Environment.ProcessId)}.0/24";

    /// <summary>The way back first: that way the store's commit is made and nobody hears of it.</summary>
    public override IReadOnlyList<NodeCut> Cuts =>
        [NodeCut.FromStore, NodeCut.Everything, NodeCut.ToNodes, NodeCut.ToStore, NodeCut.FromNodes, NodeCut.Store, NodeCut.Nodes, NodeCut.Store | NodeCut.Nodes];

    /// <summary>Makes the network, or says why this machine does not let us.</summary>
    public static async Task<(Namespaces? Network, string? WhyNot)> TryMakeAsync(int count)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) return (null, "that takes root on Linux");
        var network = new Namespaces(count);
        try
        {
            await network.MakeAsync();
            return (network, null);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            await network.DisposeAsync();
            return (null, e.Message);
        }
    }

    async Task MakeAsync()
    {
        await IpAsync($"link add {Bridge} type bridge");
        await IpAsync($"addr add {_subnet}.1/24 dev {Bridge}");
        await IpAsync($"addr add {_subnet}.2/24 dev {Bridge}");
        await IpAsync($"link set {Bridge} up");
        for (var number = 1; number <= _count; number++)
        {
            _undo[number] = [];
            var inside = Namespace(number);
            await IpAsync($"netns add {inside}");
            await IpAsync($"link add {Cable(number)} type veth peer name eth0 netns {inside}");
            await IpAsync($"link set {Cable(number)} master {Bridge} up");
            await IpAsync($"-n {inside} addr add {Address(number)}/24 dev eth0");
            await IpAsync($"-n {inside} link set eth0 up");
            await IpAsync($"-n {inside} link set lo up");
        }
    }

    public override NodePlace Place(int number)
    {
        var url = new Uri($"http://{Address(number)}:{Port}");
        return new NodePlace(url, url, new IPEndPoint(IPAddress.Parse(StoreAddress), StorePort), ["ip", "netns", "exec", Namespace(number)]);
    }

    public override async Task CutAsync(int number, NodeCut cut)
    {
        var others = Enumerable.Range(1, _count).Where(n => n != number);
        if (cut.HasFlag(NodeCut.Everything)) await DoAsync(number, $"link set {Cable(number)} down", $"link set {Cable(number)} up");
        if (cut.HasFlag(NodeCut.ToStore)) await BlackHoleAsync(number, number, StoreAddress);
        // By who says it: clients at the same bridge still reach the node.
        if (cut.HasFlag(NodeCut.FromStore)) await DoAsync(number, $"rule add from {StoreAddress} to {Address(number)} blackhole", $"rule del from {StoreAddress} to {Address(number)} blackhole");
        foreach (var other in others)
        {
            if (cut.HasFlag(NodeCut.ToNodes)) await BlackHoleAsync(number, number, Address(other));
            if (cut.HasFlag(NodeCut.FromNodes)) await BlackHoleAsync(number, other, Address(number));
        }
    }

    /// <summary>Of each node that is cut off its own, by the metric: two that are may want the same one.</summary>
    Task BlackHoleAsync(int number, int at, string to) => DoAsync(number, $"-n {Namespace(at)} route add blackhole {to} metric {number}", $"-n {Namespace(at)} route del blackhole {to} metric {number}");

    async Task DoAsync(int number, string command, string undo)
    {
        await IpAsync(command);
        _undo[number].Push(undo);
    }

    public override async Task HealAsync(int number)
    {
        while (_undo[number].TryPop(out var undo)) await IpAsync(undo);
    }

    static async Task IpAsync(string arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        var wrong = await ip.StandardError.ReadToEndAsync();
        await ip.WaitForExitAsync();
        if (ip.ExitCode != 0) throw new InvalidOperationException($"ip {arguments}: {wrong.Trim()}");
    }

    public override async ValueTask DisposeAsync()
    {
        var gone = new List<string>();
        foreach (var undo in _undo.Values)
            while (undo.TryPop(out var command)) gone.Add(command);
        // A cable goes with the namespace that one end of it is in.
        foreach (var number in _undo.Keys) gone.Add($"netns del {Namespace(number)}");
        gone.Add($"link del {Bridge}");
        foreach (var command in gone)
        {
            try
            {
                await IpAsync(command);
            }
            catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                // It was never made.
            }
        }
    }
}
