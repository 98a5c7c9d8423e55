namespace ModelCompiler.Runtime;

/// <summary>What every generated class offers, so that tools and generic code need no reflection on its members.</summary>
/// <typeparam name="TSelf">The generated class.</typeparam>
public interface IGeneratedEncoder<TSelf> : IDisposable
    where TSelf : IGeneratedEncoder<TSelf>
{
    /// <summary>Plan, shapes, targets and kernels of the class.</summary>
    static abstract EncoderDescriptor Descriptor { get; }

    /// <summary>Loads a model folder in Hugging Face layout.</summary>
    /// <param name="folder">Folder with <c>model.safetensors</c> and, for text, tokenizer files.</param>
    /// <param name="options">Device and threads; defaults where null.</param>
    static abstract TSelf Load(string folder, EncoderOptions? options = null);

    /// <summary>The session behind the class.</summary>
    EncoderSession Session { get; }
}
