using System.Globalization;
using ModelCompiler.Core.Planning;
using ModelCompiler.Core.Spec;

namespace ModelCompiler.Core.Tests.Planning;

public sealed class PlanHashTests
{
    private static readonly EncoderModel s_model = Models.Small with { LayerNormEpsilon = 1.5e-5 };

    [Fact]
    public void Equal_plans_have_equal_hashes_in_every_culture()
    {
        string hash = Hash(s_model, Models.W4A4, Models.Shapes);
        hash.Length.ShouldBe(64);
        var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        odd.NumberFormat.NumberDecimalSeparator = ",";
        odd.NumberFormat.NegativeSign = "~";
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = odd;
            Hash(s_model with { }, Models.W4A4, Models.Shapes).ShouldBe(hash);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Anything_that_changes_the_plan_or_the_shapes_changes_the_hash()
    {
        string[] hashes =
        [
            Hash(s_model, Models.W4A4, Models.Shapes),
            Hash(s_model with { LayerNormEpsilon = 1e-12 }, Models.W4A4, Models.Shapes),
            Hash(s_model with { Activation = ActivationFunction.Relu }, Models.W4A4, Models.Shapes),
            Hash(s_model with { Layers = 3 }, Models.W4A4, Models.Shapes),
            Hash(s_model, Models.Scheme(4, 4, Symmetry.Asymmetric), Models.Shapes),
            Hash(s_model, Models.W4A4, Models.Shapes with { MaxSequence = 100 }),
            Hash(s_model, Models.W4A4, new(new(16, 64), Models.Shapes.MaxSequence)),
        ];
        hashes.ShouldBeUnique();
    }

    [Theory]
    [InlineData(1e-12, "1E-12")]
    [InlineData(1.5e-5, "1.5E-05")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.30000000000000004, "0.30000000000000004")]
    [InlineData(double.MaxValue, "1.7976931348623157E+308")]
    public void Doubles_have_one_text_on_every_runtime(double value, string text) => Invariant.Text(value).ShouldBe(text);

    private static string Hash(EncoderModel model, QuantizationScheme scheme, ShapeSet shapes) =>
        PlanHash.Compute(Planner.Plan(model, scheme), shapes);
}
