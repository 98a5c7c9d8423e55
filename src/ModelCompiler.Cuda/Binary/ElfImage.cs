using System.Buffers.Binary;
using System.Text;

namespace ModelCompiler.Cuda.Binary;

/// <summary>One section of an ELF image.</summary>
/// <param name="Name">Name from the section string table.</param>
/// <param name="Type">sh_type.</param>
/// <param name="Offset">Where its bytes start in the image.</param>
/// <param name="Size">Bytes. A section of type NOBITS has a size and no bytes in the image.</param>
/// <param name="Link">sh_link: index of a related section.</param>
internal readonly record struct ElfSection(string Name, uint Type, int Offset, int Size, int Link)
{
    public const uint SymbolTable = 2;
    public const uint NoBits = 8;
}

/// <summary>
/// The parts of a 64-bit little-endian ELF image that a cubin uses: header flags, sections, symbol names
/// (System V ABI, chapter 4). Every offset is checked against the image.
/// </summary>
internal sealed class ElfImage
{
    public const int CudaMachine = 190; // EM_CUDA
    private const int HeaderBytes = 64;
    private const int SectionHeaderBytes = 64;
    private const int SymbolBytes = 24;

    private readonly ReadOnlyMemory<byte> _image;

    private ElfImage(ReadOnlyMemory<byte> image, ElfSection[] sections)
    {
        _image = image;
        Sections = sections;
    }

    public ElfSection[] Sections { get; }

    public byte OsAbi => _image.Span[7];

    public uint Flags => BinaryPrimitives.ReadUInt32LittleEndian(_image.Span[48..]);

    /// <exception cref="CubinFormatException">The bytes are no ELF image for CUDA, or an offset leads outside.</exception>
    public static ElfImage Parse(ReadOnlyMemory<byte> image)
    {
        ReadOnlySpan<byte> bytes = image.Span;
        if (bytes.Length < HeaderBytes || !bytes.StartsWith("\u007fELF"u8))
            throw new CubinFormatException($"A cubin starts with a 64-byte ELF header; {bytes.Length} bytes without one were given.");
        if (bytes[4] != 2 || bytes[5] != 1)
            throw new CubinFormatException("A cubin is a 64-bit little-endian ELF image; this is another kind of ELF image.");
        int machine = BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]);
        if (machine != CudaMachine)
            throw new CubinFormatException($"A cubin has ELF machine {CudaMachine} (CUDA); this image has {machine}.");
        int entryBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[58..]);
        if (entryBytes != SectionHeaderBytes)
            throw new CubinFormatException($"Section headers have {SectionHeaderBytes} bytes; this image says {entryBytes}.");

        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[60..]);
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]);
        ReadOnlySpan<byte> headers = Slice(bytes, start, (ulong)count * SectionHeaderBytes, "the section headers");
        int nameTable = BinaryPrimitives.ReadUInt16LittleEndian(bytes[62..]);
        if (nameTable >= count)
            throw new CubinFormatException($"Section {nameTable} should hold the names of {count} sections.");
        ReadOnlySpan<byte> names = Contents(bytes, headers.Slice(nameTable * SectionHeaderBytes, SectionHeaderBytes));

        var sections = new ElfSection[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = headers.Slice(i * SectionHeaderBytes, SectionHeaderBytes);
            string name = Text(names, BinaryPrimitives.ReadUInt32LittleEndian(header));
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
            ulong size = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
            uint link = BinaryPrimitives.ReadUInt32LittleEndian(header[40..]);
            if (type != ElfSection.NoBits)
                Slice(bytes, offset, size, $"section {name}");
            if (size > int.MaxValue || offset > int.MaxValue || link > int.MaxValue)
                throw new CubinFormatException($"Section {name} is said to have {size} bytes at {offset}.");
            sections[i] = new ElfSection(name, type, (int)offset, (int)size, (int)link);
        }

        return new ElfImage(image, sections);
    }

    public ReadOnlyMemory<byte> Contents(ElfSection section) =>
        section.Type == ElfSection.NoBits ? default : _image.Slice(section.Offset, section.Size);

    /// <summary>Names of all symbols, by index.</summary>
    public string[] SymbolNames()
    {
        foreach (ElfSection table in Sections)
        {
            if (table.Type != ElfSection.SymbolTable)
                continue;
            if (table.Link >= Sections.Length)
                throw new CubinFormatException($"The symbol table names section {table.Link} of {Sections.Length} for its strings.");
            ReadOnlySpan<byte> strings = Contents(Sections[table.Link]).Span;
            ReadOnlySpan<byte> symbols = Contents(table).Span;
            var names = new string[symbols.Length / SymbolBytes];
            for (int i = 0; i < names.Length; i++)
                names[i] = Text(strings, BinaryPrimitives.ReadUInt32LittleEndian(symbols[(i * SymbolBytes)..]));
            return names;
        }

        return [];
    }

    private static ReadOnlySpan<byte> Contents(ReadOnlySpan<byte> image, ReadOnlySpan<byte> header) => Slice(
        image, BinaryPrimitives.ReadUInt64LittleEndian(header[24..]), BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
        "the section names");

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> image, ulong offset, ulong size, string what)
    {
        if (offset > (ulong)image.Length || size > (ulong)image.Length - offset)
            throw new CubinFormatException($"{size} bytes at {offset} of {what} lie outside an image of {image.Length} bytes.");
        return image.Slice((int)offset, (int)size);
    }

    private static string Text(ReadOnlySpan<byte> strings, uint offset)
    {
        if (offset >= (uint)strings.Length)
        {
            return offset == 0
                ? ""
                : throw new CubinFormatException($"A name at {offset} lies outside a string table of {strings.Length} bytes.");
        }

        ReadOnlySpan<byte> rest = strings[(int)offset..];
        int end = rest.IndexOf((byte)0);
        return end >= 0
            ? Encoding.UTF8.GetString(rest[..end])
            : throw new CubinFormatException($"The name at {offset} of a string table has no end.");
    }
}
