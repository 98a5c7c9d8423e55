using ModelCompiler.Runtime.Text;
using ModelCompiler.Runtime.Text.Unicode;

namespace ModelCompiler.Runtime.Tests.Text;

/// <summary>Normalization by hand-made examples; they hold with invariant globalization, which these tests run in.</summary>
public sealed class BertNormalizerTests
{
    private static readonly BertNormalizer Uncased = new(true, true, null, true);
    private static readonly BertNormalizer LowerOnly = new(false, false, false, true);

    [Theory]
    [InlineData("Café", "cafe")]
    [InlineData("İ", "i")]
    [InlineData("Ǖ", "u")]
    [InlineData("a中b", "a 中 b")]
    [InlineData("a\u0000\u200D\uFFFD\tb", "a b")]
    [InlineData("각", "\u1100\u1161\u11A8")]
    [InlineData("가", "\u1100\u1161")]
    [InlineData("ΑΣ", "ας")]
    [InlineData("豈", " 豈 ")]
    [InlineData("\u037E", ";")]
    public void Uncased_models_see(string text, string normalized) => Uncased.Normalize(text).ShouldBe(normalized);

    [Theory]
    [InlineData("İÉ", "i\u0307é")]
    [InlineData("ΣΑΣ ΣΑΣΑ", "σας σασα")]
    [InlineData("\U00010400", "\U00010428")]
    public void Lowercasing_alone_is_that_of_Unicode(string text, string normalized) =>
        LowerOnly.Normalize(text).ShouldBe(normalized);

    [Fact]
    public void Surrogates_without_partner_count_as_replacement_characters()
    {
        Uncased.Normalize("\uD800x\uDC00").ShouldBe("x");
        LowerOnly.Normalize("A\uD800").ShouldBe("a\uFFFD");
    }

    [Fact]
    public void Marks_that_stay_are_put_into_canonical_order()
    {
        // U+1D16D has class 226, U+1D165 has 216; both are spacing. U+0301 (230) is dropped and bars neither.
        Uncased.Normalize("\U0001D16D\u0301\U0001D165").ShouldBe("\U0001D165\U0001D16D");
        Uncased.Normalize("\U0001D16Dx\U0001D165").ShouldBe("\U0001D16Dx\U0001D165");
    }

    [Fact]
    public void Tables_hold_known_properties()
    {
        Span<int> parts = stackalloc int[UnicodeTables.MaxDecomposition];
        UnicodeTables.Decompose(0x1E69, parts).ShouldBe(3);
        parts[..3].ToArray().ShouldBe([0x73, 0x323, 0x307]);
        UnicodeTables.Decompose(0x2F800, parts).ShouldBe(1);
        parts[0].ShouldBe(0x4E3D);
        UnicodeTables.Decompose(0x1F82, parts).ShouldBe(4);
        UnicodeTables.Decompose(0xD7A3, parts).ShouldBe(3);
        parts[..3].ToArray().ShouldBe([0x1112, 0x1175, 0x11C2]);
        UnicodeTables.CombiningClass(0x301).ShouldBe(230);
        UnicodeTables.CombiningClass(0x41).ShouldBe(0);
        UnicodeTables.IsCased(0x2170).ShouldBeTrue();
        UnicodeTables.IsCased(0x4E00).ShouldBeFalse();
        UnicodeTables.IsCaseIgnorable('\'').ShouldBeTrue();
    }
}
