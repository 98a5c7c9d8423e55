using ModelCompiler.Tool;

return ModelCompilerTool.Run(args, TextChannels.Process());
