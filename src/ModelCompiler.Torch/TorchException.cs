using System.Runtime.InteropServices;

namespace ModelCompiler.Torch;

/// <summary>libtorch refused an operation or failed in it.</summary>
/// <param name="operation">PyTorch's name of the operation.</param>
/// <param name="message">libtorch's message.</param>
public sealed class TorchException(string operation, string message) : ExternalException($"torch {operation}: {message}")
{
    /// <summary>PyTorch's name of the operation.</summary>
    public string Operation { get; } = operation;
}

/// <summary>The bridge to libtorch is nowhere, or does not load.</summary>
public sealed class TorchNotFoundException(string message) : DllNotFoundException(message);
