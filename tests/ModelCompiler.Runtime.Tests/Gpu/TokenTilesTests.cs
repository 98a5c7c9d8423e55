using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using ModelCompiler.Core.Scheduling;
using ModelCompiler.Runtime.Gpu;
using ModelCompiler.Runtime.Tests.Session;

namespace ModelCompiler.Runtime.Tests.Gpu;

/// <summary>Sequences packed into tiles.</summary>
public unsafe class TokenTilesTests
{
    private const int Rows = QkvAttentionTile.Tokens;

    [Property(MaxTest = 500)]
    public Property Tiles_hold_whole_sequences_in_their_order_and_say_where_they_start()
    {
        Gen<int> length = Gen.OneOf(Gen.Choose(1, Rows), Gen.Choose(1, 9), Gen.Elements(1, 63, 64, 65, 127, Rows));
        return Prop.ForAll(length.NonEmptyListOf().ToArbitrary(), lengths =>
        {
            int[] sequences = [.. lengths];
            int[] starts = [0, .. sequences.Select((_, i) => sequences.Take(i + 1).Sum())];
            var tiles = new TokenTile[sequences.Length];
            TokenTiles.Write(sequences, tiles);
            int used = tiles.Count(t => t.EndToken > 0);
            for (int tile = 0; tile < used; tile++)
            {
                (int first, int end) = (tiles[tile].FirstToken, tiles[tile].EndToken);
                int rows = end - first;
                rows.ShouldBeInRange(1, Rows);
                first.ShouldBe(tile == 0 ? 0 : tiles[tile - 1].EndToken);
                // Of the next sequence, there was no room for all.
                if (tile + 1 < used)
                    (starts.First(start => start > end) - first).ShouldBeGreaterThan(Rows);
                for (int row = 0; row < Rows; row++)
                {
                    bool isBoundary = (tiles[tile].Boundaries[row / 32] >> (row % 32) & 1) != 0;
                    isBoundary.ShouldBe(row > 0 && row <= rows && starts.Contains(first + row), $"row {row}");
                }
            }

            tiles[used - 1].EndToken.ShouldBe(starts[^1]);
            starts.ShouldContain(tiles[used - 1].FirstToken);
            if (TokenTiles.CountWhereFilled(sequences) is { } count)
            {
                count.ShouldBe(used);
                count.ShouldBeLessThanOrEqualTo(TokenTiles.Most(starts[^1]));
            }
            else
            {
                (3 * Rows * used).ShouldBeGreaterThan(4 * starts[^1]);
            }

            return true;
        });
    }

    [Fact]
    public void Longer_sequences_and_half_empty_tiles_are_left_to_other_kernels()
    {
        TokenTiles.CountWhereFilled([Rows, Rows]).ShouldBe(2);
        TokenTiles.CountWhereFilled([Rows, Rows + 1]).ShouldBeNull();
        TokenTiles.CountWhereFilled([96, 96, 96]).ShouldBe(3);
        TokenTiles.CountWhereFilled([95, 96, 96]).ShouldBeNull();
        TokenTiles.CountWhereFilled([65, 65, 65, 65]).ShouldBeNull();
        TokenTiles.CountWhereFilled([64, 64, 64, 64]).ShouldBe(2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(16384)]
    public void The_batch_has_room_for_the_tiles_of_a_bucket(int tokens)
    {
        BatchLayout layout = BatchLayout.For(tokens);
        layout.Tiles.ShouldBeGreaterThanOrEqualTo(layout.SequenceStarts + (4L * (tokens + 1)));
        (layout.Tiles % TokenTile.Bytes).ShouldBe(0);
        layout.TokenIds.ShouldBeGreaterThanOrEqualTo(layout.Tiles + ((long)TokenTile.Bytes * TokenTiles.Most(tokens)));
        layout.TileCount.ShouldBeInRange(layout.SequenceCount + 4, layout.SequenceStarts - 4);
    }

    [Fact]
    public void A_tile_has_the_layout_of_the_header()
    {
        sizeof(TokenTile).ShouldBe(TokenTile.Bytes);
        var tile = new TokenTile { FirstToken = 1, EndToken = 2 };
        tile.Boundaries[0] = 3;
        int* words = (int*)&tile;
        (words[0], words[1], words[4]).ShouldBe((1, 2, 3));
        string header = File.ReadAllText(Path.Combine(ModelFixtures.Root, "native/include/mc/hopper/qkv_attention_config.cuh"));
        header.ShouldContain("int first_token;         //  0");
        header.ShouldContain("int end_token;           //  4");
        header.ShouldContain("unsigned boundaries[4];  // 16");
        header.ShouldContain("sizeof(TokenTile) == 32");
    }
}
