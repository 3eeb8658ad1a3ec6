using System.CommandLine;
using Engine.Benchmarks.InProcess;
using Engine.Benchmarks.Micro;

// One program, several measurements; each prints what it did and checks its own result.
var root = new RootCommand("Measures the engine, and what a merchant could pick instead. Run it from a Release build, on a machine that does nothing else.")
{
    EngineCommand.Create(), Opening.Create(), Views.Create(), MicroCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
