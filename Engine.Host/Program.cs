return await Engine.Host.Cli.EngineCommands.RunAsync(args);
