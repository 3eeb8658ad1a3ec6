using System.CommandLine;
using Engine.Adapters;
using Engine.Benchmarks.InProcess;
using Engine.Benchmarks.Micro;
using Engine.Benchmarks.Peers;

// One program, several measurements; each prints what it did and checks its own result.
var root = new RootCommand("Measures the engine, and what a merchant could pick instead. Run it from a Release build, on a machine that does nothing else.")
{
    EngineCommand.Create(), Opening.Create(), Views.Create(), MicroCommand.Create(), PeersCommand.Create(), CeilingProcess.CreateCommand(PeersRun.Youzan, PeersRun.Shopify),
};
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (StartupException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
