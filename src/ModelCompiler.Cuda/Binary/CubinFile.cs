using System.Collections.Immutable;

namespace ModelCompiler.Cuda.Binary;

/// <summary>
/// A cubin, read without a driver: which kernels it holds, what they need of the chip, and which instructions they use.
/// </summary>
public sealed class CubinFile
{
    private const byte AbiVersion1 = 0x33; // ELFOSABI_CUDA: up to sm_90, SM in flag bits 0-7, "a" in bit 11
    private const byte AbiVersion2 = 0x41; // ELFOSABI_CUDA_V2: CUDA 13, SM in flag bits 8-15, "a" in bit 3
    private const int FirstWithReservedShared = 90;
    private const int ReservedSharedBytes = 1024; // of the system, at the start of .nv.shared sections
    private const string CodePrefix = ".text.";
    private const string InfoSection = ".nv.info";

    private CubinFile(int architecture, bool isArchitectureSpecific, ImmutableArray<CubinKernel> kernels)
    {
        Architecture = architecture;
        IsArchitectureSpecific = isArchitectureSpecific;
        Kernels = kernels;
    }

    /// <summary>Ten times the compute capability: 80, 86, 89, 90.</summary>
    public int Architecture { get; }

    /// <summary>True for targets with an <c>a</c>, such as sm_90a, whose code runs on that very chip only.</summary>
    public bool IsArchitectureSpecific { get; }

    /// <summary>Name of the target, such as <c>sm_90a</c>.</summary>
    public string ArchitectureName => $"sm_{Architecture}{(IsArchitectureSpecific ? "a" : "")}";

    /// <summary>The functions with code of their own, in the order of the file. Inlined functions have none.</summary>
    public ImmutableArray<CubinKernel> Kernels { get; }

    /// <summary>The kernel of that name.</summary>
    /// <exception cref="KeyNotFoundException">The cubin holds no kernel of that name.</exception>
    public CubinKernel this[string name] =>
        Kernels.FirstOrDefault(kernel => kernel.Name == name)
        ?? throw new KeyNotFoundException(
            $"The cubin holds no kernel '{name}'. It holds: {string.Join(", ", Kernels.Select(kernel => kernel.Name))}.");

    /// <summary>Reads a cubin. <paramref name="image"/> is kept, not copied.</summary>
    /// <exception cref="CubinFormatException">The bytes are not a cubin, or are damaged.</exception>
    public static CubinFile Parse(ReadOnlyMemory<byte> image)
    {
        ElfImage elf = ElfImage.Parse(image);
        (int architecture, bool isSpecific) = elf.OsAbi switch
        {
            AbiVersion1 => ((int)(elf.Flags & 0xff), (elf.Flags & 0x800) != 0),
            AbiVersion2 => ((int)(elf.Flags >> 8 & 0xff), (elf.Flags & 0x8) != 0),
            _ => throw new CubinFormatException($"The ELF image has ABI 0x{elf.OsAbi:x2}; CUDA's are 0x33 and 0x41."),
        };

        string[] symbols = elf.SymbolNames();
        var attributes = new Dictionary<(int Symbol, NvInfoAttribute Attribute), int>();
        foreach (ElfSection section in elf.Sections)
        {
            if (section.Name == InfoSection || section.Name.StartsWith(InfoSection + ".", StringComparison.Ordinal))
                NvInfo.Read(elf.Contents(section).Span, attributes);
        }

        var byName = new Dictionary<(string, NvInfoAttribute), int>();
        foreach (((int symbol, NvInfoAttribute attribute), int value) in attributes)
        {
            if ((uint)symbol >= (uint)symbols.Length)
                throw new CubinFormatException($"{InfoSection} names symbol {symbol} of {symbols.Length}.");
            byName[(symbols[symbol], attribute)] = value;
        }

        ImmutableArray<CubinKernel> kernels =
        [
            .. from section in elf.Sections
               where section.Name.StartsWith(CodePrefix, StringComparison.Ordinal)
               select Kernel(section.Name[CodePrefix.Length..], section)
        ];
        return new CubinFile(architecture, isSpecific, kernels);

        CubinKernel Kernel(string name, ElfSection code)
        {
            if (code.Size % SassDecoder.InstructionBytes != 0)
                throw new CubinFormatException(
                    $"Code of '{name}' has {code.Size} bytes, no multiple of {SassDecoder.InstructionBytes}.");
            return new CubinKernel(
                name,
                architecture,
                elf.Contents(code),
                Registers: Attribute(name, NvInfoAttribute.RegisterCount) ?? throw new CubinFormatException(
                    $"{InfoSection} gives no register count for '{name}'."),
                SharedBytes: DeclaredSharedBytes(name),
                ConstantBytes: elf.Sections
                    .Where(section => section.Type != ElfSection.NoBits && IsConstantBankOf(section.Name, name))
                    .Sum(section => section.Size),
                FrameBytes: Attribute(name, NvInfoAttribute.FrameSize) ?? 0,
                StackBytes: Attribute(name, NvInfoAttribute.MaxStackSize)
                            ?? Attribute(name, NvInfoAttribute.MinStackSize) ?? 0);
        }

        int? Attribute(string name, NvInfoAttribute attribute) =>
            byName.TryGetValue((name, attribute), out int value) ? value : null;

        int DeclaredSharedBytes(string name)
        {
            int size = elf.Sections.FirstOrDefault(section => section.Name == $".nv.shared.{name}").Size;
            return architecture < FirstWithReservedShared ? size : Math.Max(0, size - ReservedSharedBytes);
        }
    }

    // .nv.constant0.NAME holds launch parameters, .nv.constant2.NAME constants that the compiler made.
    private static bool IsConstantBankOf(string section, string kernel)
    {
        const string Prefix = ".nv.constant";
        return section.StartsWith(Prefix, StringComparison.Ordinal)
               && section.IndexOf('.', Prefix.Length) is var dot and > 0
               && section.AsSpan(dot + 1).SequenceEqual(kernel);
    }
}
