using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Core.Spec;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Tracing;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>Codes that a reader makes of fp32 values: how they lie in device memory until then.</summary>
public class DeviceBufferCodecTests
{
    private const int Columns = 64, Parts = 4, Bucket = 32;

    private static readonly PlanBuffer s_buffer = new(
        0, "codes", BufferElement.Codes, new(4, Symmetry.Symmetric, ActivationRange.PerToken), RowDomain.Tokens, Columns, 0, 1);

    private static readonly DeviceBufferCodec s_codec = new(new("codes", RowDomain.Tokens, 4 * Columns, 4 * Parts, 0, 1), Bucket);

    private static int Metadata => (int)new DeviceBuffer("codes", RowDomain.Tokens, 4 * Columns, 4 * Parts, 0, 1).MetadataOffset(Bucket);

    private static float Read(byte[] bytes, int at) => BitConverter.ToSingle(bytes, at);

    [Fact]
    public void Codes_become_values_with_the_largest_of_each_part_of_a_row_and_codes_again()
    {
        short[] codes = [.. Enumerable.Range(0, 2 * Columns).Select(i => (short)(i % 15 - 7))];
        var given = new BufferValues(s_buffer, 2) { Codes = codes, Scales = [0.25f, 3f], Minimums = [0, 0] };
        byte[] bytes = s_codec.Encode(given);
        bytes.Length.ShouldBe(s_codec.Bytes);
        Read(bytes, 4 * (Columns + 1)).ShouldBe(3f * codes[Columns + 1]);
        for (int part = 0; part < 2 * Parts; part++)
        {
            float largest = codes.Skip(part * Columns / Parts).Take(Columns / Parts).Max(code => Math.Abs((int)code)) * given.Scales[part / Parts];
            Read(bytes, Metadata + 4 * part).ShouldBe(largest);
        }

        BufferValues read = s_codec.Decode(s_buffer, 2, bytes);
        read.Codes.ShouldBe(codes);
        read.Scales.ShouldBe(given.Scales);
    }

    [Fact]
    public void A_row_of_zeros_has_the_scale_1_and_a_wrong_part_of_a_range_shows()
    {
        var bytes = new byte[s_codec.Bytes];
        s_codec.Decode(s_buffer, 1, bytes).Scales.ShouldBe([1f]);
        BitConverter.TryWriteBytes(bytes.AsSpan(4), 7f);
        BitConverter.TryWriteBytes(bytes.AsSpan(Metadata), 7f);
        s_codec.Decode(s_buffer, 1, bytes).Codes[1].ShouldBe((short)7);
        BitConverter.TryWriteBytes(bytes.AsSpan(Metadata + 4 * (Parts - 1)), 14f);
        s_codec.Decode(s_buffer, 1, bytes).Codes[1].ShouldBe((short)4); // 3.5, to even
    }
}
