using Engine.Actors.Trials;

namespace Engine.Simulation;

/// <summary>Deliberate faults of the deciders, each breaking one rule, to show that the simulation sees it.</summary>
public enum DomainFault : byte
{
    None = 0,
    /// <summary>A SKU that was read back from its snapshot no longer knows which tokens were used.</summary>
    ForgetTokens,
    /// <summary>A release gives the stock back twice.</summary>
    DoubleRelease,
    /// <summary>A SKU ends an order's lock by its own timer, without asking the order.</summary>
    ExpireUnasked,
    /// <summary>An order expires at the end of the first tier although its payment has started.</summary>
    ExpireUnderPayment,
    /// <summary>A grant does not look at the safety stock.</summary>
    GrantUnchecked,
    /// <summary>A payment that comes with the repeat of an order is not recorded.</summary>
    IgnoreRepeat,
    /// <summary>A refused cart does not give back one of its lines.</summary>
    CartKeepsPart,
    /// <summary>A bundle is reserved without its last component.</summary>
    BundleDropsPart,
}

/// <summary>Deliberate faults of the store.</summary>
public enum StoreFault : byte
{
    None = 0,
    /// <summary>Writes of an owner that was replaced are carried out.</summary>
    AcceptOldEpochs,
    /// <summary>A frame that was reported durable is lost with the power.</summary>
    LoseSynced,
}

/// <summary>One fault to plant; at most one of the three is set.</summary>
public readonly record struct PlantedFault(KernelFault Kernel = KernelFault.None, DomainFault Domain = DomainFault.None, StoreFault Store = StoreFault.None)
{
    /// <summary>Shows only where there are several nodes.</summary>
    public bool IsOfClusters => Kernel >= KernelFault.ReadWithoutLease;

    /// <summary>Shows only where power fails, or messages go ahead of their frames.</summary>
    public bool IsOfOneNode => Store == StoreFault.LoseSynced || Kernel == KernelFault.OutliveStreak;

    public static IEnumerable<PlantedFault> All =>
        Enum.GetValues<KernelFault>().Where(f => f != KernelFault.None).Select(f => new PlantedFault(f))
            .Concat(Enum.GetValues<DomainFault>().Where(f => f != DomainFault.None).Select(f => new PlantedFault(Domain: f)))
            .Concat(Enum.GetValues<StoreFault>().Where(f => f != StoreFault.None).Select(f => new PlantedFault(Store: f)));

    public static PlantedFault? Parse(string name) => All.Where(f => f.ToString().Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => (PlantedFault?)f).FirstOrDefault();

    public override string ToString() => Kernel != KernelFault.None ? Kernel.ToString() : Domain != DomainFault.None ? Domain.ToString() : Store.ToString();
}
