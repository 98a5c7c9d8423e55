using System.CommandLine;
using ModelCompiler.Core;
using ModelCompiler.Core.Spec;
using ModelCompiler.Core.Spec.Declaration;

namespace ModelCompiler.Tool.Loading;

/// <summary>The options that spell a quantization scheme: <c>--precision</c>, <c>--group</c>, <c>--asymmetric</c>, <c>--static</c>, <c>--part</c>, <c>--sparsity</c>.</summary>
public sealed class PrecisionOptions
{
    private static readonly (string Name, Precision Precision)[] Precisions =
    [
        ("fp16", Precision.Fp16), ("w8a8", Precision.W8A8), ("w4a8", Precision.W4A8), ("w4a16", Precision.W4A16), ("w4a4", Precision.W4A4),
    ];

    private static readonly (string Name, EncoderPart Part)[] Parts =
    [
        ("qkv", EncoderPart.Qkv), ("attention-output", EncoderPart.AttentionOutput),
        ("mlp-intermediate", EncoderPart.MlpIntermediate), ("mlp-output", EncoderPart.MlpOutput),
    ];

    /// <summary>Words for precisions.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Precisions.Select(p => p.Name)];

    /// <summary>Words for integer precisions with 2:4 sparse weights.</summary>
    public static IReadOnlyList<string> SparseNames { get; } = [.. Names.Where(name => Parse(name).IsInteger).Select(name => name + SparseSuffix)];

    private const string SparseSuffix = "-2of4";

    private readonly Option<string> _precision;
    private readonly Option<string[]> _parts = new("--part")
    {
        Description = "Another precision for one part, such as mlp-output=w8a8 (qkv, attention-output, mlp-intermediate, mlp-output). Repeatable.",
    };

    private readonly Option<int> _group = new("--group")
    {
        Description = "Inputs that share a weight scale: 64 or 128; 0 for one scale per output row.",
    };

    private readonly Option<string> _asymmetric = new("--asymmetric")
    {
        Description = "Ranges with a minimum of their own: both (default), weights or activations.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _sparsity = new("--sparsity")
    {
        Description = "2of4: of four consecutive weights of a row at most two are other than zero, in all integer products.",
    };

    private PrecisionOptions(string defaultPrecision)
    {
        _precision = new("--precision", "-p")
        {
            Description = "Precision of the linear layers: fp16, w8a8, w4a8, w4a16, w4a4.",
            DefaultValueFactory = _ => defaultPrecision,
        };
        _precision.AcceptOnlyFromAmong([.. Names]);
        _group.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is not (0 or 64 or 128))
                result.AddError("--group: expected 64 or 128, or 0 for one scale per row.");
        });
        _asymmetric.AcceptOnlyFromAmong("both", "weights", "activations");
        _sparsity.AcceptOnlyFromAmong("2of4");
        _parts.Validators.Add(result =>
        {
            foreach (string part in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (!TryParsePart(part, out _, out _))
                    result.AddError($"--part: expected PART=PRECISION such as mlp-output=w8a8, found '{part}'.");
            }
        });
    }

    /// <summary>Adds the options to a command.</summary>
    public static PrecisionOptions AddTo(Command command, string defaultPrecision)
    {
        var options = new PrecisionOptions(defaultPrecision);
        command.Options.Add(options._precision);
        command.Options.Add(options._parts);
        command.Options.Add(options._group);
        command.Options.Add(options._asymmetric);
        command.Options.Add(options._sparsity);
        return options;
    }

    /// <summary>The formats of a name, symmetric, with a scale for each row and each token.</summary>
    /// <param name="name">One of <see cref="Names"/> or <see cref="SparseNames"/>.</param>
    public static LinearPrecision Parse(string name)
    {
        if (name.EndsWith(SparseSuffix, StringComparison.Ordinal))
        {
            LinearPrecision dense = Parse(name[..^SparseSuffix.Length]);
            return dense with { Weights = dense.Weights with { Sparsity = Sparsity.TwoOfFour } };
        }

        (int weights, int activations) = Precisions.First(p => p.Name == name).Precision switch
        {
            Precision.W4A16 => (4, 16),
            Precision.W8A8 => (8, 8),
            Precision.W4A8 => (4, 8),
            Precision.W4A4 => (4, 4),
            _ => (16, 16),
        };
        return new(
            weights == 16 ? WeightFormat.Float16 : new(weights, Symmetry.Symmetric, 0),
            activations == 16 ? ActivationFormat.Float16 : new(activations, Symmetry.Symmetric, ActivationRange.PerToken));
    }

    /// <summary>True where the command line names a precision.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetResult(_precision) is { Implicit: false };

    /// <summary>The precisions that the command line spells, in the words of <c>[Quantize]</c>.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="range">Where activation ranges come from.</param>
    /// <param name="uniform">One of <see cref="Names"/> instead of what <c>--precision</c> says.</param>
    public EquatableArray<QuantizeArguments> Read(ParseResult parsed, ActivationRange range, string? uniform = null)
    {
        uniform ??= parsed.GetValue(_precision);
        Sparsity sparsity = parsed.GetValue(_sparsity) is null ? Sparsity.Dense : Sparsity.TwoOfFour;
        int group = parsed.GetValue(_group);
        string? asymmetric = parsed.GetResult(_asymmetric) is null ? null : parsed.GetValue(_asymmetric) ?? "both";
        QuantizeArguments Arguments(Precision precision, EncoderPart part)
        {
            // Options that make no sense for 16-bit operands apply to the parts for which they do.
            bool weights = precision != Precision.Fp16, activations = precision is not (Precision.Fp16 or Precision.W4A16);
            return new(
                (int)precision,
                (int)part,
                weights && asymmetric is "both" or "weights" ? (int)Symmetry.Asymmetric : 0,
                activations && asymmetric is "both" or "activations" ? (int)Symmetry.Asymmetric : 0,
                weights ? group : 0,
                activations ? (int)range : 0,
                activations ? (int)sparsity : 0);
        }

        var arguments = new List<QuantizeArguments>
        {
            Arguments(Precisions.First(p => p.Name == uniform).Precision, EncoderPart.All),
        };
        foreach (string text in parsed.GetValue(_parts) ?? [])
        {
            TryParsePart(text, out EncoderPart part, out Precision precision);
            arguments.Add(Arguments(precision, part));
        }

        return arguments.ToEquatableArray();
    }

    private static bool TryParsePart(string text, out EncoderPart part, out Precision precision)
    {
        string[] sides = text.Split('=');
        int p = sides.Length == 2 ? Array.FindIndex(Parts, x => x.Name == sides[0]) : -1;
        int v = sides.Length == 2 ? Array.FindIndex(Precisions, x => x.Name == sides[1]) : -1;
        part = p < 0 ? default : Parts[p].Part;
        precision = v < 0 ? default : Precisions[v].Precision;
        return p >= 0 && v >= 0;
    }
}
