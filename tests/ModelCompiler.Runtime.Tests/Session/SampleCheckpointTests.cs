namespace ModelCompiler.Runtime.Tests.Session;

/// <summary>What the README promises of the checkpoint that the sample ships, in every precision of the sample.</summary>
public class SampleCheckpointTests
{
    [Theory]
    [InlineData(Precision.Fp16, Symmetry.Symmetric, 0)]
    [InlineData(Precision.W8A8, Symmetry.Symmetric, 0)]
    [InlineData(Precision.W4A8, Symmetry.Symmetric, 0)]
    [InlineData(Precision.W4A8, Symmetry.Symmetric, 64)]
    [InlineData(Precision.W4A16, Symmetry.Symmetric, 0)]
    [InlineData(Precision.W4A4, Symmetry.Symmetric, 0)]
    [InlineData(Precision.W4A4, Symmetry.Asymmetric, 0)]
    public void Definitions_get_their_supersense(Precision precision, Symmetry symmetry, int groupSize)
    {
        using EncoderSession session = EncoderSession.Load(
            ModelFixtures.Describe(ModelFixtures.SampleModel, precision, groupSize: groupSize, symmetry: symmetry), ModelFixtures.SampleModel);

        session.Classify(
        [
            "a small furry animal kept as a pet",
            "move quickly on foot",
            "a building where books are kept",
            "a person who repairs shoes",
        ]).Select(found => found.Label).ShouldBe(["noun.animal", "verb.motion", "noun.artifact", "noun.person"]);
    }
}
