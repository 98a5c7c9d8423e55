using System.Buffers.Binary;

namespace ModelCompiler.Cuda.Binary;

/// <summary>The attributes of <c>.nv.info</c> sections that are read here, with NVIDIA's names and numbers.</summary>
internal enum NvInfoAttribute : byte
{
    FrameSize = 0x11,    // EIATTR_FRAME_SIZE: bytes of stack of the function itself
    MinStackSize = 0x12, // EIATTR_MIN_STACK_SIZE: bytes of stack that a launch needs, callees included
    MaxStackSize = 0x23, // EIATTR_MAX_STACK_SIZE: as above, where recursion has a bound
    RegisterCount = 0x2f, // EIATTR_REGCOUNT: registers of a thread
}

/// <summary>
/// Reads <c>.nv.info</c> sections: a list of (format byte, attribute byte, ...) entries aligned to 4 bytes. Formats 1 to 3
/// (no value, byte, half) take 4 bytes in all; format 4 has a 16-bit length and that many bytes. The attributes read here
/// have format 4 and hold (symbol index, value), both 32-bit. NVIDIA does not document this; the layout is what
/// <c>nvdisasm</c> prints.
/// </summary>
internal static class NvInfo
{
    private const byte SizedFormat = 4; // EIFMT_SVAL

    /// <summary>Adds every (symbol, attribute) value of one section to <paramref name="values"/>.</summary>
    public static void Read(ReadOnlySpan<byte> section, Dictionary<(int Symbol, NvInfoAttribute Attribute), int> values)
    {
        int at = 0;
        while (at < section.Length)
        {
            if (section.Length - at < 4)
                throw new CubinFormatException($"An entry of .nv.info at {at} is cut off: the section has {section.Length} bytes.");
            byte format = section[at];
            var attribute = (NvInfoAttribute)section[at + 1];
            int size = BinaryPrimitives.ReadUInt16LittleEndian(section[(at + 2)..]);
            at += 4;
            if (format is < 1 or > SizedFormat)
                throw new CubinFormatException($"An entry of .nv.info at {at - 4} has the unknown format {format}.");
            if (format != SizedFormat)
                continue;
            if (size > section.Length - at)
                throw new CubinFormatException($"An entry of .nv.info at {at - 4} has {size} bytes; {section.Length - at} are left.");
            if (size == 8 && Enum.IsDefined(attribute))
            {
                int symbol = BinaryPrimitives.ReadInt32LittleEndian(section[at..]);
                values[(symbol, attribute)] = BinaryPrimitives.ReadInt32LittleEndian(section[(at + 4)..]);
            }

            at += (size + 3) & ~3;
        }
    }
}
