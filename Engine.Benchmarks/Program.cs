using System.CommandLine;
using Engine.Adapters;
using Engine.Benchmarks.InProcess;
using Engine.Benchmarks.Micro;
using Engine.Benchmarks.Peers;
using Engine.Benchmarks.Scale;
using Engine.Benchmarks.Spike;
using Engine.Benchmarks.Where;

// One program, several measurements; each prints what it did and checks its own result.
var root = new RootCommand("Measures the engine, and what a merchant could pick instead. Run it from a Release build, on a machine that does nothing else.")
{
    EngineCommand.Create(), Opening.Create(), Views.Create(), MicroCommand.Create(), PeersCommand.Create(), SpikeCommand.Create(), ScaleCommand.Create(), WhereCommand.Create(), CeilingProcess.CreateCommand(PeersRun.Youzan, PeersRun.Shopify),
};
try
{
    // What was started is ended, and what is on its way is awaited.
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(5) });
}
catch (OperationCanceledException)
{
    return 130;
}
catch (StartupException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
