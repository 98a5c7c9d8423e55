using System.Buffers.Binary;
using System.Text;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Weights;

/// <summary>Files with damaged headers are read whole or refused with the one exception; nothing else happens.</summary>
public sealed class SafetensorsMutationTests : IDisposable
{
    private const int Mutations = 10_000;
    private const int DataBytes = 24;

    private static readonly byte[] Header = Encoding.UTF8.GetBytes(
        """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}"""
        + ""","b":{"dtype":"F16","shape":[3],"data_offsets":[16,22]},"c":{"dtype":"U8","shape":[2,1],"data_offsets":[22,24]}}""");

    private static readonly byte[][] Fragments =
    [
        .. ((string[])["{", "}", "[", "]", "\"", ":", ",", "-", "0", "9", ".", "e9", "null", "true", " ", "\n", "\\", "\\ud800",
            "\"a\"", "\"dtype\"", "\"F64\"", "\"shape\"", "9223372036854775807", "18446744073709551616", "[0,16]", "[[[["])
            .Select(Encoding.UTF8.GetBytes),
        [0], [0xFF], [0xC3], [0xEF, 0xBB, 0xBF],
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ten_thousand_mutated_headers_are_read_whole_or_refused()
    {
        int accepted = 0;
        for (int seed = 0; seed < Mutations; seed++)
        {
            byte[] file = Mutate(new Random(seed));
            SafetensorsHeader header;
            try
            {
                header = SafetensorsHeader.Parse("mutated", file, file.Length);
            }
            catch (SafetensorsFormatException)
            {
                continue;
            }

            accepted++;
            long end = header.DataOffset;
            foreach (TensorInfo tensor in header.Tensors)
            {
                (header.DataOffset + tensor.Begin).ShouldBe(end, $"seed {seed}");
                tensor.ByteLength.ShouldBe(
                    tensor.Shape.Aggregate((long)tensor.ElementType.SizeInBytes(), (a, b) => checked(a * b)), $"seed {seed}");
                end = header.DataOffset + tensor.End;
            }

            end.ShouldBe(file.Length, $"seed {seed}");
        }

        // Mutations inside names and types keep a file valid; almost all others do not.
        accepted.ShouldBeInRange(Mutations / 100, Mutations / 2);
    }

    [Fact]
    public void Mutated_files_on_disk_are_read_whole_or_refused()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            string path = _folder.Write("mutated", Mutate(new Random(seed)));
            try
            {
                using var file = SafetensorsFile.Open(path);
                foreach (TensorInfo tensor in file.Tensors)
                    file.Bytes(tensor.Name).ToArray().Length.ShouldBe((int)tensor.ByteLength);
            }
            catch (SafetensorsFormatException)
            {
            }
        }
    }

    private static byte[] Mutate(Random random)
    {
        var header = new List<byte>(Header);
        for (int count = random.Next(1, 4); count > 0; count--)
            MutateOnce(random, header);
        byte[] file = TemporaryFolder.Safetensors([.. header], DataBytes);
        if (random.Next(20) == 0)
            BinaryPrimitives.WriteInt64LittleEndian(file, random.NextInt64(-2, 300));
        return random.Next(20) == 0 ? file[..random.Next(file.Length + 1)] : file;
    }

    private static void MutateOnce(Random random, List<byte> header)
    {
        if (header.Count == 0)
            return;
        int at = random.Next(header.Count);
        int length = Math.Min(random.Next(1, 12), header.Count - at);
        switch (random.Next(6))
        {
            case 0:
                header[at] = (byte)random.Next(256);
                break;
            case 1:
                header[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                header.RemoveRange(at, length);
                break;
            case 3:
                header.InsertRange(at, header.GetRange(at, length));
                break;
            case 4:
                header.InsertRange(at, Fragments[random.Next(Fragments.Length)]);
                break;
            default: // another digit: the mutation that reaches the arithmetic
                int digit = header.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
                if (digit >= 0)
                    header[digit] = (byte)('0' + random.Next(10));
                break;
        }
    }
}
