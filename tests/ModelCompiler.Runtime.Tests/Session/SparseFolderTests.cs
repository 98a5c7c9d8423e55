using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec.Declaration;
using ModelCompiler.Runtime.Quantization;
using ModelCompiler.Runtime.Weights;

namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>Classes that declare 2:4 sparsity, and folders that keep or break the promise.</summary>
public sealed class SparseFolderTests : IDisposable
{
    private readonly string _target = Path.Combine(Directory.CreateTempSubdirectory("sparse-").FullName, "model");
    private readonly int[] _ids = [0, 17, 4, 99, 2];

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_target)!, recursive: true);

    [Fact]
    public void A_pruned_folder_runs_as_sparse_and_as_dense_with_the_same_bits()
    {
        EncoderDescriptor sparse = Describe(Sparsity.TwoOfFour);
        QuantizedCheckpoint.Write(Planner.Plan(sparse.Model, sparse.Scheme), ModelFixtures.TinyRoberta, _target, null);

        Logits(sparse, _target).ShouldBe(Logits(Describe(Sparsity.Dense), _target));
    }

    [Fact]
    public void Weights_that_are_not_pruned_are_refused_with_the_place()
    {
        var e = Should.Throw<TensorMismatchException>(() => EncoderSession.Load(Describe(Sparsity.TwoOfFour), ModelFixtures.TinyRoberta));
        e.Message.ShouldContain("Sparsity.TwoOfFour");
        e.Message.ShouldContain("in row 0 from input 0");
        e.Message.ShouldContain("attention.self.query");
    }

    [Theory]
    [InlineData(new float[] { 1, -4, 3, 2 }, new float[] { 0, -4, 3, 0 })]
    [InlineData(new float[] { 2, 2, 2, 2 }, new float[] { 2, 2, 0, 0 })]
    [InlineData(new float[] { 0, 5, 0, 1 }, new float[] { 0, 5, 0, 1 })]
    [InlineData(new float[] { 0, 5, -7, 1 }, new float[] { 0, 5, -7, 0 })]
    [InlineData(new float[] { 0, 0, 0, 9 }, new float[] { 0, 0, 0, 9 })]
    public void Pruning_keeps_the_two_largest_magnitudes(float[] values, float[] kept)
    {
        TwoOfFour.Prune(values);
        values.ShouldBe(kept);
    }

    private static EncoderDescriptor Describe(Sparsity sparsity) => FolderDescriptor.Create(
        "sparse", ModelFolder.Open(ModelFixtures.TinyRoberta).Config, new(new QuantizeArguments((int)Precision.W4A4, Sparsity: (int)sparsity)));

    private float[] Logits(EncoderDescriptor descriptor, string folder)
    {
        using EncoderSession session = EncoderSession.Load(descriptor, folder);
        var logits = new float[descriptor.Model.Labels];
        session.Forward(_ids, [_ids.Length], logits);
        return logits;
    }
}
