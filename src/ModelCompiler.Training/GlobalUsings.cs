// Everything here is written against TorchSharp's names; this file says whose implementation they are.
#if TORCHSHARP
global using TorchSharp;
global using Tensor = TorchSharp.torch.Tensor;
#else
global using ModelCompiler.Torch;
global using Tensor = ModelCompiler.Torch.torch.Tensor;
#endif
