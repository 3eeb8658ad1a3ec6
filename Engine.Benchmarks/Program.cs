using Engine.Benchmarks;

// One program, several measurements; each prints what it did and checks its own result.
return args switch
{
    ["micro", .. var rest] => Micro.Run(rest),
    ["engine", .. var rest] => await InProcess.RunAsync(rest),
    ["open", .. var rest] => await Opening.RunAsync(rest),
    ["views", .. var rest] => await Views.RunAsync(rest),
    _ => Help(),
};

static int Help()
{
    Console.WriteLine("""
        usage: dotnet run -c Release --project Engine.Benchmarks -- COMMAND

          micro  [BenchmarkDotNet options]     deciders and encodings, with bytes allocated
          engine [--seconds N] [--callers N] [--store memory|sqlite]
                                               orders of 1 to 3 lines over 10,000 SKUs through mailboxes and journal
          views  [--orders N] [--open N] [--folder F] [--ask]
                                               read models of a journal of N orders, and questions about its past; --ask: only those
          open   [--orders N] [--open N]       time to open a journal of N orders, some of them open
        """);
    return 1;
}
